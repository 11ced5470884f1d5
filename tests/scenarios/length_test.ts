/**
 * Gateways that make the stream longer or shorter and put the sequence numbers right: plain TCP does not notice, mappings do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MetaSocket } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { type BoxDirection, type Moment, replacePayload } from "../../sim/mod.ts";
import { bothWays, type PathOptions, PORT, type Program, TWO_PATHS, World } from "../harness/mod.ts";

const BYTES = 60_000;
const WORD = new TextEncoder().encode("word");
const SLOW: PathOptions = { ...TWO_PATHS[0]!, ...bothWays(2, 10) };

/** Sends bytes and keeps what it reads, whatever it is. */
class Talker implements Program {
  readonly socket: MetaSocket;
  readonly read: number[] = [];
  readonly #sends: Uint8Array;
  readonly #buffer = new Uint8Array(10_000);
  #written = 0;

  constructor(socket: MetaSocket, sends: Uint8Array) {
    this.socket = socket;
    this.#sends = sends;
  }

  handleReady(now: number): void {
    while (this.socket.readable > 0) {
      const length = this.socket.read(this.#buffer, now);
      for (let i = 0; i < length; i++) this.read.push(this.#buffer[i]!);
    }
    this.#written += this.socket.write(this.#sends.subarray(this.#written), now);
    if (this.#written === this.#sends.length) this.socket.shutdown(now);
  }
}

interface Meeting {
  readonly world: World;
  /** The client and the server; the first that was accepted. */
  readonly ends: readonly Talker[];
  /** What both send. */
  readonly data: Uint8Array;
}

/** Both ends send what holds the word now and then, and the gateway on the first path replaces it. */
function meet(
  paths: readonly PathOptions[],
  replacement: string,
  direction: BoxDirection,
  from: Moment,
  checksum: boolean,
): Meeting {
  const box = replacePayload({ find: WORD, replacement, direction, from });
  const end = { options: { checksum } };
  const world = new World({
    paths: paths.map((p, i) => i === 0 ? { ...p, boxes: [box] } : p),
    client: end,
    server: end,
  });
  const data = world.bytes(BYTES, "both");
  for (let at = 100; at < BYTES - 100; at += 900) data.set(WORD, at);
  data.set(WORD, BYTES - 50);
  const ends: Talker[] = [];
  const talk = (socket: MetaSocket) => ends[ends.push(new Talker(socket, data)) - 1]!;
  const listener = world.server.listen({ port: PORT }, talk);
  world.client.connect({ remote: { address: IpAddress.parse(SLOW.server), port: PORT } }, talk);
  world.settle();
  world.server.act((now) => listener.close(now));
  world.settle();
  world.assertClean();
  return { world, ends, data };
}

/** Whether `read` is how `data` begins when some words are replaced. */
function isBeginning(read: readonly number[], data: Uint8Array, replacement: string): boolean {
  const put = new TextEncoder().encode(replacement);
  const stands = (bytes: ArrayLike<number>, at: number, text: Uint8Array) =>
    text.every((byte, k) => at + k >= bytes.length || bytes[at + k] === byte);
  let from = 0;
  for (let at = 0; at < read.length; at++, from++) {
    if (stands(data, from, WORD) && stands(read, at, put) && !stands(read, at, WORD)) {
      at += put.length - 1;
      from += WORD.length - 1;
    } else if (read[at] !== data[from]) return false;
  }
  return true;
}

for (const replacement of ["a much longer word!", "w"]) {
  const what = replacement.length > 4 ? "longer" : "shorter";
  for (const direction of ["forward", "backward"] as const) {
    for (const from of ["first-data", "mid-stream", "close"] as const) {
      for (const checksum of [true, false]) {
        const how = checksum ? "with checksums" : "without checksums";
        Deno.test(`a gateway makes the stream ${what}, ${direction} from "${from}" on: ${how} it ends as plain TCP`, () => {
          const { ends, data } = meet([SLOW], replacement, direction, from, checksum);
          assertEquals(ends.map(({ socket }) => [socket.state, socket.error]), [["closed", null], ["closed", null]]);
          assertEquals(ends.map(({ socket }) => socket.isMultipath), [false, false]);
          const [client, server] = ends as [Talker, Talker];
          const [changed, other] = direction === "forward" ? [server, client] : [client, server];
          assert(what === "longer" ? changed.read.length > BYTES : changed.read.length < BYTES);
          assert(isBeginning(changed.read, data, replacement), "what plain TCP would deliver");
          assertEquals(other.read, [...data]);
          if (!checksum) assertEquals(changed.socket.fallbackCause, "length-changed");
        });
      }
    }

    Deno.test(`a gateway on one of two paths makes the stream ${what}, ${direction}: both ends get an error before a wrong byte`, () => {
      const second = { ...SLOW, client: "10.0.2.1", ...bothWays(2, 15) };
      for (const from of ["first-data", "mid-stream"] as const) {
        const { ends, data } = meet([SLOW, second], replacement, direction, from, false);
        const codes = ends.slice(0, 2).map(({ socket }) => socket.error?.code);
        assert(codes.every((code) => code === "protocol" || code === "reset"), `${codes}`);
        assert(codes.includes("protocol"), `${codes}`);
        for (const { read } of ends) assert(isBeginning(read, data, replacement), `wrong after ${from}`);
      }
    });
  }
}

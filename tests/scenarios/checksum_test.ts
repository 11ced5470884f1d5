/**
 * DSS checksums: agreed on, right on the wire, and what happens when a box changes what it carries (RFC 8684 sections 3.1,
 * 3.3.1 and 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CAPABLE_CHECKSUM, DSS, MP_CAPABLE, MP_FAIL, MP_TCPRST, RESET_MIDDLEBOX } from "../../core/wire/mptcp.ts";
import { Uint64 } from "../../core/wire/seq.ts";
import { RST, SYN } from "../../core/wire/tcp.ts";
import { fullMesh, passive } from "../../pathmanagers/mod.ts";
import type { Frame } from "../../sim/frame.ts";
import { bothWays, type Direction, mptcpOptions, type Seen, stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const ONE_PATH = TWO_PATHS.slice(0, 1);
const CHECKED = { options: { checksum: true } };

/** Subflow offsets of segments: the first byte is 1. */
class Offsets {
  readonly #initial = new Map<string, number>();

  /** Of the first byte of the segment. */
  of({ header, path, direction }: Seen): number {
    const key = `${path} ${direction} ${header.sourcePort} ${header.destinationPort}`;
    if (header.flags & SYN) this.#initial.set(key, header.sequence);
    return (header.sequence - (this.#initial.get(key) ?? 0)) >>> 0;
  }
}

/** A box that inverts bytes of the stream of a subflow, each time it sees them, and makes TCP checksums right again. */
function inverting(world: World, path: number, direction: Direction, isTouched: (offset: number) => boolean): void {
  const offsets = new Offsets();
  world.filter = (seen) => {
    const offset = offsets.of(seen);
    if (seen.path !== path || seen.direction !== direction) return;
    const { frame, header: { payloadStart } } = seen;
    for (let i = 0; i < seen.payload; i++) {
      if (isTouched(offset + i)) frame.bytes[payloadStart + i] = frame.bytes[payloadStart + i]! ^ 0xff;
    }
  };
}

/** `bytes` as they look behind that box. */
function inverted(bytes: Uint8Array, isTouched: (offset: number) => boolean): Uint8Array {
  return bytes.map((byte, i) => isTouched(i + 1) ? byte ^ 0xff : byte);
}

/** RFC 1071 section 1, word by word, over the 16-bit words of RFC 8684 section 3.3.1. */
function naiveSum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Looks at every mapping and every byte on the wire, and says at the end whether the ones fit the others. */
class Auditor {
  readonly bytes = new Map<string, number>();
  readonly mappings = new Map<string, readonly number[]>();
  without = 0;
  readonly #offsets = new Offsets();
  readonly #key = new Map<Direction, Uint64>();

  look(seen: Seen): void {
    const { header, frame, path, direction, payload } = seen;
    const offset = this.#offsets.of(seen);
    const { mptcp } = header.options;
    const flow = `${path} ${direction}`;
    for (let i = 0; i < payload; i++) this.bytes.set(`${flow} ${offset + i}`, frame.bytes[header.payloadStart + i]!);
    if (mptcp.present & MP_CAPABLE && mptcp.capableLength >= 22) this.#note(flow, null, 1, seen);
    if (mptcp.present & DSS && mptcp.mappingBytes === 8) {
      this.#note(flow, mptcp.dataSequence, mptcp.subflowSequence, seen);
    }
  }

  /** Every mapping that was seen with its length, and what checksum and bytes add up to. */
  check(firstUp: Uint64): number {
    assertEquals(this.without, 0, "mappings without a checksum");
    for (
      const [flow, [high, low, ssn, length, checksum, payload]] of [...this.mappings].map(([k, v]) => [k, v] as const)
    ) {
      const [path, direction] = flow.split(" ");
      const dsn = new Uint64(high!, low!);
      if (Number.isNaN(high)) dsn.copy(firstUp);
      const head = [dsn.high, dsn.low, ssn!].flatMap((
        word,
      ) => [word >>> 24, word >>> 16 & 255, word >>> 8 & 255, word & 255]);
      const body = Array.from({ length: payload! }, (_, i) => this.bytes.get(`${path} ${direction} ${ssn! + i}`)!);
      const tail = [length! >>> 8, length! & 255, checksum! >>> 8, checksum! & 255];
      assert(body.every((byte) => byte !== undefined), `the bytes of ${flow} were on the wire`);
      assertEquals(naiveSum([...head, ...tail, ...body]), 0xffff, flow);
    }
    return this.mappings.size;
  }

  #note(flow: string, dsn: Uint64 | null, ssn: number, { header: { options: { mptcp } } }: Seen): void {
    if (!mptcp.hasChecksum) this.without++;
    const payload = mptcp.dataLength - (mptcp.dataFin ? 1 : 0);
    const line = [dsn?.high ?? NaN, dsn?.low ?? NaN, ssn, mptcp.dataLength, mptcp.checksum, payload];
    this.mappings.set(`${flow} ${line}`, line);
  }
}

for (const [own, other] of [[true, true], [true, false], [false, true], [false, false]] as const) {
  Deno.test(`checksums ${own ? "asked for" : "not asked for"} by the client, ${other ? "" : "not "}by the server (RFC 8684 3.1-16)`, () => {
    const world = new World({
      paths: TWO_PATHS,
      client: { options: { checksum: own } },
      server: { options: { checksum: other } },
    });
    const flags = new Map<string, number>();
    let mappings = 0;
    let checksums = 0;
    world.filter = ({ header: { flags: tcp, options: { mptcp } }, direction }) => {
      if (mptcp.present & MP_CAPABLE) {
        const form = tcp & SYN ? direction === "up" ? "SYN" : "SYN/ACK" : "ACK";
        flags.set(form, mptcp.capableFlags & CAPABLE_CHECKSUM);
      }
      const isMapping = (mptcp.present & DSS && mptcp.mappingBytes > 0) ||
        (mptcp.present & MP_CAPABLE && mptcp.capableLength >= 22);
      mappings += isMapping ? 1 : 0;
      checksums += isMapping && mptcp.hasChecksum ? 1 : 0;
    };
    const data = world.bytes(300_001, "both");
    const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
    world.settle();
    running.assertDone();
    const flag = (isSet: boolean) => isSet ? CAPABLE_CHECKSUM : 0;
    assertEquals(Object.fromEntries(flags), {
      "SYN": flag(own),
      "SYN/ACK": flag(own || other),
      "ACK": flag(own || other),
    });
    assertEquals(checksums, own || other ? mappings : 0);
    assertEquals([running.client.socket.isMultipath, running.server!.socket.isMultipath], [true, true]);
    for (const { stack } of [world.client, world.server]) assertEquals(stack.counters.MPTcpExtDataCsumErr, 0);
  });
}

for (const [what, more] of [["", {}], [" with losses", { loss: 0.05, jitter: 5, duplicate: 0.02 }]] as const) {
  Deno.test(`every mapping on the wire is right, DATA_FIN and odd lengths included${what}`, () => {
    const world = new World({
      seed: 7,
      paths: TWO_PATHS.map((path) => ({ ...path, ...bothWays(20, 10, more) })),
      client: CHECKED,
    });
    const auditor = new Auditor();
    world.filter = (seen) => auditor.look(seen);
    const data = world.bytes(50_001, "both");
    const program = { sends: data, expects: data, writeChunk: 777, writeEvery: 1 };
    const running = world.transfer(program, { ...program, writeChunk: 30_001 });
    world.settle();
    running.assertDone();
    assert(auditor.check(running.client.socket.localKey.firstSequence) > 30);
  });
}

for (const path of [0, 1]) {
  for (const direction of ["up", "down"] as const) {
    Deno.test(`a box changes bytes on path ${path}, ${direction}: all of them arrive right over the other (RFC 8684 3.7-8)`, () => {
      const world = new World({ paths: TWO_PATHS, server: CHECKED });
      let resets = 0;
      inverting(world, path, direction, (offset) => offset > 200_000 && offset % 5000 === 17);
      const change = world.filter!;
      world.filter = (seen) => {
        const { flags, options: { mptcp } } = seen.header;
        if (flags & RST && mptcp.present & MP_FAIL) {
          assertEquals([seen.path, seen.direction], [path, direction === "up" ? "down" : "up"]);
          assertEquals(mptcp.present & MP_TCPRST && mptcp.resetReason, RESET_MIDDLEBOX);
          resets++;
        }
        return change(seen);
      };
      const data = world.bytes(2_000_000, "both");
      const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
      world.settle();
      running.assertDone();
      assert(resets > 0);
      const [receiver, sender] = direction === "up" ? [world.server, world.client] : [world.client, world.server];
      assertEquals(receiver.stack.counters.MPTcpExtDataCsumErr, resets);
      assertEquals(receiver.stack.counters.MPTcpExtMPFailTx, resets);
      // A reset that overtakes lost data is answered by a challenge, and what follows has no options.
      const { MPTcpExtMPFailRx } = sender.stack.counters;
      assert(MPTcpExtMPFailRx >= 1 && MPTcpExtMPFailRx <= resets);
      assertEquals([running.client.socket.isMultipath, running.server!.socket.isMultipath], [true, true]);
    });
  }
}

/** Where on the only path bytes are changed, and how much is right before. */
const SPOTS = { "the first byte": 1, "a byte of the first mapping": 1000, "a byte far behind": 700_001 };

for (const [what, spot] of Object.entries(SPOTS)) {
  for (const direction of ["up", "down"] as const) {
    for (const isMutual of [true, false]) {
      const also = isMutual ? ", data going both ways" : "";
      Deno.test(`a box on the only path changes ${what} ${direction}${also}: both ends fall back to plain TCP (RFC 8684 3.7-11, 3.7-14)`, () => {
        const world = new World({ paths: ONE_PATH, client: CHECKED });
        const isTouched = (offset: number) => offset >= spot && offset % 1000 === spot % 1000;
        inverting(world, 0, direction, isTouched);
        const data = world.bytes(1_500_000, "both");
        const seen = inverted(data, isTouched);
        const [up, down] = direction === "up" ? [data, isMutual ? data : null] : [isMutual ? data : null, data];
        const running = world.transfer(
          { ...up && { sends: up }, ...down && { expects: direction === "down" ? seen : down } },
          { ...down && { sends: down }, ...up && { expects: direction === "up" ? seen : up } },
        );
        world.settle();
        running.assertDone();
        const { client, server } = running;
        assertEquals([client.socket, server!.socket].map((it) => it.stats().fallbackCause), [
          "checksum-failed",
          "checksum-failed",
        ]);
        const [receiver, sender] = direction === "up" ? [world.server, world.client] : [world.client, world.server];
        assertEquals(receiver.stack.counters.MPTcpExtDataCsumErr, 1);
        assert(receiver.stack.counters.MPTcpExtMPFailTx > 0 && sender.stack.counters.MPTcpExtMPFailRx > 0);
        assert(receiver.stack.counters.MPTcpExtMPFailRx > 0 && sender.stack.counters.MPTcpExtMPFailTx > 0);
        const maps = [world.client, world.server].map(({ stack: { counters } }) => counters);
        assert(maps.some((it) => it.MPTcpExtInfiniteMapTx === 1) && maps.some((it) => it.MPTcpExtInfiniteMapRx === 1));
        assert(maps.every((it) => it.MPTcpExtInfiniteMapTx <= 1 && it.MPTcpExtInfiniteMapRx <= 1));
      });
    }
  }
}

Deno.test("nothing of a mapping whose checksum is wrong is delivered before the peer has agreed to plain TCP (RFC 8684 3.7-9, 3.7-10)", () => {
  const world = new World({ paths: ONE_PATH, client: CHECKED });
  const isTouched = (offset: number) => offset === 300_000;
  inverting(world, 0, "up", isTouched);
  const change = world.filter!;
  let askedAt = Infinity;
  world.filter = (seen) => {
    change(seen);
    if (seen.header.options.mptcp.present & MP_FAIL && askedAt === Infinity) askedAt = seen.now;
    // Once it was asked, no question gets through for 10 seconds.
    return !(seen.direction === "down" && seen.now >= askedAt && seen.now < askedAt + 10e6);
  };
  const data = world.bytes(600_000, "up");
  const running = world.transfer({ sends: data }, { expects: inverted(data, isTouched) });
  world.until(5000);
  const { server } = running;
  assert(askedAt < 5e6 && server!.read > 200_000 && server!.read < 300_000);
  const { read } = server!;
  world.simulator.runUntil(askedAt + 9.9e6);
  assertEquals(server!.read, read);
  world.settle();
  running.assertDone();
});

for (const [what, pathManager] of [["ends", passive()], ["goes on over a new subflow", fullMesh()]] as const) {
  Deno.test(`a peer never answers MP_FAIL: after two minutes the connection ${what}, and no wrong byte is delivered`, () => {
    const world = new World({ paths: ONE_PATH, client: { ...CHECKED, pathManager } });
    inverting(world, 0, "up", (offset) => offset === 90_000);
    const change = world.filter!;
    let giveUpAt = 0;
    world.filter = (seen) => {
      change(seen);
      const { flags, options: { mptcp } } = seen.header;
      if ((mptcp.present & MP_FAIL) === 0) return;
      if (flags & RST) giveUpAt ||= seen.now;
      else stripFail(seen.frame);
    };
    const data = world.bytes(100_000, "up");
    const running = world.transfer({ sends: data }, { expects: data });
    world.settle();
    if (what === "ends") {
      running.assertOver();
      assert(running.server!.read < 90_000);
      assert(running.server!.socket.error !== null && running.client.socket.error !== null);
    } else running.assertDone();
    assert(giveUpAt > 120e6 && giveUpAt < 122e6, `gave up at ${giveUpAt}`);
  });
}

Deno.test("a byte is changed once, and sent again elsewhere it arrives right: the path is given up, not the connection", () => {
  const world = new World({ paths: TWO_PATHS, client: CHECKED });
  const offsets = new Offsets();
  let isDone = false;
  world.filter = (seen) => {
    const at = 50_000 - offsets.of(seen);
    if (isDone || seen.path !== 1 || seen.direction !== "up" || !(at >= 0 && at < seen.payload)) return;
    isDone = true;
    const index = seen.header.payloadStart + at;
    seen.frame.bytes[index] = seen.frame.bytes[index]! ^ 1;
  };
  const data = world.bytes(2_000_000, "up");
  const running = world.transfer({ sends: data }, { expects: data });
  world.settle();
  running.assertDone();
  assertEquals([isDone, world.server.stack.counters.MPTcpExtDataCsumErr], [true, 1]);
});

Deno.test("a box that changes the data length on one path is noticed", () => {
  const world = new World({ paths: TWO_PATHS, client: CHECKED });
  let changed = 0;
  world.filter = (seen) => {
    const { mptcp } = seen.header.options;
    if (seen.path !== 1 || seen.direction !== "up" || !(mptcp.present & DSS) || seen.payload === 0 || changed > 0) {
      return;
    }
    // The length stands before the checksum, at the end of the option.
    const { bytes } = seen.frame;
    const at = mptcpOptions(seen.frame)[0]!;
    const index = at + bytes[at + 1]! - 3;
    bytes[index] = bytes[index]! ^ 1;
    changed++;
  };
  const data = world.bytes(500_000, "up");
  const running = world.transfer({ sends: data }, { expects: data });
  world.settle();
  running.assertDone();
  assertEquals(changed, 1);
});

Deno.test("a box takes the options out of data that waits for the rest of its mapping: plain TCP, and no byte lost", () => {
  const world = new World({ paths: ONE_PATH, client: CHECKED });
  let isFirst = true;
  world.filter = (seen) => {
    if (seen.header.flags & SYN) return;
    // Of all that follows the handshake only MP_CAPABLE with the first data comes through.
    if (seen.direction === "up" && isFirst) isFirst = seen.payload === 0;
    else stripMptcp(seen);
  };
  const data = world.bytes(300_000, "both");
  const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
  world.settle();
  running.assertDone();
});

function stripFail(frame: Frame): void {
  for (const at of mptcpOptions(frame)) {
    if (frame.bytes[at + 2]! >>> 4 === 6) frame.bytes.fill(1, at, at + frame.bytes[at + 1]!);
  }
}

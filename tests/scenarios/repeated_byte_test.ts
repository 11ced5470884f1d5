/**
 * Asked for a window that is closed, Linux sends the last byte that was acknowledged once more, as new bytes of the subflow
 * with a mapping of their own. After that the subflow has one byte more than the stream, and the only one still has to be able
 * to go over to plain TCP (RFC 8684 section 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { dssChecksumPseudoHeader, foldChecksum } from "../../core/wire/checksum.ts";
import { DSS, type MptcpOptions } from "../../core/wire/mptcp.ts";
import { Uint64 } from "../../core/wire/seq.ts";
import { SYN, TcpHeader } from "../../core/wire/tcp.ts";
import type { Frame } from "../../sim/frame.ts";
import type { BoxFunction, BoxPlace } from "../../sim/middlebox/mod.ts";
import { makeSegment } from "../../sim/middlebox/segment.ts";
import { bothWays, World } from "../harness/mod.ts";

/** In one's complement, the number that takes 1 away. */
const MINUS_ONE = 0xfffe;
const BYTE = 0x55;
const PATH = { client: "10.0.0.1", server: "10.0.9.1" };

/** A peer behind a box that makes it look like Linux: it repeats one byte before the first segment for which `isTime`. */
class Repeating {
  /** Offset in the subflow that the repeated byte has; Infinity before there is one. */
  at = Infinity;

  readonly #isTime: (offset: number, mptcp: MptcpOptions) => boolean;
  readonly #header = new TcpHeader();
  #initial = 0;

  constructor(isTime: (offset: number, mptcp: MptcpOptions) => boolean) {
    this.#isTime = isTime;
  }

  readonly process: BoxFunction = (frame, direction, place) => {
    const header = this.#header;
    if (!header.parse(frame.view, frame.start, frame.end)) return true;
    const { options: { mptcp } } = header;
    if (direction === "forward") {
      const acknowledged = (header.acknowledgment - this.#initial) >>> 0;
      if (acknowledged <= this.at) return true;
      header.acknowledgment = (header.acknowledgment - 1) >>> 0;
    } else {
      if (header.flags & SYN) this.#initial = header.sequence;
      const offset = (header.sequence - this.#initial) >>> 0;
      const isFirst = this.at === Infinity && isMapping(mptcp) && this.#isTime(offset, mptcp);
      if (isFirst) this.#repeat(frame, offset, place);
      if (offset < this.at) return true;
      header.sequence = (header.sequence + 1) >>> 0;
      if (isMapping(mptcp) && mptcp.subflowSequence >= this.at) {
        mptcp.subflowSequence++;
        mptcp.checksum = foldChecksum(mptcp.checksum + MINUS_ONE);
      }
    }
    header.emit(frame.view, frame.start);
    frame.reseal();
    return true;
  };

  /** Sends the byte before those in `frame` again, right before them. */
  #repeat(frame: Frame, offset: number, place: BoxPlace): void {
    this.at = offset;
    const probe = makeSegment(place, frame, { payload: Uint8Array.of(BYTE) });
    const header = new TcpHeader();
    header.parse(probe.view, probe.start, probe.end);
    const { mptcp } = header.options;
    mptcp.dataSequence.setSum(new Uint64().copy(mptcp.dataSequence), offset - mptcp.subflowSequence - 1);
    mptcp.subflowSequence = offset;
    mptcp.dataLength = 1;
    const sum = dssChecksumPseudoHeader(BYTE << 8, mptcp.dataSequence, mptcp.subflowSequence, 1);
    mptcp.checksum = ~foldChecksum(sum) & 0xffff;
    header.emit(probe.view, probe.start);
    probe.reseal();
    place.inject(probe, "backward");
  }
}

function isMapping(mptcp: MptcpOptions): boolean {
  return (mptcp.present & DSS) !== 0 && mptcp.mappingBytes > 0;
}

/** The server is the one that repeats; a box on the way spoils what `isSpoilt` says of its bytes. */
function worldOf(repeating: Repeating, isSpoilt: (offset: number) => boolean): World {
  const world = new World({
    // Nothing is lost: what the box has inserted, nobody would send again.
    paths: [{ ...PATH, ...bothWays(20, 10, { queue: { packets: 1000 } }), boxes: [repeating.process] }],
    client: { options: { checksum: true, receiveBuffer: 60_000 } },
    server: { options: { receiveBuffer: 60_000 } },
  });
  let initial = 0;
  world.filter = ({ frame, header, direction, payload }) => {
    if (direction === "up") return;
    if (header.flags & SYN) initial = header.sequence;
    const offset = (header.sequence - initial) >>> 0;
    for (let i = 0; i < payload; i++) if (isSpoilt(offset + i)) frame.bytes[header.payloadStart + i]! ^= 0xff;
  };
  return world;
}

for (const isMutual of [true, false]) {
  const also = isMutual ? ", data going both ways" : "";
  Deno.test(`a peer that has repeated a byte fails a checksum on the only path${also}: plain TCP with all bytes`, () => {
    const isSpoilt = (offset: number) => offset >= 300_000 && offset % 1000 === 0;
    const repeating = new Repeating((offset, { subflowSequence, dataLength }) => {
      return offset > 200_000 && dataLength > 0 && subflowSequence === offset;
    });
    const world = worldOf(repeating, isSpoilt);
    const up = isMutual ? world.bytes(600_000, "up") : new Uint8Array(0);
    const down = world.bytes(600_000, "down");
    const seen = down.map((byte, i) => isSpoilt(i + 1) ? byte ^ 0xff : byte);
    const running = world.transfer({ sends: up, expects: seen }, { sends: down, expects: up });
    world.settle();
    running.assertDone();
    assert(repeating.at > 200_000 && repeating.at < 300_000);
    const { client, server } = running;
    const causes = [client, server!].map(({ socket }) => socket.stats().fallbackCause);
    assertEquals(causes, ["checksum-failed", "checksum-failed"]);
    assertEquals(world.client.stack.counters.MPTcpExtDataCsumErr, 1);
  });
}

Deno.test("a peer that repeats a byte when it has agreed to plain TCP is reset: it would be a new byte there", () => {
  const isSpoilt = (offset: number) => offset === 300_000;
  const repeating = new Repeating((_, { dataLength }) => dataLength === 0);
  const world = worldOf(repeating, isSpoilt);
  const up = world.bytes(600_000, "up");
  const down = world.bytes(600_000, "down");
  const seen = down.map((byte, i) => isSpoilt(i + 1) ? byte ^ 0xff : byte);
  const running = world.transfer({ sends: up, expects: seen }, { sends: down, expects: up });
  world.settle();
  running.assertOver();
  assert(repeating.at > 300_000 && repeating.at < Infinity);
  assertEquals([running.client.read, running.client.socket.error?.code], [repeating.at - 1, "protocol"]);
});

/**
 * Changes to packets on their way, for filters.
 *
 * @module
 */

import { FIN, MINIMUM_HEADER_LENGTH, PSH } from "../../core/wire/tcp.ts";
import type { Frame } from "../../sim/frame.ts";
import type { LinkOptions } from "../../sim/link.ts";
import { flagsOf, makeSegment, payloadStartOf, sequenceOf } from "../../sim/middlebox/segment.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { Filter, PathOptions, Seen } from "./world.ts";

const MPTCP = 30;
const NO_OPERATION = 1;

/** Index of the first byte of each Multipath TCP option of the segment. */
export function mptcpOptions({ bytes, start }: Frame): number[] {
  const found: number[] = [];
  const end = start + (bytes[start + 12]! >>> 4 << 2);
  for (let at = start + MINIMUM_HEADER_LENGTH; at < end && bytes[at] !== 0;) {
    if (bytes[at] === MPTCP) found.push(at);
    at += bytes[at] === NO_OPERATION ? 1 : bytes[at + 1]!;
  }
  return found;
}

/** Overwrites the Multipath TCP options of the segment with no-operation. */
export function stripMptcp({ frame }: Seen): void {
  for (const at of mptcpOptions(frame)) frame.bytes.fill(NO_OPERATION, at, at + frame.bytes[at + 1]!);
}

/** Flips a bit in the byte at `index` of the first Multipath TCP option. */
export function flipInMptcp({ frame }: Seen, index: number): void {
  const at = mptcpOptions(frame)[0]! + index;
  frame.bytes[at] = frame.bytes[at]! ^ 1;
}

/** Loses the first `count` segments that `matches`. */
export function losing(count: number, matches: (seen: Seen) => boolean): Filter {
  let lost = 0;
  return (seen) => !(lost < count && matches(seen) && ++lost);
}

/** Links of a rate in Mbit/s and a delay in milliseconds to each side. */
export function bothWays(rate: number, delay: number, more: LinkOptions = {}): Pick<PathOptions, "up" | "down"> {
  const link = { rate: rate * 1e6, delay, ...more };
  return { up: link, down: link };
}

/** WiFi and LTE. */
export const TWO_PATHS: readonly PathOptions[] = [
  { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10) },
  { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(10, 30) },
];

/** The packets into which an adapter cuts a super-segment: all with its options; FIN and PSH on the last (virtio 1.3). */
export function cutSuperSegment(frame: Frame, simulator: Simulator): Frame[] {
  const place = { simulator, inject: () => {} };
  const payload = frame.bytes.slice(payloadStartOf(frame), frame.end);
  const pieces: Frame[] = [];
  for (let at = 0; at < payload.length; at += frame.segmentSize) {
    const isLast = at + frame.segmentSize >= payload.length;
    const flags = isLast ? flagsOf(frame) : flagsOf(frame) & ~(FIN | PSH);
    const sequence = (sequenceOf(frame) + at) >>> 0;
    pieces.push(makeSegment(place, frame, { sequence, flags, payload: payload.subarray(at, at + frame.segmentSize) }));
  }
  return pieces;
}

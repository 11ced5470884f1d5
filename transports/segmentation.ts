/**
 * Cuts super-segments into the segments that a network carries, as an interface with segmentation offload does.
 *
 * @module
 */

import type { Packet } from "../core/wire/packet.ts";
import { CWR, FIN, PSH } from "../core/wire/tcp.ts";

const SEQUENCE_OFFSET = 4;
const DATA_OFFSET = 12;
const FLAGS_OFFSET = 13;

/** How many segments `packet` stands for. */
export function segmentCount(packet: Packet): number {
  if (packet.segmentSize === 0) return 1;
  return Math.max(1, Math.ceil((packet.end - packet.start - headerLength(packet)) / packet.segmentSize));
}

/** Length of segment `index` of `packet` in bytes, its TCP header included. */
export function segmentLength(packet: Packet, index: number): number {
  const whole = packet.end - packet.start;
  if (packet.segmentSize === 0) return whole;
  const header = headerLength(packet);
  return header + Math.min(packet.segmentSize, whole - header - index * packet.segmentSize);
}

/**
 * Writes segment `index` of `packet` at `into.start`. All have the options of the whole; what ends it, FIN and PSH, is on
 * the last and the answer to congestion, CWR, on the first. The checksum is not right.
 */
export function copySegment(packet: Packet, index: number, into: Packet): void {
  const { start, bytes, segmentSize } = packet;
  const header = headerLength(packet);
  const from = start + header + index * segmentSize;
  const to = start + segmentLength(packet, index) + index * segmentSize;
  into.bytes.set(bytes.subarray(start, start + header), into.start);
  into.bytes.set(bytes.subarray(from, to), into.start + header);
  into.end = into.start + header + (to - from);
  into.copyIpHeader(packet);
  into.segmentSize = 0;
  const { view } = into;
  const sequence = view.getUint32(into.start + SEQUENCE_OFFSET) + index * segmentSize;
  view.setUint32(into.start + SEQUENCE_OFFSET, sequence >>> 0);
  let flags = view.getUint8(into.start + FLAGS_OFFSET);
  if (to < packet.end) flags &= ~(FIN | PSH);
  if (index > 0) flags &= ~CWR;
  view.setUint8(into.start + FLAGS_OFFSET, flags);
}

function headerLength({ view, start }: Packet): number {
  return view.getUint8(start + DATA_OFFSET) >>> 4 << 2;
}

/**
 * Cuts super-segments into the segments that a network carries, as an interface with segmentation offload does.
 *
 * @module
 */

import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { CWR, FIN, FLAGS_OFFSET, MAXIMUM_HEADER_LENGTH, PSH, SEQUENCE_OFFSET } from "../core/wire/tcp.ts";
import { PayloadCursor } from "./payload_cursor.ts";

/** How many segments `packet` stands for. */
export function segmentCount(packet: Packet): number {
  if (packet.segmentSize === 0) return 1;
  return Math.max(1, Math.ceil((packet.tcpLength - packet.headerLength) / packet.segmentSize));
}

/** Length of segment `index` of `packet` in bytes, its TCP header included. */
export function segmentLength(packet: Packet, index: number): number {
  const { tcpLength, headerLength, segmentSize } = packet;
  if (segmentSize === 0) return tcpLength;
  return headerLength + Math.min(segmentSize, tcpLength - headerLength - index * segmentSize);
}

/**
 * Writes segment `index` of `packet` at `into.start`. All have the options of the whole; what ends it, FIN and PSH, is on
 * the last and the answer to congestion, CWR, on the first. The checksum is not right.
 */
export function copySegment(packet: Packet, index: number, into: Packet): void {
  const { start, bytes, segmentSize, headerLength: header } = packet;
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
  const flags = view.getUint8(into.start + FLAGS_OFFSET);
  view.setUint8(into.start + FLAGS_OFFSET, flagsOf(flags, index === 0, to >= packet.end));
}

/**
 * Goes through the segments that a super-segment stands for, with the headers of {@linkcode copySegment}, and copies no
 * payload.
 */
export class SegmentCutter {
  /** The present segment, its payload in pieces; valid until the next step. */
  readonly segment = new Packet(HEADROOM + MAXIMUM_HEADER_LENGTH);
  readonly #cursor = new PayloadCursor();
  #left = 0;
  #size = 0;
  #sequence = 0;
  #flags = 0;
  #isFirst = true;

  /** Begins with `packet`, which has payload and must stay as it is until the last segment is done with. */
  begin(packet: Packet): void {
    const { segment } = this;
    const { bytes, view, start, headerLength: header } = packet;
    segment.reset();
    for (let i = 0; i < header; i++) segment.bytes[segment.start + i] = bytes[start + i]!;
    segment.end = segment.start + header;
    segment.copyIpHeader(packet);
    this.#cursor.begin(packet, header);
    this.#left = packet.tcpLength - header;
    this.#size = packet.segmentSize;
    this.#sequence = view.getUint32(start + SEQUENCE_OFFSET);
    this.#flags = view.getUint8(start + FLAGS_OFFSET);
    this.#isFirst = true;
  }

  /** Steps to the next segment; false behind the last one. */
  next(): boolean {
    if (this.#left === 0) return false;
    const { segment } = this;
    const cursor = this.#cursor;
    const length = Math.min(this.#size, this.#left);
    this.#left -= length;
    segment.pieces.clear();
    for (let rest = length; rest > 0;) {
      const part = cursor.step(rest);
      segment.pieces.add(cursor.array, cursor.start, part);
      rest -= part;
    }
    segment.view.setUint32(segment.start + SEQUENCE_OFFSET, this.#sequence);
    segment.view.setUint8(segment.start + FLAGS_OFFSET, flagsOf(this.#flags, this.#isFirst, this.#left === 0));
    this.#sequence = (this.#sequence + length) >>> 0;
    this.#isFirst = false;
    return true;
  }
}

/** Of `flags` of the whole those that one segment has. */
function flagsOf(flags: number, isFirst: boolean, isLast: boolean): number {
  return flags & ~(isFirst ? 0 : CWR) & ~(isLast ? 0 : FIN | PSH);
}

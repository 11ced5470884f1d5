/**
 * Puts a train of datagrams together to one super-segment, so that the stack is asked once and not for each.
 *
 * @module
 */

import { FIN, PSH, RST, SYN, URG } from "../../core/wire/tcp.ts";
import { SHORTEST_DATAGRAM, UDP_HEADER_LENGTH } from "./format.ts";

/** Flags in the first word of a datagram: FIN and PSH, which end a super-segment. */
const LAST_FLAGS = (FIN | PSH) << 16;
/** Of the first word, what all segments of a train have in common. */
const COMMON = ~LAST_FLAGS;
/** SYN, RST and URG: such a segment stands alone. */
const LONELY_FLAGS = (SYN | RST | URG) << 16;

/** Where a run of datagrams ended. Filled by {@linkcode coalesce}. */
export class Run {
  /** Behind the last byte of the datagram that was put together. */
  end = 0;
  /** Where the next datagram begins that is not part of it. */
  next = 0;
  /** Payload bytes of each segment in it; 0 if it is a single one. */
  segmentSize = 0;
}

/**
 * Puts the datagram at `at` and those behind it, `stride` bytes apart and up to `end`, together as long as they are
 * consecutive parts of one stream with the same options; the bytes are moved in place.
 */
export function coalesce(view: DataView, bytes: Uint8Array, at: number, end: number, stride: number, into: Run): void {
  into.segmentSize = 0;
  into.next = into.end = Math.min(at + stride, end);
  if (stride < SHORTEST_DATAGRAM || into.end - at < stride || at + stride >= end) return;
  const header = (view.getUint32(at) >>> 28 << 2) - UDP_HEADER_LENGTH;
  const payload = stride - header;
  if (header < SHORTEST_DATAGRAM || payload <= 0 || view.getUint32(at) & (LONELY_FLAGS | LAST_FLAGS)) return;
  let sequence = view.getUint32(at + 4);
  while (into.next < end) {
    const other = into.next;
    const length = Math.min(stride, end - other);
    sequence = (sequence + payload) >>> 0;
    if (length <= header || view.getUint32(other + 4) !== sequence || !isAlike(view, at, other, header)) break;
    // Read first: the payload goes to where this header is.
    const last = view.getUint32(other) & LAST_FLAGS;
    bytes.copyWithin(into.end, other + header, other + length);
    into.end += length - header;
    into.next = other + length;
    into.segmentSize = payload;
    if (last === 0 && length === stride) continue;
    view.setUint32(at, view.getUint32(at) | last);
    break;
  }
}

/** Whether two headers of `header` bytes differ in nothing but the sequence number and what ends a super-segment. */
function isAlike(view: DataView, at: number, other: number, header: number): boolean {
  if ((view.getUint32(at) ^ view.getUint32(other)) & COMMON) return false;
  for (let word = 8; word < header; word += 4) {
    if (view.getUint32(at + word) !== view.getUint32(other + word)) return false;
  }
  return true;
}

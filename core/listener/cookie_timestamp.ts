/**
 * The options of a SYN in the lowest bits of the timestamp that answers it: the peer echoes them with its third ACK.
 *
 * @module
 */

import { sequenceDistance } from "../wire/seq.ts";
import { CWR, ECE, type TcpHeader } from "../wire/tcp.ts";

/** Bits that are not time: Linux's TSBITS. */
const BITS = 6;
const MASK = (1 << BITS) - 1;
const SCALE = 0xf;
const SELECTIVE = 1 << 4;
const ECN = 1 << 5;
/** A scale is 14 at most (RFC 7323 section 2.2). */
const NO_SCALE = 0xf;

/** `timestamp`, or one just before, with what the answer to a SYN agrees to; `scale` is that of the peer, -1 without. */
export function hideOptions(timestamp: number, scale: number, selective: boolean, ecn: boolean): number {
  const bits = (scale < 0 ? NO_SCALE : Math.min(scale, 14)) | (selective ? SELECTIVE : 0) | (ecn ? ECN : 0);
  const hidden = ((timestamp & ~MASK) | bits) >>> 0;
  return sequenceDistance(timestamp, hidden) > 0 ? (hidden - MASK - 1) >>> 0 : hidden;
}

/** Makes of `syn` one with the options that were hidden in `timestamp`. */
export function restoreOptions(timestamp: number, syn: TcpHeader): void {
  const { options } = syn;
  const scale = timestamp & SCALE;
  options.windowScale = scale === NO_SCALE ? -1 : scale;
  options.sackPermitted = (timestamp & SELECTIVE) !== 0;
  if (timestamp & ECN) syn.flags |= ECE | CWR;
}

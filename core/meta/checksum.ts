/**
 * Checksums of mappings as their sender makes them (RFC 8684 section 3.3.1).
 *
 * @module
 */

import { type Block, BLOCK_SIZE, storageOf } from "../buffer/blocks.ts";
import { followBlocks } from "../buffer/stream_buffer.ts";
import type { Segment } from "../tcp/segment.ts";
import { addChecksumAt, dssChecksumPseudoHeader, finishChecksum, internetChecksum } from "../wire/checksum.ts";
import type { MptcpOptions } from "../wire/mptcp.ts";

/** The one's complement sum of `length` bytes from stream offset `offset`, found in `block` or those after it. */
export function sumBlocks(block: Block, offset: number, length: number): number {
  let sum = 0;
  let at = offset;
  const end = offset + length;
  for (let part = block; at < end;) {
    part = followBlocks(part, at);
    const within = at - part.start;
    const length = Math.min(end - at, BLOCK_SIZE - within);
    const from = part.origin + within;
    sum = addChecksumAt(sum, internetChecksum(storageOf(part), from, from + length), at - offset);
    at += length;
  }
  return sum;
}

/**
 * The sum of the payload of the whole range that `segment` is a cut of, without pseudo-header: DATA_FIN may join a
 * mapping later and changes only that. Computed when the first cut leaves, while all of the range is there; the others
 * share it, because by the time they leave the first may be gone.
 */
export function sumRange(segment: Segment): number {
  if (segment.rangeChecksum >= 0) return segment.rangeChecksum;
  const { rangeStart } = segment;
  let first = segment;
  while (first.previous !== null && first.previous.rangeStart === rangeStart) first = first.previous;
  const sum = sumBlocks(first.block as Block, first.source, segment.rangeLength);
  for (let s: Segment | null = first; s !== null && s.rangeStart === rangeStart; s = s.next) s.rangeChecksum = sum;
  return sum;
}

/** Adds the checksum to the mapping that `mptcp` describes; `sum` is that of its bytes, 0 for DATA_FIN alone. */
export function writeChecksum(mptcp: MptcpOptions, sum: number): void {
  const { dataSequence, subflowSequence, dataLength } = mptcp;
  mptcp.hasChecksum = true;
  mptcp.checksum = finishChecksum(dssChecksumPseudoHeader(sum, dataSequence, subflowSequence, dataLength));
}

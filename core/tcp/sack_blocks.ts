/**
 * Which SACK blocks to report: the most recently changed ones first (RFC 2018 section 4), a duplicate before them
 * (RFC 2883 section 4).
 *
 * @module
 */

import type { RangeSet } from "../buffer/ranges.ts";

/** Blocks that fit into a header at most. */
const MAXIMUM_BLOCKS = 4;

/** Remembers in which order the ranges above the cumulative acknowledgment changed. */
export class SackBlocks {
  /** A byte of each range, the most recently changed first. */
  #recent: number[] = [];
  #duplicateStart = 0;
  #duplicateEnd = 0;

  /** The range that holds `offset` has changed. */
  touch(offset: number, ranges: RangeSet): void {
    const index = ranges.indexOf(offset);
    if (index < 0) return;
    const start = ranges.startAt(index);
    const end = ranges.endAt(index);
    const kept = this.#recent;
    let length = 0;
    for (const known of kept) if (known < start || known >= end) kept[length++] = known;
    kept.length = length;
    kept.unshift(offset);
    if (kept.length > MAXIMUM_BLOCKS) kept.length = MAXIMUM_BLOCKS;
  }

  /** [start, end) arrived again. */
  noteDuplicate(start: number, end: number): void {
    this.#duplicateStart = start;
    this.#duplicateEnd = end;
  }

  /** A duplicate waits to be reported. */
  get hasDuplicate(): boolean {
    return this.#duplicateEnd > this.#duplicateStart;
  }

  /** Writes at most `most` blocks as pairs of offsets into `into`, returns how many; the duplicate is then reported. */
  fill(into: Float64Array, most: number, ranges: RangeSet): number {
    let count = 0;
    if (this.hasDuplicate && most > 0) {
      into[0] = this.#duplicateStart;
      into[1] = this.#duplicateEnd;
      count = 1;
      this.#duplicateEnd = this.#duplicateStart;
    }
    const first = count;
    for (const offset of this.#recent) {
      if (count === most) break;
      const index = ranges.indexOf(offset);
      if (index < 0) continue;
      into[2 * count] = ranges.startAt(index);
      into[2 * count + 1] = ranges.endAt(index);
      count++;
    }
    // As many distinct blocks as possible, those forgotten among many included.
    for (let index = 0; count < most && index < ranges.count; index++) {
      const start = ranges.startAt(index);
      if (includesStart(into, first, count, start)) continue;
      into[2 * count] = start;
      into[2 * count + 1] = ranges.endAt(index);
      count++;
    }
    return count;
  }

  /** Nothing is out of order any more. */
  clear(): void {
    this.#recent.length = 0;
  }
}

function includesStart(edges: Float64Array, from: number, to: number, start: number): boolean {
  for (let i = from; i < to; i++) if (edges[2 * i] === start) return true;
  return false;
}

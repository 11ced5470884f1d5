/**
 * A read that waits: its memory takes what arrives, so that those bytes are copied once.
 *
 * @module
 */

import { RangeSet } from "../buffer/ranges.ts";
import type { StreamBuffer } from "../buffer/stream_buffer.ts";

/** Memory of a program that stands for a stretch of the stream, until its read is over. */
export class PostedRead {
  /** The memory. */
  readonly into: Uint8Array;
  readonly #start: number;
  /** What of the stream lies in it. */
  readonly #here = new RangeSet();

  /** `into` stands for the stream from offset `start` on. */
  constructor(into: Uint8Array, start: number) {
    this.into = into;
    this.#start = start;
  }

  /** Takes what there is room for of `bytes[from..to)`, the stream from `offset` on; returns how many bytes of it. */
  take(offset: number, bytes: Uint8Array, from: number, to: number): number {
    const at = offset - this.#start;
    const length = Math.min(to - from, this.into.length - at);
    if (length <= 0) return 0;
    this.into.set(bytes.subarray(from, from + length), at);
    this.#here.add(offset, offset + length);
    return length;
  }

  /**
   * Ends the read with the first `length` bytes, those that are not here from `buffer`, which gets what lies behind them. False
   * when bytes are lost, because the memory was detached, or made shorter, with them in it.
   */
  end(buffer: StreamBuffer, length: number): boolean {
    const here = this.#here;
    const end = this.#start + length;
    if (!here.isEmpty && here.endAt(here.count - 1) - this.#start > this.into.length) return false;
    for (let at = here.firstGap(this.#start, end); at < end; at = here.firstGap(at, end)) {
      const covered = here.firstCovered(at, end);
      buffer.read(at, this.into, at - this.#start, covered - at);
      at = covered;
    }
    for (let i = 0; i < here.count; i++) {
      const from = Math.max(here.startAt(i), end);
      const to = here.endAt(i);
      if (from < to) buffer.write(from, this.into, from - this.#start, to - this.#start);
    }
    return true;
  }
}

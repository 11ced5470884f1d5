/**
 * The bytes that the application wrote, from the oldest that the peer has not acknowledged to the last.
 *
 * @module
 */

import type { Block, BlockPool } from "../buffer/blocks.ts";
import { RangeSet } from "../buffer/ranges.ts";
import { StreamBuffer } from "../buffer/stream_buffer.ts";

/** The sending half of a connection. Offsets are of the data stream: the first byte is 0, DATA_FIN follows the last. */
export class SendQueue {
  /** Lowest offset not acknowledged by DATA_ACK. */
  una = 0;
  /** Lowest offset that no subflow was given yet. Bytes above it may have been, see `takeAt`. */
  next = 0;
  /** One past the last byte written. */
  end = 0;
  /** Right edge of the peer's receive window. */
  windowEnd = 0;
  /** The largest window that it ever granted, in bytes. */
  largestWindow = 0;
  /** Offset of DATA_FIN once the application has ended its direction; Infinity before. */
  finAt = Infinity;
  /** Bytes that were handed to a subflow a second time after the first failed. */
  reinjected = 0;

  readonly #buffer: StreamBuffer;
  #reinjections: RangeSet | null = null;
  /** What was assigned beyond bytes that wait; all of it above `next`. */
  #ahead: RangeSet | null = null;

  /** Bytes are kept in blocks of `pool`. */
  constructor(pool: BlockPool) {
    this.#buffer = new StreamBuffer(pool);
  }

  /** Bytes written and not acknowledged. */
  get buffered(): number {
    return this.end - Math.min(this.una, this.end);
  }

  /** Bytes that may be assigned: written, and inside the window. */
  get waiting(): number {
    const waiting = Math.min(this.end, this.windowEnd) - this.next;
    return waiting > 0 ? waiting - this.ahead : 0;
  }

  /** Bytes assigned beyond bytes that wait. */
  get ahead(): number {
    return this.#ahead === null ? 0 : this.#ahead.total;
  }

  /** The peer has everything, the end of the stream included. */
  get isFinished(): boolean {
    return this.una > this.finAt;
  }

  /** Ranges that wait to be assigned again. */
  get reinjections(): RangeSet {
    return this.#reinjections ??= new RangeSet();
  }

  /** Whether ranges wait to be assigned again. */
  get hasReinjections(): boolean {
    return this.#reinjections !== null && !this.#reinjections.isEmpty;
  }

  /** Appends `bytes[0..length)`: a copy of them, or themselves as far as they are lent. */
  write(bytes: Uint8Array, length: number, isLent = false): void {
    if (isLent && canStay(bytes)) this.#buffer.lend(this.end, bytes, 0, length);
    else this.#buffer.write(this.end, bytes, 0, length);
    this.end += length;
  }

  /** The block that holds the byte at `offset`. */
  blockAt(offset: number): Block {
    return this.#buffer.blockAt(offset);
  }

  /** The lowest offset from `at` on that waits to be assigned; the end of what may be if none does. */
  waitingFrom(at: number): number {
    const limit = Math.min(this.end, this.windowEnd);
    const from = Math.max(at, this.next);
    return from >= limit ? limit : this.#ahead === null ? from : this.#ahead.firstGap(from, limit);
  }

  /** The end of what waits to be assigned from `at` on without a gap. */
  waitingTo(at: number): number {
    const limit = Math.min(this.end, this.windowEnd);
    return this.#ahead === null || at >= limit ? limit : this.#ahead.firstCovered(at, limit);
  }

  /** Takes up to `length` waiting bytes from `next` on; returns how many. */
  take(length: number): number {
    const taken = Math.max(0, Math.min(length, this.waitingTo(this.next) - this.next));
    this.next += taken;
    if (this.#ahead !== null && !this.#ahead.isEmpty) this.#closeUp(this.#ahead);
    return taken;
  }

  /** Takes up to `length` waiting bytes from `at` on, beyond `next`; returns how many. */
  takeAt(at: number, length: number): number {
    if (this.waitingFrom(at) !== at) return 0;
    const taken = Math.max(0, Math.min(length, this.waitingTo(at) - at));
    if (taken > 0) (this.#ahead ??= new RangeSet()).add(at, at + taken);
    return taken;
  }

  /** Takes a DATA_ACK; false if it says nothing new, is too far off to be a number, or is for what was never sent. */
  acknowledge(offset: number): boolean {
    if (!(offset > this.una) || offset > this.next + (this.next === this.finAt ? 1 : 0)) return false;
    this.una = offset;
    this.#reinjections?.removeBelow(offset);
    const bytes = Math.min(offset, this.end);
    if (bytes === this.end) this.#buffer.clear(bytes);
    else this.#buffer.releaseBelow(bytes);
    return true;
  }

  /** [start, end) must be assigned again, as far as it is not acknowledged; what is beyond `next` waits as it did before. */
  reinject(start: number, end: number): void {
    const from = Math.max(start, this.una);
    const to = Math.min(end, this.next);
    if (from < to) this.reinjections.add(from, to);
    if (end > this.next) this.#ahead?.remove(Math.max(start, this.next), end);
  }

  /** Nothing is to be assigned again: what one subflow carries as plain TCP, it repeats by itself. */
  forgetReinjections(): void {
    this.#reinjections = null;
  }

  /** Gives all bytes up. */
  clear(): void {
    this.#buffer.clear(this.end);
    this.#reinjections = this.#ahead = null;
  }

  /** Nothing waits any more between `next` and what was assigned beyond it. */
  #closeUp(ahead: RangeSet): void {
    this.next = ahead.contiguousFrom(this.next);
    ahead.removeBelow(this.next);
  }
}

/** Whether nobody can change or take away what lies there without meaning to. */
function canStay(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && !bytes.buffer.resizable;
}

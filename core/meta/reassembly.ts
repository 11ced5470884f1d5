/**
 * The bytes that came from all subflows, in the order of the data stream, until the application reads them.
 *
 * @module
 */

import type { BlockPool } from "../buffer/blocks.ts";
import { RangeSet } from "../buffer/ranges.ts";
import { StreamBuffer } from "../buffer/stream_buffer.ts";
import { PostedRead } from "./posted_read.ts";

/** Two segments: a smaller step of the window is not worth a segment of its own. */
const WORTHWHILE_STEP = 2920;

/** A turn for the program costs as much as the copy of a tenth of this. */
const LONG_READ = 1 << 18;

/** The receiving half of a connection, with the one window that all subflows share (RFC 8684 section 3.3.1). */
export class Reassembly {
  /** Next data offset expected: what DATA_ACK says. */
  next = 0;
  /** Next offset that the application reads. */
  readAt = 0;
  /** Right edge of the window that was advertised; it never moves left (RFC 9293 section 3.8.6.2.1). */
  edge = 0;
  /** Offset of the peer's DATA_FIN, or Infinity. */
  finAt = Infinity;
  /** Bytes that arrived and were there already. */
  duplicates = 0;
  /** Pieces that arrived ahead of their turn. */
  outOfOrderPieces = 0;
  /** Those of them that came behind all others. */
  tailPieces = 0;
  /** Those of them that continue another. */
  mergedPieces = 0;
  /** Memory that was posted has been detached with bytes in it: they are lost, and with them the stream. */
  isTorn = false;
  /** Bytes that were not taken because the peer may not have sent them yet. */
  beyond = 0;

  readonly #buffer: StreamBuffer;
  #limit: number;
  #widest: number;
  #ahead: RangeSet | null = null;
  #posted: PostedRead | null = null;

  /** Bytes are kept in blocks of `pool`, at most `limit` of them. */
  constructor(pool: BlockPool, limit: number) {
    this.#buffer = new StreamBuffer(pool);
    this.#limit = this.#widest = limit;
  }

  /** Bytes that may wait for the application. */
  get limit(): number {
    return this.#limit;
  }

  set limit(bytes: number) {
    this.#limit = bytes;
    this.#widest = Math.max(this.#widest, bytes);
  }

  /** The most that `limit` ever was: what is on its way may have been sent for as much. */
  get widest(): number {
    return this.#widest;
  }

  /** Bytes that can be read. */
  get readable(): number {
    return Math.min(this.next, this.finAt) - this.readAt;
  }

  /** The peer's direction is complete. */
  get isFinished(): boolean {
    return this.next > this.finAt;
  }

  /** Bytes that wait behind a gap. */
  get ahead(): number {
    return this.#ahead?.total ?? 0;
  }

  /** Takes `bytes[from..to)` at data offset `offset`; what is known already, or beyond the window, is left out. */
  insert(offset: number, bytes: Uint8Array, from: number, to: number): void {
    let start = offset;
    const all = Math.min(offset + (to - from), this.finAt);
    const end = Math.min(all, this.#furthest);
    if (all > Math.max(start, end)) this.beyond += all - Math.max(start, end);
    if (start < this.next) {
      this.duplicates += Math.min(end, this.next) - start;
      start = this.next;
    }
    if (start >= end) return;
    if (this.ahead === 0 && start === this.next) {
      this.#write(start, end, offset, bytes, from);
      this.next = end;
      return this.#takeFin();
    }
    this.#insertAhead(start, end, offset, bytes, from);
    this.next = this.#ranges().contiguousFrom(this.next);
    this.#ranges().removeBelow(this.next);
    this.#takeFin();
  }

  /** The peer's stream ends at `offset`; false if that contradicts what is known (RFC 8684 section 3.3.3). */
  handleFin(offset: number): boolean {
    if (this.finAt !== Infinity) return this.finAt === offset;
    if (offset < this.next || offset < this.#highest()) return false;
    this.finAt = offset;
    this.#takeFin();
    return true;
  }

  /** DATA_FIN means nothing any more, unless it was reached: plain TCP ends with FIN. */
  forgetFin(): void {
    if (!this.isFinished) this.finAt = Infinity;
  }

  /** Copies what is in order to `into`; returns how many bytes. */
  read(into: Uint8Array): number {
    const isPosted = this.#posted?.into === into;
    if (!isPosted) this.#cancelRead();
    const length = Math.min(into.length, this.readable);
    if (isPosted) {
      this.#endRead(length);
      if (this.isTorn) return 0;
    } else if (length > 0) this.#buffer.read(this.readAt, into, 0, length);
    if (length > 0) this.#consume(length);
    return length;
  }

  /**
   * Nothing can be read now, and `into` is what the next `read` will be given: what arrives goes there at once. It is the
   * connection's until then, or until `cancelRead`.
   */
  postRead(into: Uint8Array): void {
    if (this.#posted === null && this.readable === 0) this.#posted = new PostedRead(into, this.readAt);
  }

  /** Whether the read that waits has all that it has room for, and so much that its program is worth a turn. */
  get isReadFull(): boolean {
    const posted = this.#posted;
    return posted !== null && this.readable >= posted.into.length && posted.into.length >= LONG_READ;
  }

  /** `into` is its owner's again. */
  cancelRead(into: Uint8Array): void {
    if (this.#posted?.into === into) this.#endRead(0);
  }

  /** Drops what is in order; nobody reads any more. */
  discard(): void {
    this.#posted = null;
    if (this.readable > 0) this.#consume(this.readable);
  }

  /** Gives up what waits behind a gap: the connection is over and nothing will fill it. */
  discardAhead(): void {
    this.#cancelRead();
    this.#ahead = null;
    if (this.readable <= 0) this.#buffer.clear(this.readAt);
  }

  /** The window to advertise now, in bytes beyond `next`; remembers the edge. */
  advertise(): number {
    const edge = this.readAt + this.limit;
    if (edge > this.edge) this.edge = edge;
    return Math.max(0, this.edge - this.next);
  }

  /**
   * Whether reading has opened the window so far that the peer should be told: twice what it knows, as on Linux, and
   * no silly step (RFC 9293 section 3.8.6.2.2).
   */
  get isUpdateDue(): boolean {
    const known = this.edge - this.next;
    const gain = this.readAt + this.limit - this.edge;
    return gain >= known && gain >= Math.min(this.limit / 2, WORTHWHILE_STEP);
  }

  /** Gives all bytes up. */
  clear(): void {
    this.#posted = null;
    this.#buffer.clear(this.next);
    this.#ahead = null;
  }

  /**
   * How far bytes are taken. Linux adds the DATA_ACK of one segment to the window that an older one announced, where the
   * subflow has nothing new to acknowledge, and so sends up to a window more than it was granted. What is left out then comes
   * again in small pieces only, long after, for the subflow has acknowledged it.
   */
  get #furthest(): number {
    return Math.max(this.edge, Math.min(this.next + this.#widest, this.readAt + 2 * this.#widest));
  }

  #consume(length: number): void {
    this.readAt += length;
    if (this.ahead === 0 && this.readable === 0) this.#buffer.clear(this.readAt);
    else this.#buffer.releaseBelow(this.readAt);
  }

  #cancelRead(): void {
    if (this.#posted !== null) this.#endRead(0);
  }

  #endRead(length: number): void {
    const posted = this.#posted!;
    this.#posted = null;
    if (posted.end(this.#buffer, length)) return;
    this.isTorn = true;
    this.discard();
  }

  #write(start: number, end: number, offset: number, bytes: Uint8Array, from: number): void {
    const to = from + (end - offset);
    from += start - offset;
    const taken = this.#posted?.take(start, bytes, from, to) ?? 0;
    if (from + taken < to) this.#buffer.write(start + taken, bytes, from + taken, to);
  }

  /** Writes only where nothing is yet: what came first stands. */
  #insertAhead(start: number, end: number, offset: number, bytes: Uint8Array, from: number): void {
    const ranges = this.#ranges();
    if (start > this.next) this.#countPiece(start);
    let at = start;
    while (at < end) {
      const gap = ranges.firstGap(at, end);
      this.duplicates += gap - at;
      const gapEnd = ranges.firstCovered(gap, end);
      if (gap < gapEnd) this.#write(gap, gapEnd, offset, bytes, from);
      at = gapEnd;
    }
    ranges.add(start, end);
  }

  #countPiece(start: number): void {
    const ranges = this.#ranges();
    this.outOfOrderPieces++;
    if (ranges.isEmpty) return;
    if (start >= this.#highest()) this.tailPieces++;
    if (ranges.indexOf(start) < 0 && ranges.indexOf(start - 1) >= 0) this.mergedPieces++;
  }

  #takeFin(): void {
    if (this.next === this.finAt) this.next++;
  }

  /** One past the highest byte that waits behind a gap, or 0. */
  #highest(): number {
    const ranges = this.#ahead;
    return ranges === null || ranges.isEmpty ? 0 : ranges.endAt(ranges.count - 1);
  }

  #ranges(): RangeSet {
    return this.#ahead ??= new RangeSet();
  }
}

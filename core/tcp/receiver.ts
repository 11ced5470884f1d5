/**
 * The receiving half of one subflow: order, duplicates, and when to acknowledge.
 *
 * @module
 */

import type { BlockPool } from "../buffer/blocks.ts";
import { RangeSet } from "../buffer/ranges.ts";
import { StreamBuffer } from "../buffer/stream_buffer.ts";
import type { Micros } from "../plugin.ts";
import { SackBlocks } from "./sack_blocks.ts";

/** Longest delay of an acknowledgment (RFC 1122 section 4.2.3.2 allows 500 ms); Linux's TCP_DELACK_MIN. */
const ACK_DELAY: Micros = 40_000;
/** Segments at the start of a connection that are acknowledged at once, so that the peer's slow start is not held up. */
const QUICK_ACKS = 16;
/** Segments acknowledged at once after a congestion mark, as Linux does. */
const QUICK_ACKS_AFTER_MARK = 2;
/** What a full segment has at least (RFC 9293 section 3.7.1). */
const LEAST_SEGMENT = 536;

/** Takes bytes that are in order. */
export type InOrderSink = (offset: number, bytes: Uint8Array, from: number, to: number, now: Micros) => void;

/** Puts segments in order and decides about acknowledgments. Offsets: the SYN is 0, the first byte 1. */
export class Receiver {
  /** Next offset expected. */
  next = 0;
  /** Offset of the peer's FIN, or Infinity. */
  fin = Infinity;
  /** An acknowledgment must leave now. */
  isAckDue = false;
  /** When an acknowledgment must leave at the latest. */
  ackAt: Micros = Infinity;
  /** Payload bytes received in order. */
  bytesReceived = 0;
  /** Highest offset that an acknowledgment has told the peer. */
  acknowledged = 0;

  readonly #pool: BlockPool;
  readonly #sink: InOrderSink;
  readonly #maximumSegment: number;
  #outOfOrder: RangeSet | null = null;
  #held: StreamBuffer | null = null;
  #blocks: SackBlocks | null = null;
  #unacknowledged = 0;
  #largestSegment = LEAST_SEGMENT;
  #quickAcks = QUICK_ACKS;

  /**
   * Bytes out of order are kept in blocks of `pool`; bytes in order go to `sink`. No segment of the peer has more than
   * `maximumSegment` bytes of payload, though what arrives may have been put together from several.
   */
  constructor(pool: BlockPool, maximumSegment: number, sink: InOrderSink) {
    this.#pool = pool;
    this.#maximumSegment = maximumSegment;
    this.#sink = sink;
  }

  /** Bytes held out of order. */
  get held(): number {
    return this.#outOfOrder?.total ?? 0;
  }

  /** True once everything up to and with the FIN has arrived. */
  get isFinished(): boolean {
    return this.next > this.fin;
  }

  /** Takes the payload [start, start + to - from), already cut to the window. Returns true if the FIN is now in order. */
  handlePayload(start: number, bytes: Uint8Array, from: number, to: number, now: Micros): boolean {
    if (start + (to - from) > this.fin) to = from + Math.max(0, this.fin - start);
    const end = start + (to - from);
    if (start === this.next && this.held === 0) {
      this.#scheduleAck(to - from, now);
      this.#deliver(bytes, from, to, now);
    } else if (end <= this.next) this.#duplicate(start, end);
    else if (start <= this.next) {
      if (start < this.next) this.#duplicate(start, this.next);
      else this.#noteOverlap(start, end);
      const rest = from + (this.next - start);
      if (this.#ranges().intersects(this.next, end)) this.#fill(this.next, end, bytes, rest);
      else this.#deliver(bytes, rest, to, now);
      this.#deliverHeld(now);
      this.isAckDue = true;
    } else this.#hold(start, end, bytes, from);
    return this.#takeFin();
  }

  /** The peer's FIN is at `offset`; true if it is now in order. */
  handleFin(offset: number): boolean {
    if (this.fin === Infinity) this.fin = offset;
    this.isAckDue = true;
    return this.#takeFin();
  }

  /** An old segment came: the peer must be told where we are. */
  #duplicate(start: number, end: number): void {
    if (end > start) this.#sackBlocks().noteDuplicate(start, end);
    this.isAckDue = true;
  }

  /** Part of [start, end) may be held: the first such part is reported (RFC 2883 section 4.2). */
  #noteOverlap(start: number, end: number): void {
    const ranges = this.#ranges();
    const from = ranges.firstCovered(start, end);
    if (from < end) this.#sackBlocks().noteDuplicate(from, ranges.firstGap(from, end));
  }

  /** The delay is over. */
  handleAckTimeout(): void {
    this.isAckDue = true;
    this.ackAt = Infinity;
  }

  /** The acknowledgment left. */
  onAckSent(): void {
    this.acknowledged = this.next;
    this.#unacknowledged = 0;
    this.isAckDue = false;
    this.ackAt = Infinity;
    if (this.#quickAcks > 0) this.#quickAcks--;
  }

  /** The sender may have so little in flight that it waits for the next acknowledgments. */
  quicken(): void {
    this.isAckDue = true;
    if (this.#quickAcks < QUICK_ACKS_AFTER_MARK) this.#quickAcks = QUICK_ACKS_AFTER_MARK;
    // Nor will it go on in super-segments as long as before.
    this.#largestSegment = LEAST_SEGMENT;
  }

  /** Whether SACK blocks are to be reported. */
  get hasSack(): boolean {
    return this.held > 0 || (this.#blocks?.hasDuplicate ?? false);
  }

  /**
   * A gap, or a duplicate, is to be told by an acknowledgment without data: what carries data is no duplicate
   * acknowledgment (RFC 5681 section 2), and the options of data may leave no room for SACK blocks.
   */
  get isGapDue(): boolean {
    return this.isAckDue && this.hasSack;
  }

  /** True if the next acknowledgment must report a duplicate. */
  get hasDuplicate(): boolean {
    return this.#blocks?.hasDuplicate ?? false;
  }

  /** Writes at most `most` SACK blocks as offsets; returns how many. */
  fillSack(into: Float64Array, most: number): number {
    return this.hasSack ? this.#sackBlocks().fill(into, most, this.#ranges()) : 0;
  }

  /** Gives all held bytes up. */
  clear(): void {
    this.#held?.clear(this.next);
    this.#outOfOrder?.clear();
    this.ackAt = Infinity;
    this.isAckDue = false;
  }

  #deliver(bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const offset = this.next;
    this.next += to - from;
    this.bytesReceived += to - from;
    this.#sink(offset, bytes, from, to, now);
  }

  /** RFC 5681 section 4.2: every second full segment at least, later ones within the delay. */
  #scheduleAck(length: number, now: Micros): void {
    if (length > this.#largestSegment) this.#largestSegment = Math.min(length, this.#maximumSegment);
    this.#unacknowledged += length;
    if (this.#quickAcks > 0 || this.#unacknowledged >= 2 * this.#largestSegment) this.isAckDue = true;
    else if (this.ackAt === Infinity) this.ackAt = now + ACK_DELAY;
  }

  #hold(start: number, end: number, bytes: Uint8Array, from: number): void {
    const ranges = this.#ranges();
    this.isAckDue = true;
    if (ranges.contains(start, end)) return this.#duplicate(start, end);
    this.#noteOverlap(start, end);
    this.#fill(start, end, bytes, from);
    this.#sackBlocks().touch(start, ranges);
  }

  /** Keeps [start, end). What came first stands, so that nothing changes that the peer was told of: a second copy fills gaps. */
  #fill(start: number, end: number, bytes: Uint8Array, from: number): void {
    const ranges = this.#ranges();
    const held = this.#held ??= new StreamBuffer(this.#pool);
    for (let at = ranges.firstGap(start, end); at < end;) {
      const gapEnd = ranges.firstCovered(at, end);
      held.write(at, bytes, from + (at - start), from + (gapEnd - start));
      at = ranges.firstGap(gapEnd, end);
    }
    ranges.add(start, end);
  }

  #deliverHeld(now: Micros): void {
    const ranges = this.#outOfOrder;
    if (ranges === null || ranges.isEmpty) return;
    const held = this.#held as StreamBuffer;
    const end = ranges.contiguousFrom(this.next);
    // The sink may close the socket, and with it clear what is held.
    while (this.next < end && !ranges.isEmpty) {
      const block = held.blockAt(this.next);
      const from = this.next - block.start;
      this.#deliver(block.bytes, from, Math.min(from + end - this.next, block.bytes.length), now);
    }
    ranges.removeBelow(this.next);
    if (ranges.isEmpty) {
      held.clear(this.next);
      this.#blocks?.clear();
    } else held.releaseBelow(this.next);
  }

  #takeFin(): boolean {
    if (this.next !== this.fin) return false;
    this.next++;
    this.isAckDue = true;
    return true;
  }

  #ranges(): RangeSet {
    return this.#outOfOrder ??= new RangeSet();
  }

  #sackBlocks(): SackBlocks {
    return this.#blocks ??= new SackBlocks();
  }
}

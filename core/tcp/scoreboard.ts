/**
 * What of the sent sequence space is acknowledged, selectively acknowledged, lost or in flight (RFC 2018, RFC 6675).
 *
 * @module
 */

import type { Block } from "../buffer/blocks.ts";
import type { Micros } from "../plugin.ts";
import type { Segment, SegmentPool } from "./segment.ts";
import { SegmentQueue } from "./segment_queue.ts";

/** Told what acknowledgments do to segments. */
export interface DeliveryObserver {
  /** `segment` reached the peer; told once, at the first acknowledgment of either kind. */
  onDelivered(segment: Segment): void;
  /** The peer took back that `segment` reached it (RFC 2018 section 8): that will be told again. */
  onReneged(segment: Segment): void;
  /** `segment` is believed lost from now on; told again if it is lost again after it was sent again. */
  onLost(segment: Segment): void;
  /** `segment` is cumulatively acknowledged and leaves the queue; true if the observer keeps and later releases it. */
  onAcknowledged(segment: Segment): boolean;
}

/** SACK blocks remembered from the last acknowledgment, so that repeated ones cost nothing. */
const REMEMBERED_BLOCKS = 4;

/** The sender's view of its segments, with counters that are always true. */
export class Scoreboard {
  /** The segments, acknowledged ones removed. */
  readonly queue: SegmentQueue = new SegmentQueue();
  /** Lowest offset that is not acknowledged. */
  una = 0;
  /** Next offset to send for the first time. */
  nxt = 0;
  /** One past the last offset that was assigned. */
  end = 0;
  /** Sequence numbers in flight (RFC 6675 pipe). */
  pipe = 0;
  /** Segments selectively acknowledged. */
  sackedSegments = 0;
  /** Segments lost and not sent again yet. */
  lostSegments = 0;

  readonly #pool: SegmentPool;
  readonly #observer: DeliveryObserver;
  #cursor: Segment | null = null;
  #lostFrom: Segment | null = null;
  #remembered: Float64Array | null = null;

  /** Segments come from `pool`; `observer` hears of each one's fate. */
  constructor(pool: SegmentPool, observer: DeliveryObserver) {
    this.#pool = pool;
    this.#observer = observer;
  }

  /** Bytes assigned and never sent. */
  get queued(): number {
    return this.end - this.nxt;
  }

  /** Sequence numbers sent and not cumulatively acknowledged. */
  get outstanding(): number {
    return this.nxt - this.una;
  }

  /** Assigns `length` bytes that begin at `source` in `block`. */
  append(length: number, block: Block, source: number): void {
    this.queue.append(this.#pool.take(this.end, this.end + length, block, source));
    this.end += length;
  }

  /** Puts the FIN behind all that is assigned. */
  appendFin(): void {
    this.queue.append(this.#pool.take(this.end, this.end + 1, null, 0));
    this.end++;
  }

  /** Cuts `segment` so that it carries at most `length` bytes. */
  cut(segment: Segment, length: number): void {
    if (segment.payload > length) this.#split(segment, segment.start + length);
  }

  /** `segment` leaves now, for the first time or again. */
  markSent(segment: Segment, now: Micros): void {
    if (segment === this.queue.unsent) {
      this.queue.unsent = segment.next;
      this.nxt = segment.end;
    } else {
      segment.retransmitted = true;
      if (segment.inFlight) this.#leaveFlight(segment);
      if (segment.lost) this.#unmarkLost(segment);
    }
    segment.sentAt = now;
    this.queue.appendSent(segment);
    this.pipe += segment.length;
  }

  /** Takes a cumulative acknowledgment of all below `ack`. */
  acknowledge(ack: number): void {
    while (this.queue.first !== null && this.queue.first.start < ack) {
      const segment = this.queue.first;
      if (segment.end > ack) this.#split(segment, ack);
      this.#remove(segment);
    }
    this.una = ack;
  }

  /** Takes one SACK block over offsets [left, right), `index` counting the blocks of one acknowledgment. */
  applySack(left: number, right: number, index: number): void {
    let from = Math.max(left, this.una);
    const to = Math.min(right, this.nxt);
    const remembered = this.#remembered ??= new Float64Array(2 * REMEMBERED_BLOCKS);
    const slot = 2 * (index % REMEMBERED_BLOCKS);
    const knownLeft = remembered[slot] as number;
    const knownRight = remembered[slot + 1] as number;
    remembered[slot] = left;
    remembered[slot + 1] = right;
    if (from >= knownLeft && from <= knownRight) from = Math.max(from, knownRight);
    if (from >= to) return;
    let segment = this.#find(from);
    while (segment !== null && segment.start < to) {
      if (!segment.sacked && !segment.fin) segment = this.#markSacked(segment, from, to);
      this.#cursor = segment;
      segment = segment.next;
    }
  }

  /** `segment` is believed lost. */
  markLost(segment: Segment): void {
    if (segment.lost || segment.sacked) return;
    if (segment.inFlight) this.#leaveFlight(segment);
    segment.lost = true;
    this.lostSegments++;
    if (this.#lostFrom === null || segment.start < this.#lostFrom.start) this.#lostFrom = segment;
    this.#observer.onLost(segment);
  }

  /** Believes all that is not acknowledged lost; forgets selective acknowledgments if the peer took them back. */
  markAllLost(): void {
    if (this.queue.first?.sacked) this.#forgetSacks();
    for (let s = this.queue.first; s !== null && s !== this.queue.unsent; s = s.next) this.markLost(s);
  }

  /** Believes what is in flight of [from, to) lost where a segment carries more than `limit` bytes. */
  markLargerLost(limit: number, from: number, to: number): void {
    for (let s = this.queue.first; s !== null && s !== this.queue.unsent && s.start < to; s = s.next) {
      if (s.start >= from && s.inFlight && s.payload > limit) this.markLost(s);
    }
  }

  /** Believes no segment lost any more: what was marked is in flight after all. */
  unmarkAllLost(): void {
    for (let s = this.queue.first; s !== null && s !== this.queue.unsent; s = s.next) {
      if (!s.lost) continue;
      this.#unmarkLost(s);
      this.queue.restoreSent(s);
      this.pipe += s.length;
    }
  }

  /** The lowest segment to send again, or null. */
  firstLost(): Segment | null {
    if (this.lostSegments === 0) return null;
    let segment = this.#lostFrom ?? this.queue.first;
    while (segment !== null && !segment.lost) segment = segment.next;
    this.#lostFrom = segment;
    return segment;
  }

  /** The highest segment that was sent and is not known to have arrived, or null. */
  lastOutstanding(): Segment | null {
    let segment = this.queue.unsent === null ? this.queue.last : this.queue.unsent.previous;
    while (segment !== null && segment.sacked) segment = segment.previous;
    return segment;
  }

  /** Gives all segments back. */
  clear(): void {
    for (let s = this.queue.first; s !== null;) {
      const following: Segment | null = s.next;
      this.#pool.release(s);
      s = following;
    }
    this.queue.first =
      this.queue.last =
      this.queue.unsent =
      this.queue.oldest =
      this.queue.newest =
        null;
    this.#cursor = this.#lostFrom = null;
    this.pipe = this.sackedSegments = this.lostSegments = 0;
    this.una = this.end = this.nxt;
  }

  #remove(segment: Segment): void {
    if (this.#cursor === segment) this.#cursor = null;
    if (this.#lostFrom === segment) this.#lostFrom = segment.next;
    if (segment.inFlight) this.#leaveFlight(segment);
    if (segment.lost) this.#unmarkLost(segment);
    if (segment.sacked) this.sackedSegments--;
    else this.#observer.onDelivered(segment);
    if (segment === this.queue.unsent) this.nxt = segment.end;
    this.queue.removeFirst();
    if (!this.#observer.onAcknowledged(segment)) this.#pool.release(segment);
  }

  /** Marks the part of `segment` inside [from, to); returns that part. */
  #markSacked(segment: Segment, from: number, to: number): Segment {
    let part = segment;
    if (part.start < from) {
      this.#split(part, from);
      part = part.next as Segment;
    }
    if (part.end > to) this.#split(part, to);
    if (part.inFlight) this.#leaveFlight(part);
    if (part.lost) this.#unmarkLost(part);
    part.sacked = true;
    this.sackedSegments++;
    this.#observer.onDelivered(part);
    return part;
  }

  #split(segment: Segment, at: number): void {
    this.queue.split(segment, at, this.#pool);
    if (segment.lost) this.lostSegments++;
    if (segment.sacked) this.sackedSegments++;
  }

  #leaveFlight(segment: Segment): void {
    this.queue.removeSent(segment);
    this.pipe -= segment.length;
  }

  #unmarkLost(segment: Segment): void {
    segment.lost = false;
    this.lostSegments--;
  }

  #forgetSacks(): void {
    for (let s = this.queue.first; s !== null && s !== this.queue.unsent; s = s.next) {
      if (!s.sacked) continue;
      s.sacked = false;
      this.#observer.onReneged(s);
    }
    this.sackedSegments = 0;
    this.#remembered?.fill(0);
  }

  #find(offset: number): Segment | null {
    let segment = this.#cursor ?? this.queue.first;
    while (segment !== null && segment.previous !== null && segment.previous.end > offset) segment = segment.previous;
    while (segment !== null && segment.end <= offset) segment = segment.next;
    return segment;
  }
}

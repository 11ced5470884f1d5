/**
 * RACK: loss detection by time (RFC 8985 sections 5 and 6).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { AckInput } from "./ack_input.ts";
import type { Segment } from "./segment.ts";
import type { SegmentQueue } from "./segment_queue.ts";

/** Duplicate-acknowledgment threshold below which the reordering window applies even without reordering seen. */
const DUPLICATE_THRESHOLD = 3;
/** Recoveries for which a widened reordering window is kept (RFC 8985 section 6.2 step 4). */
const WINDOW_PERSISTENCE = 16;

/** Remembers the most recently sent segment that was delivered; all sent well before it count as lost. */
export class Rack {
  /** Reordering was seen on this path. */
  isReorderingSeen = false;

  #una = 0;
  #echoedMillis = NaN;
  #sentAt: Micros = -1;
  #end = 0;
  #rtt: Micros = 0;
  #highestDelivered = 0;
  #highestBefore = 0;
  #isBlind = false;
  /** Since when segments would be overdue, had the acknowledgments since had room to tell of them. */
  #blindSince: Micros = Infinity;
  #windowMultiplier = 1;
  #windowPersistence = 0;
  #duplicateRoundEnd = -1;

  /**
   * An acknowledgment begins, with everything below `una` acknowledged before: the order in which it tells of segments is
   * not that in which they arrived.
   */
  startAck({ isBlind, echoedMillis }: AckInput, una: number): void {
    this.#una = una;
    this.#highestBefore = this.#highestDelivered;
    this.#echoedMillis = echoedMillis;
    this.#isBlind = isBlind;
    if (!isBlind) this.#blindSince = Infinity;
  }

  /** What was taken for the delivery of a retransmission was that of its original, sent long before. */
  forget(): void {
    this.#sentAt = -1;
    this.#end = 0;
  }

  /** `segment` was delivered (RFC 8985 section 6.2 steps 1 to 3). */
  onDelivered(segment: Segment, minRtt: Micros, now: Micros): void {
    if (segment.end > this.#highestDelivered) this.#highestDelivered = segment.end;
    else if (segment.end < this.#highestBefore && !segment.retransmitted) this.isReorderingSeen = true;
    const rtt = now - segment.sentAt;
    if (segment.retransmitted && (rtt < minRtt || this.#isOfOriginal(segment))) return;
    this.#rtt = rtt;
    if (segment.sentAt > this.#sentAt || (segment.sentAt === this.#sentAt && segment.end > this.#end)) {
      this.#sentAt = segment.sentAt;
      this.#end = segment.end;
    }
  }

  /** A duplicate was reported: the window was too small. At most one step a round trip (section 6.2 step 4). */
  onDuplicateReported(una: number, nxt: number): void {
    if (una < this.#duplicateRoundEnd) return;
    this.#duplicateRoundEnd = nxt;
    this.#windowMultiplier++;
    this.#windowPersistence = WINDOW_PERSISTENCE;
  }

  /** A recovery ended. */
  onRecovered(): void {
    if (this.#windowPersistence > 0 && --this.#windowPersistence === 0) this.#windowMultiplier = 1;
  }

  /** How much later than expected a segment may arrive (RFC 8985 section 6.2 step 4). */
  reorderingWindow(sackedSegments: number, isRecovering: boolean, minRtt: Micros, smoothedRtt: Micros): Micros {
    if (!this.isReorderingSeen && (isRecovering || sackedSegments >= DUPLICATE_THRESHOLD)) return 0;
    return Math.min((this.#windowMultiplier * minRtt) / 4, smoothedRtt);
  }

  /**
   * Calls `markLost` for each segment in flight that is overdue, and returns when the next one will be, or Infinity
   * (RFC 8985 section 6.2 step 5). After an acknowledgment that had no room for SACK blocks, one that has is given
   * `patience`: what looks overdue may long have arrived.
   */
  detectLoss(
    queue: SegmentQueue,
    window: Micros,
    patience: Micros,
    now: Micros,
    markLost: (segment: Segment) => void,
  ): Micros {
    let segment = queue.oldest;
    while (segment !== null && this.#isSentBefore(segment)) {
      const following = segment.sentNext;
      const overdueAt = segment.sentAt + this.#rtt + window;
      if (overdueAt > now) return overdueAt;
      if (this.#isBlind) {
        this.#blindSince = Math.min(this.#blindSince, now);
        if (this.#blindSince + patience > now) return this.#blindSince + patience;
      }
      markLost(segment);
      segment = following;
    }
    return Infinity;
  }

  /** Echoed is the clock of what arrived at the left edge, but not of what lies beyond a hole (RFC 7323 section 4.3). */
  #isOfOriginal(segment: Segment): boolean {
    return segment.start <= this.#una && this.#echoedMillis < Math.floor(segment.sentAt / 1000);
  }

  #isSentBefore(segment: Segment): boolean {
    return segment.sentAt < this.#sentAt || (segment.sentAt === this.#sentAt && segment.end < this.#end);
  }
}

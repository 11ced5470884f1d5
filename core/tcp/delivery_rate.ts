/**
 * Delivery rate samples (draft-cheng-iccrg-delivery-rate-estimation).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Segment } from "./segment.ts";

/** Counts what is delivered on one subflow and takes a rate sample for each acknowledgment. */
export class DeliveryRate {
  /** Bytes delivered since the start. */
  delivered = 0;
  /** Rate of the last sample in bytes per second; 0 before the first. */
  rate = 0;
  /** Rate of this acknowledgment in bytes per second, or 0 when it gave none. */
  sample = 0;
  /** Bytes found lost since the start, whether they were or not. */
  lost = 0;
  /** `delivered` when the newest segment of this acknowledgment was sent. */
  priorDelivered = 0;
  /** `lost` when that segment was sent. */
  priorLost = 0;
  /** Bytes in flight after that segment was sent. */
  sentInFlight = 0;
  /** Whether that segment was sent with too little to send. */
  isAppLimited = false;

  #deliveredAt: Micros = 0;
  #firstSentAt: Micros = 0;
  #appLimitedUntil = 0;
  #priorAt: Micros = 0;
  #sendElapsed: Micros = 0;
  #newestEnd = -1;
  #newestSentAt: Micros = -1;

  /** `segment` leaves now, with `pipe` bytes in flight before it. */
  onSent(segment: Segment, pipe: number, now: Micros): void {
    if (pipe === 0) this.#firstSentAt = this.#deliveredAt = now;
    segment.delivered = this.delivered;
    segment.deliveredAt = this.#deliveredAt;
    segment.firstSentAt = this.#firstSentAt;
    segment.appLimited = this.#appLimitedUntil > this.delivered;
    segment.sentInFlight = pipe + segment.length;
    segment.lostBefore = this.lost;
  }

  /** An acknowledgment begins. */
  startAck(): void {
    this.#newestEnd = -1;
    this.#newestSentAt = -1;
    this.sample = 0;
  }

  /** `bytes` of `segment` were delivered by this acknowledgment. */
  onDelivered(segment: Segment, bytes: number, now: Micros): void {
    this.delivered += bytes;
    this.#deliveredAt = now;
    if (segment.sentAt < this.#newestSentAt) return;
    if (segment.sentAt === this.#newestSentAt && segment.end <= this.#newestEnd) return;
    this.#newestSentAt = segment.sentAt;
    this.#newestEnd = segment.end;
    this.priorDelivered = segment.delivered;
    this.priorLost = segment.lostBefore;
    this.sentInFlight = segment.sentInFlight;
    this.isAppLimited = segment.appLimited;
    this.#priorAt = segment.deliveredAt;
    this.#sendElapsed = segment.sentAt - segment.firstSentAt;
    this.#firstSentAt = segment.sentAt;
  }

  /** The acknowledgment ends: computes `sample`. */
  finishAck(minRtt: Micros): void {
    if (this.#newestSentAt < 0) return;
    const interval = Math.max(this.#sendElapsed, this.#deliveredAt - this.#priorAt);
    if (interval <= 0 || interval < minRtt) return;
    this.sample = ((this.delivered - this.priorDelivered) * 1e6) / interval;
    this.rate = this.sample;
  }

  /** The sender has nothing more to send while `pipe` bytes are in flight. */
  markAppLimited(pipe: number): void {
    this.#appLimitedUntil = this.delivered + Math.max(pipe, 1);
  }
}

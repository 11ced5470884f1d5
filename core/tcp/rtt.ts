/**
 * Round-trip time estimation and the retransmission timeout (RFC 6298).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** Lower bound of the retransmission timeout; Linux's TCP_RTO_MIN. */
export const MIN_TIMEOUT: Micros = 200_000;
/** Upper bound of the retransmission timeout; Linux's TCP_RTO_MAX. */
export const MAX_TIMEOUT: Micros = 120_000_000;
/** Retransmission timeout before the first sample (RFC 6298 section 2.1). */
export const INITIAL_TIMEOUT: Micros = 1_000_000;

/** A minimum counts for this long: long enough to meet an empty queue, short enough to follow a new route. */
const MIN_RTT_WINDOW: Micros = 300_000_000;

/** Smoothed estimates of one path. */
export class RttEstimator {
  /** Smoothed round-trip time; 0 before the first sample. */
  smoothed: Micros = 0;
  /** Mean deviation. */
  variation: Micros = 0;
  /** Lowest sample of the last five minutes; 0 before the first. */
  minimum: Micros = 0;
  /** Last sample. */
  latest: Micros = 0;
  /** Doublings of the timeout since the last progress. */
  backoff = 0;

  #minimumAt: Micros = 0;

  /** Takes the longest and shortest round trip that one acknowledgment shows (RFC 6298 section 2). */
  update(longest: Micros, shortest: Micros, now: Micros): void {
    const rtt = Math.max(1, longest);
    const least = Math.max(1, shortest);
    this.latest = least;
    if (this.smoothed === 0) {
      this.smoothed = rtt;
      this.variation = rtt / 2;
    } else {
      this.variation += (Math.abs(this.smoothed - rtt) - this.variation) / 4;
      this.smoothed += (rtt - this.smoothed) / 8;
    }
    if (this.minimum === 0 || least <= this.minimum || now - this.#minimumAt > MIN_RTT_WINDOW) {
      this.minimum = least;
      this.#minimumAt = now;
    }
  }

  /** Retransmission timeout without back-off. As on Linux the variation has the floor, not the sum. */
  get timeout(): Micros {
    if (this.smoothed === 0) return INITIAL_TIMEOUT;
    return Math.min(this.smoothed + Math.max(MIN_TIMEOUT, 4 * this.variation), MAX_TIMEOUT);
  }

  /** Retransmission timeout with the present back-off (RFC 6298 section 5.5). */
  get backedOffTimeout(): Micros {
    return Math.min(this.timeout * 2 ** this.backoff, MAX_TIMEOUT);
  }
}

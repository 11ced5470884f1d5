/**
 * How much more than the bandwidth is acknowledged at once (draft-ietf-ccwg-bbr-05 section 5.5.9): on WiFi, and behind
 * boxes that thin acknowledgments, the window needs that much on top.
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";

/** Rounds of each half of the filter, which remembers ten in all; one while the bandwidth is not known yet. */
const HALF_ROUNDS = 5;

/** The largest excess of the last rounds. */
export class Aggregation {
  #startedAt: Micros = 0;
  #delivered = 0;
  #current = 0;
  #previous = 0;
  #rounds = 0;

  /** Bytes. */
  get excess(): number {
    return Math.max(this.#current, this.#previous);
  }

  /** What was acknowledged before `now` was not acknowledged late: nothing was there to acknowledge. */
  restart(now: Micros): void {
    this.#startedAt = now;
    this.#delivered = 0;
  }

  /** A round trip begins. */
  beginRound(isBandwidthKnown: boolean): void {
    if (++this.#rounds < (isBandwidthKnown ? HALF_ROUNDS : 1)) return;
    this.#rounds = 0;
    this.#previous = this.#current;
    this.#current = 0;
  }

  /** `acked` bytes were acknowledged where `bandwidth` bytes a second were expected; no more than `most` counts. */
  update(acked: number, bandwidth: number, most: number, now: Micros): void {
    let expected = bandwidth * (now - this.#startedAt) / 1e6;
    if (this.#delivered <= expected) {
      this.restart(now);
      expected = 0;
    }
    this.#delivered += acked;
    this.#current = Math.max(this.#current, Math.min(this.#delivered - expected, most));
  }
}

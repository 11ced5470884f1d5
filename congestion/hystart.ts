/**
 * HyStart++ (RFC 9406): the first slow start ends when round trips become longer, which is when a queue begins to fill,
 * and not when it overflows.
 *
 * @module
 */

import type { AckSample, Micros } from "../core/plugin.ts";
import { RoundTrips } from "./round_trips.ts";

/** RFC 9406 section 4.3. */
const MIN_RTT_THRESHOLD: Micros = 4000;
const MAX_RTT_THRESHOLD: Micros = 16_000;
const MIN_RTT_DIVISOR = 8;
const SAMPLES = 8;
const CONSERVATIVE_DIVISOR = 4;
const CONSERVATIVE_ROUNDS = 5;
/** Segments that one acknowledgment counts for at most, unless transmissions are paced. */
const UNPACED_LIMIT = 8;

/** How much the window of one subflow gains in its first slow start, and when that is over. */
export class HyStart {
  /** Slow start is to end with the window as it is. */
  isDone = false;

  readonly #rounds = new RoundTrips();
  readonly #isPaced: boolean;
  #samples = 0;
  #shortest: Micros = Infinity;
  #shortestBefore: Micros = Infinity;
  /** Shortest round trip when conservative slow start began; Infinity outside of it. */
  #baseline: Micros = Infinity;
  #conservativeRounds = 0;

  /** For a sender that spreads its transmissions or does not. */
  constructor(isPaced: boolean) {
    this.#isPaced = isPaced;
  }

  /** Bytes that `sample` adds to the window (RFC 9406 section 4.2); `mss` is the size of a segment. */
  growth(sample: AckSample, mss: number): number {
    if (this.#rounds.begins(sample)) this.#beginRound();
    if (sample.rtt > 0) {
      this.#samples++;
      this.#shortest = Math.min(this.#shortest, sample.rtt);
    }
    const counted = this.#isPaced ? sample.acked : Math.min(sample.acked, UNPACED_LIMIT * mss);
    const growth = this.#isConservative ? counted / CONSERVATIVE_DIVISOR : counted;
    if (this.#samples >= SAMPLES) this.#judge();
    return growth;
  }

  get #isConservative(): boolean {
    return this.#baseline < Infinity;
  }

  #beginRound(): void {
    if (this.#isConservative && ++this.#conservativeRounds >= CONSERVATIVE_ROUNDS) this.isDone = true;
    this.#shortestBefore = this.#shortest;
    this.#shortest = Infinity;
    this.#samples = 0;
  }

  #judge(): void {
    if (this.#isConservative) {
      // The delay was none of our making: back to slow start.
      if (this.#shortest < this.#baseline) this.#baseline = Infinity;
      return;
    }
    const threshold = Math.max(MIN_RTT_THRESHOLD, Math.min(this.#shortestBefore / MIN_RTT_DIVISOR, MAX_RTT_THRESHOLD));
    if (this.#shortest < this.#shortestBefore + threshold) return;
    this.#baseline = this.#shortest;
    this.#conservativeRounds = 0;
  }
}

/**
 * How often somebody may make this end do something: a few times at once, then at a steady rate.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** A bucket that fills with time. */
export class Allowance {
  readonly #most: number;
  readonly #interval: Micros;
  #left: number;
  #filledAt: Micros = 0;

  /** `most` times at once, and once in each `interval` from then on. */
  constructor(most: number, interval: Micros) {
    this.#most = this.#left = most;
    this.#interval = interval;
  }

  /** Takes one; false if none is left. */
  take(now: Micros): boolean {
    const filled = Math.floor((now - this.#filledAt) / this.#interval);
    this.#left = Math.min(this.#most, this.#left + filled);
    this.#filledAt += filled * this.#interval;
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}

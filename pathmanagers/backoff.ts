/**
 * When a pair of addresses may be tried again after it failed.
 *
 * @module
 */

import type { Env, Micros } from "../core/plugin.ts";

/** How long to wait after failures. */
export interface BackoffSettings {
  /** Wait after the first failure, in microseconds. */
  readonly shortest: Micros;
  /** Wait that doubling does not exceed, in microseconds. */
  readonly longest: Micros;
}

/** Up to this share of a wait is added at random, so that the hosts behind a broken link do not come back as one. */
const JITTER = 0.1;

/** Exponential back-off of one pair of addresses. */
export class Backoff {
  readonly #settings: BackoffSettings;
  /** The last wait; 0 before the first. */
  #wait: Micros = 0;
  #notBefore: Micros = -Infinity;

  /** Starts without a wait. */
  constructor(settings: BackoffSettings) {
    this.#settings = settings;
  }

  /** The earliest time of the next attempt. */
  get notBefore(): Micros {
    return this.#notBefore;
  }

  /**
   * An attempt failed, or what it had opened broke: wait, twice as long as the last time. Attempts that were made side
   * by side and fail during one wait prolong it and do not double it.
   */
  fail(now: Micros, env: Env): void {
    const { shortest, longest } = this.#settings;
    if (now >= this.#notBefore) this.#wait = Math.min(Math.max(2 * this.#wait, shortest), longest);
    this.#notBefore = now + this.#wait * (1 + JITTER * env.random());
  }

  /** What was opened has lasted: the next failure counts as the first. */
  forgive(): void {
    this.#wait = 0;
  }
}

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

/**
 * Exponential back-off of one pair of addresses. An attempt that failed has to wait; what worked until it broke is tried
 * again at once, since a path that changed under a connection, as behind a translator that gave it a new port, works.
 */
export class Backoff {
  readonly #settings: BackoffSettings;
  /** The last wait; 0 before the first. */
  #wait: Micros = 0;
  #notBefore: Micros = -Infinity;
  /** When something was last tried again at once: what was opened since then has to wait when it breaks. Infinity: never. */
  #hastyAt: Micros = Infinity;

  /** Starts without a wait. */
  constructor(settings: BackoffSettings) {
    this.#settings = settings;
  }

  /** The earliest time of the next attempt. */
  get notBefore(): Micros {
    return this.#notBefore;
  }

  /**
   * An attempt failed: wait, twice as long as the last time. Attempts that were made side by side and fail during one
   * wait prolong it and do not double it.
   */
  fail(now: Micros, env: Env): void {
    if (now >= this.#notBefore) this.#wait = this.#nextWait;
    this.#notBefore = now + this.#wait * (1 + JITTER * env.random());
  }

  /**
   * What had worked since `since` broke. It does not wait if it lasted longer than it would have to wait, which also
   * counts the next failure as the first, or if nothing was tried at once since it was opened.
   */
  break(since: Micros, now: Micros, env: Env): void {
    if (now - since >= this.#nextWait) {
      this.#wait = 0;
      this.#hastyAt = Infinity;
    }
    if (since >= this.#hastyAt) return this.fail(now, env);
    this.#hastyAt = Math.min(this.#hastyAt, now);
  }

  get #nextWait(): Micros {
    const { shortest, longest } = this.#settings;
    return Math.min(Math.max(2 * this.#wait, shortest), longest);
  }
}

/**
 * When to probe for bandwidth again (draft-ietf-ccwg-bbr-05 section 5.3.3.5).
 *
 * @module
 */

import type { Env, Micros } from "../../core/plugin.ts";

/** Rounds between probes at most, to be no harder on Reno than Reno. */
const MOST_ROUNDS = 63;

/** Counts from the end of one probe to the next. */
export class ProbeClock {
  #began: Micros = 0;
  #wait: Micros = 0;
  #rounds = 0;

  /** A round trip has begun. */
  noteRound(): void {
    this.#rounds++;
  }

  /** A probe ended: the next comes after two to three seconds, or as many rounds as Reno would take. */
  restart(env: Env, now: Micros): void {
    this.#rounds = env.random() < 0.5 ? 0 : 1;
    this.#wait = 2_000_000 + 1_000_000 * env.random();
    this.#began = now;
  }

  /** Whether it is time, with so many segments to be in flight. */
  isOver(segments: number, now: Micros): boolean {
    return now > this.#began + this.#wait || this.#rounds >= Math.min(segments, MOST_ROUNDS);
  }
}

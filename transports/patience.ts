/**
 * How long it pays to look for input before waiting for it.
 *
 * A wait is cheap for the machine and dear for whoever waits: it costs as much as several looks, and more when the machine
 * is busy. Looking is the other way round, and a program that always looks is one that the machine's scheduler lets wait
 * in turn. So it is learnt from what waits bring, as Linux does when a virtual processor has nothing to do.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** Looks in vain that are taken before a wait, where input comes soon, and where it does not. */
const MOST_LOOKS = 40;
const LEAST_LOOKS = 2;
/** Input that comes within this would have been found by looking. */
const SOON: Micros = 200;

/** Counts looks in vain, and says when to wait. */
export class Patience {
  #most = MOST_LOOKS;
  #vain = 0;

  /** It is time to wait. */
  get isOver(): boolean {
    return this.#vain >= this.#most;
  }

  /** A look, with or without input. */
  noteLook(hasInput: boolean): void {
    if (!hasInput) this.#vain++;
    else {
      if (this.#vain > 0) this.#most = MOST_LOOKS;
      this.#vain = 0;
    }
  }

  /** What was sent may be answered soon. */
  noteSent(): void {
    this.#vain = 0;
  }

  /** A wait has ended after `duration`, because something happened or just because of a deadline. */
  noteWait(duration: Micros, hasHappened: boolean): void {
    this.#vain = 0;
    if (duration > SOON) this.#most = Math.max(this.#most >> 1, LEAST_LOOKS);
    else if (hasHappened) this.#most = MOST_LOOKS;
  }
}

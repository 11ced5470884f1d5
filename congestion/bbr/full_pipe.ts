/**
 * Whether sending faster still delivers more (draft-ietf-ccwg-bbr-05 section 5.3.1.2).
 *
 * @module
 */

/** Growth of the delivery rate below which a round counts as without growth. */
const GROWTH = 1.25;
/** Rounds without growth after which the pipe is full. */
const ROUNDS = 3;

/** Looks for a plateau of the delivery rate. */
export class FullPipe {
  /** The present search has found one. */
  isFull = false;
  /** Some search ever did. */
  wasReached = false;
  #rate = 0;
  #rounds = 0;

  /** Begins a search, knowing that `rate` bytes a second were delivered. */
  restart(rate = 0): void {
    this.#rate = rate;
    this.#rounds = 0;
    this.isFull = false;
  }

  /** A round ended that was not short of data and delivered `rate`. */
  endRound(rate: number): void {
    if (this.isFull) return;
    if (rate >= this.#rate * GROWTH) return this.restart(rate);
    if (++this.#rounds < ROUNDS) return;
    this.isFull = true;
    this.wasReached = true;
  }
}

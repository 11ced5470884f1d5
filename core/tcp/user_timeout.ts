/**
 * How long bytes may stay unacknowledged (RFC 9293 section 3.9.1, RFC 5482); Linux's TCP_USER_TIMEOUT.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** The patience of one sender: it ends when nothing has been acknowledged for so long though something waits for it. */
export class UserTimeout {
  /** When it ends; Infinity while nothing waits. */
  at: Micros = Infinity;

  #una = 0;

  /** All below `una` is acknowledged; `isWaiting` for more. `patience` 0 has no end. */
  note(una: number, isWaiting: boolean, patience: Micros, now: Micros): void {
    if (!isWaiting || patience === 0) this.at = Infinity;
    else if (una !== this.#una || this.at === Infinity) this.at = now + patience;
    this.#una = una;
  }

  /** Begins anew with what is noted next. */
  reset(): void {
    this.at = Infinity;
  }
}

/**
 * What a host needs of whoever turns the crank: the real driver, or the simulator.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** The clock and the event loop under a host. */
export interface Loop {
  /** The time, on the clock that the stack is driven by. */
  now(): Micros;
  /**
   * Something was asked of the stack: its output is to be sent and its timer re-armed before the loop next waits. May
   * happen later and once for many calls.
   */
  kick(): void;
  /** Calls `callback` once, `delay` from now; the function returned cancels that. Does not hold the program. */
  after(delay: Micros, callback: () => void): () => void;
  /**
   * A promise of the API begins to wait for what `describe` says ("read on 10.0.0.1:40000 -> 10.0.0.2:80"); the function
   * returned is called when it settles. A simulator knows by this what is stuck.
   */
  waiting?(describe: () => string): () => void;
  /** The host is closed and asks for nothing any more; resolves when all that the loop held is given back. */
  stop?(): Promise<void>;
}

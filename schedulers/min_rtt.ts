/**
 * The scheduler that most of the literature compares with: data goes to the subflow with the lowest round-trip time
 * that has room.
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch } from "../core/plugin.ts";
import { assignFastestFirst } from "./fastest.ts";
import { Relief, type ReliefOptions } from "./relief.ts";

/** Options of {@linkcode minRtt}. */
export interface MinRttOptions extends ReliefOptions {}

/**
 * Lowest smoothed round-trip time first.
 *
 * Backups serve only while no regular subflow is usable, stale subflows only while there is nothing else. A subflow
 * without a round-trip sample ranks behind all that have one: it might be slow, and it gets its sample as soon as the
 * others are full.
 *
 * When the connection's window is full of data that a slow subflow still carries, the fast one sends the head of the window
 * again and the congestion window of the slow one is halved (Raiciu et al., NSDI 2012, section 4.2). With a buffer
 * smaller than what the slow path holds in a round trip, that is worth more than the slow path, and never less than TCP on the
 * fast one; between paths of the same rate and very different delays it costs what a small buffer could have used.
 *
 * @example
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = minRtt({ penalisation: false });
 * ```
 */
export function minRtt(options: MinRttOptions = {}): Plugin<Scheduler> {
  return { name: "min-rtt", create: (): Scheduler => new MinRtt(options) };
}

class MinRtt implements Scheduler {
  readonly #relief: Relief;

  constructor(options: MinRttOptions) {
    this.#relief = new Relief(options);
  }

  schedule(batch: SendBatch, now: Micros): void {
    if (batch.reason === "window-limited") this.#relief.handle(batch, now);
    else assignFastestFirst(batch);
  }
}

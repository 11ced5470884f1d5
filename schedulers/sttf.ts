/**
 * Shortest transfer time first: Hurtig, Grinnemo, Brunstrom, Ferlin, Alay and Kuhn, "Low-Latency Scheduling in MPTCP"
 * (IEEE/ACM Transactions on Networking 27(1), 2019).
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { EarliestArrival } from "./arrival.ts";
import { assignFastestFirst } from "./fastest.ts";

/**
 * Each segment goes to the subflow on which its transfer takes the shortest time, the state of congestion control
 * included: round trips that it waits while the window doubles in slow start or grows by a segment in avoidance, and half
 * a round trip on the way. A segment whose subflow is full waits, those behind it may go elsewhere, and all of them are
 * considered again at every opportunity, as the paper has it.
 *
 * @example
 * ```ts
 * import { sttf } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = sttf();
 * ```
 */
export function sttf(): Plugin<Scheduler> {
  return { name: "sttf", create: (): Scheduler => new Sttf() };
}

class Sttf implements Scheduler {
  readonly #arrival = new EarliestArrival(grown);

  schedule(batch: SendBatch): void {
    if (batch.reason === "reinjection") assignFastestFirst(batch);
    else if (batch.reason === "data") this.#arrival.assign(batch);
  }
}

/** The window after a round trip without loss (RFC 5681 section 3.1). */
function grown({ ssthresh, mss }: SubflowView, window: number): number {
  return window < ssthresh ? Math.min(2 * window, Math.max(ssthresh, window + mss)) : window + mss;
}

/**
 * Out-of-order transmission for in-order arrival: Yang, Wang and Amer, "Out-of-order Transmission for In-order Arrival
 * Scheduling for Multipath TCP" (WAINA 2014).
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch } from "../core/plugin.ts";
import { EarliestArrival } from "./arrival.ts";
import { assignFastestFirst } from "./fastest.ts";

/**
 * Each segment goes to the subflow on which it arrives first: `(n + 1/2) srtt` from now, where `n` is the number of round
 * trips that it waits in the subflow's queue, with a window of `cwnd` leaving in each.
 *
 * Where the paper puts segments into the queues of subflows that are full, they are kept with the connection and
 * considered again: a plan that does not come true costs nothing.
 *
 * @example
 * ```ts
 * import { otias } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = otias();
 * ```
 */
export function otias(): Plugin<Scheduler> {
  return { name: "otias", create: (): Scheduler => new Otias() };
}

class Otias implements Scheduler {
  readonly #arrival = new EarliestArrival((_subflow, window) => window);

  schedule(batch: SendBatch): void {
    if (batch.reason === "reinjection") assignFastestFirst(batch);
    else if (batch.reason === "data") this.#arrival.assign(batch);
  }
}

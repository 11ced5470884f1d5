/**
 * The Balanced Linked Adaptation algorithm: Peng, Walid, Hwang, Low, "Multipath TCP: Analysis, Design and Implementation"
 * (IEEE/ACM Transactions on Networking 2016) and draft-walid-mptcp-congestion-control-04.
 *
 * It stands between LIA, which follows changes of the network quickly, and OLIA, which is friendlier to TCP.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { uncoupledIncrease } from "./new_reno.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController, WindowRule } from "./shell.ts";

/** Options of {@linkcode balia}. */
export interface BaliaOptions extends LossBasedOptions {}

/** Bounds what a slow subflow loses at once to three quarters of its window (draft section 3). */
const MOST_LAG = 1.5;

/**
 * Gains more on the paths that carry less than the fastest one, and gives up more of them at a loss.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { balia } from "@userspace/mptcp/congestion";
 *
 * const congestion = balia();
 * ```
 */
export function balia(options: BaliaOptions = {}): Plugin<CongestionGroup> {
  return lossBased("balia", options, (own, siblings) => new BaliaRule(own, siblings));
}

/** Draft section 3. */
class BaliaRule implements WindowRule {
  readonly #own: LossBasedController;
  readonly #siblings: readonly LossBasedController[];
  /** Sum and maximum of the rates, window per round-trip time, of all subflows. */
  #total = 0;
  #fastest = 0;

  constructor(own: LossBasedController, siblings: readonly LossBasedController[]) {
    this.#own = own;
    this.#siblings = siblings;
  }

  increase(acked: number): number {
    const own = this.#own;
    if (!own.counts) return uncoupledIncrease(own, acked);
    this.#survey();
    const { srtt } = own.view;
    const rate = own.cwnd / srtt;
    const lag = this.#fastest / rate;
    return acked * own.mss * rate / (srtt * this.#total * this.#total) * (1 + lag) / 2 * (4 + lag) / 5;
  }

  decrease(): number {
    const { cwnd, counts, view } = this.#own;
    if (!counts) return cwnd / 2;
    this.#survey();
    const lag = this.#fastest * view.srtt / cwnd;
    return cwnd - cwnd / 2 * Math.min(Math.max(lag, 1), MOST_LAG);
  }

  /** With several paths a window may fall to one segment (draft section 3). */
  leastThreshold(): number {
    return this.#siblings.length > 1 ? 1 : 2;
  }

  #survey(): void {
    this.#total = this.#fastest = 0;
    for (let i = 0; i < this.#siblings.length; i++) {
      const path = this.#siblings[i]!;
      if (!path.counts) continue;
      const rate = path.cwnd / path.view.srtt;
      this.#total += rate;
      this.#fastest = Math.max(this.#fastest, rate);
    }
  }
}

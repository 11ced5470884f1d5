/**
 * The Opportunistic Linked Increases Algorithm: Khalili, Gast, Popovic, Le Boudec, "MPTCP Is Not Pareto-Optimal"
 * (CoNEXT 2012; IEEE/ACM Transactions on Networking 2013) and draft-khalili-mptcp-congestion-control-05.
 *
 * Like LIA it takes as much as one TCP connection would on the best path, but it keeps off worse paths as long as better
 * ones have windows to gain.
 *
 * @module
 */

import type { AckSample, CongestionGroup, LossKind, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { uncoupledIncrease } from "./new_reno.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController, WindowRule } from "./shell.ts";

/** Options of {@linkcode olia}. */
export interface OliaOptions extends LossBasedOptions {}

/**
 * Shifts windows from the paths that have the largest to those that lose least.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { olia } from "@userspace/mptcp/congestion";
 *
 * const congestion = olia();
 * ```
 */
export function olia(options: OliaOptions = {}): Plugin<CongestionGroup> {
  return lossBased<OliaRule>("olia", options, (own, siblings) => new OliaRule(own, siblings));
}

/** Draft section 2. */
class OliaRule implements WindowRule {
  readonly #own: LossBasedController<OliaRule>;
  readonly #siblings: readonly LossBasedController<OliaRule>[];
  /** Bytes acknowledged between the last two losses, and since the last one. */
  #betweenLosses = 0;
  #sinceLoss = 0;

  constructor(own: LossBasedController<OliaRule>, siblings: readonly LossBasedController<OliaRule>[]) {
    this.#own = own;
    this.#siblings = siblings;
  }

  increase(acked: number): number {
    const own = this.#own;
    const siblings = this.#siblings;
    if (!own.counts) return uncoupledIncrease(own, acked);
    let rate = 0;
    let largest = 0;
    let best = 0;
    for (let i = 0; i < siblings.length; i++) {
      const path = siblings[i]!;
      if (!path.counts) continue;
      rate += path.cwnd / path.view.srtt;
      largest = Math.max(largest, path.cwnd);
      best = Math.max(best, path.rule.#quality);
    }
    const { cwnd, mss, view: { srtt } } = own;
    const coupled = cwnd / (srtt * srtt) / (rate * rate);
    return acked * mss * (coupled + this.#shift(largest, best) / cwnd);
  }

  /** Several paths may lie idle one by one: their windows go down to a segment (draft section 2). */
  leastThreshold(): number {
    return this.#siblings.length > 1 ? 1 : 2;
  }

  onAck(sample: AckSample): void {
    this.#sinceLoss += sample.acked;
  }

  onLoss(kind: LossKind): void {
    if (kind === "penalty") return;
    this.#betweenLosses = this.#sinceLoss;
    this.#sinceLoss = 0;
  }

  /**
   * How good the path is presumed to be: l / rtt², with l the bytes between losses. A TCP connection that loses one packet
   * in l has a rate in proportion to the square root of this.
   */
  get #quality(): number {
    const { srtt } = this.#own.view;
    return Math.max(this.#betweenLosses, this.#sinceLoss) / (srtt * srtt);
  }

  /**
   * The draft's alpha, in segments per round trip: what the best paths whose windows are not the largest gain, the paths
   * with the largest window lose.
   */
  #shift(largest: number, best: number): number {
    const siblings = this.#siblings;
    let paths = 0;
    let collected = 0;
    let foremost = 0;
    for (let i = 0; i < siblings.length; i++) {
      const path = siblings[i]!;
      if (!path.counts) continue;
      paths++;
      if (path.cwnd === largest) foremost++;
      else if (path.rule.#quality === best) collected++;
    }
    if (collected === 0) return 0;
    if (this.#own.cwnd === largest) return -1 / (paths * foremost);
    return this.#quality === best ? 1 / (paths * collected) : 0;
  }
}

/**
 * The fully coupled algorithm: Kelly and Voice, "Stability of End-to-End Algorithms for Joint Routing and Rate Control"
 * (CCR 2005), and Han et al., "Multi-Path TCP" (IEEE/ACM Transactions on Networking 2006), in the form of Wischik et al.,
 * "Design, Implementation and Evaluation of Congestion Control for Multipath TCP" (NSDI 2011, section 2.2).
 *
 * All windows together behave like one. In theory it leaves every congested path as long as a better one is there; in
 * practice it is caught on one path, since it learns nothing of the others. A baseline, not for use.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController } from "./shell.ts";

/** Options of {@linkcode coupled}. */
export interface CoupledOptions extends LossBasedOptions {}

/**
 * Gains one segment per total window, gives up half of the total window at a loss.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { coupled } from "@userspace/mptcp/congestion";
 *
 * const congestion = coupled();
 * ```
 */
export function coupled(options: CoupledOptions = {}): Plugin<CongestionGroup> {
  return lossBased("coupled", options, (controller, siblings) => ({
    increase: (acked: number): number => acked * controller.mss / totalWindow(controller, siblings),
    decrease: (): number => controller.cwnd - totalWindow(controller, siblings) / 2,
    leastThreshold: (): number => siblings.length > 1 ? 1 : 2,
  }));
}

/** Windows of all subflows that can carry data, in bytes; that of `own` in any case. */
function totalWindow(own: LossBasedController, siblings: readonly LossBasedController[]): number {
  let total = own.cwnd;
  for (let i = 0; i < siblings.length; i++) {
    const path = siblings[i]!;
    if (path !== own && path.view.usable) total += path.cwnd;
  }
  return total;
}

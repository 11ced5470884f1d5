/**
 * The Linked Increases Algorithm (RFC 6356): the subflows together take as much as one TCP connection would on the best
 * of the paths, and each takes no more than a TCP connection would on its own path.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { uncoupledIncrease } from "./new_reno.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController } from "./shell.ts";

/** Options of {@linkcode lia}. */
export interface LiaOptions extends LossBasedOptions {}

/**
 * Congestion avoidance shares one increase among the subflows; slow start and the reaction to loss are those of TCP.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { lia } from "@userspace/mptcp/congestion";
 *
 * const congestion = lia();
 * ```
 */
export function lia(options: LiaOptions = {}): Plugin<CongestionGroup> {
  return lossBased("lia", options, (controller, siblings) => ({
    increase: (acked: number): number =>
      Math.min(coupling(siblings) * acked * controller.mss, uncoupledIncrease(controller, acked)),
  }));
}

/**
 * The aggressiveness of the whole divided by the total window, per byte: RFC 6356 equation 2 without its factor
 * `cwnd_total`, which equation 1 divides by again.
 *
 * Subflows that cannot carry data or have no round-trip sample are left out. Infinity if that leaves none: then only
 * the bound by the uncoupled increase holds.
 */
export function coupling(controllers: readonly LossBasedController[]): number {
  let best = 0;
  let rate = 0;
  for (let i = 0; i < controllers.length; i++) {
    const controller = controllers[i]!;
    if (!controller.counts) continue;
    const { srtt } = controller.view;
    const ownRate = controller.cwnd / srtt;
    best = Math.max(best, ownRate / srtt);
    rate += ownRate;
  }
  return rate > 0 ? best / (rate * rate) : Infinity;
}

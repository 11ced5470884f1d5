/**
 * Equally weighted TCP: Honda, Nishida, Eggert, Sarolahti, Tokuda, "Multipath Congestion Control for Shared Bottleneck"
 * (PFLDNeT 2009), a baseline of Wischik, Raiciu, Greenhalgh, Handley, "Design, Implementation and Evaluation of Congestion
 * Control for Multipath TCP" (NSDI 2011, section 2.1).
 *
 * Every subflow is a TCP with a fraction of the aggressiveness, wherever the others are and however they fare.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { uncoupledIncrease } from "./new_reno.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController } from "./shell.ts";

/** Options of {@linkcode ewtcp}. */
export interface EwtcpOptions extends LossBasedOptions {}

/**
 * Each of n subflows takes one n-th of what a TCP connection would at its bottleneck.
 *
 * A TCP that gains a segments per round trip has a throughput in proportion to the square root of a, so a is 1/n².
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { ewtcp } from "@userspace/mptcp/congestion";
 *
 * const congestion = ewtcp();
 * ```
 */
export function ewtcp(options: EwtcpOptions = {}): Plugin<CongestionGroup> {
  return lossBased("ewtcp", options, (controller, siblings) => ({
    increase: (acked: number): number => uncoupledIncrease(controller, acked) / countUsable(siblings) ** 2,
  }));
}

/** At least 1. */
function countUsable(siblings: readonly LossBasedController[]): number {
  let count = 0;
  for (let i = 0; i < siblings.length; i++) {
    if (siblings[i]!.view.usable) count++;
  }
  return Math.max(count, 1);
}

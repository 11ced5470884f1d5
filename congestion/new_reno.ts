/**
 * NewReno (RFC 5681, RFC 6582): each subflow for itself, as if it were a TCP connection of its own. The baseline for
 * coupled algorithms, and the right choice for plain TCP.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController } from "./shell.ts";

/** Options of {@linkcode newReno}. */
export interface NewRenoOptions extends LossBasedOptions {}

/**
 * One segment more per window of acknowledged data, half the window after a loss.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { newReno } from "@userspace/mptcp/congestion";
 *
 * const congestion = newReno({ initialWindow: 4 });
 * ```
 */
export function newReno(options: NewRenoOptions = {}): Plugin<CongestionGroup> {
  return lossBased("new-reno", options, (controller) => ({
    increase: (acked: number): number => uncoupledIncrease(controller, acked),
  }));
}

/** Bytes that a TCP connection with this window gains for `acked` bytes (RFC 5681 equation 3, counted in bytes). */
export function uncoupledIncrease(controller: LossBasedController, acked: number): number {
  return acked * controller.mss / controller.cwnd;
}

/**
 * BBR version 3 (draft-ietf-ccwg-bbr-05): each subflow for itself, after a model of its path, bandwidth and shortest round
 * trip, that is measured all the time. It keeps queues short and does not take single losses for congestion.
 *
 * What of the draft does not apply is left out: segmentation offload is budgeted as for TCP, and senders without selective
 * acknowledgments are treated like others.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { BbrController } from "./bbr/controller.ts";
import { checkInitialWindow } from "./options.ts";

/** Options of {@linkcode bbr}. */
export interface BbrOptions {
  /** Initial window in segments of at most 1460 bytes (RFC 6928), 1 to 1000. Default: 10. */
  readonly initialWindow?: number;
}

/**
 * Sends at the measured bandwidth with about twice the bandwidth-delay product in flight.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { bbr } from "@userspace/mptcp/congestion";
 *
 * const congestion = bbr();
 * ```
 */
export function bbr(options: BbrOptions = {}): Plugin<CongestionGroup> {
  const initialWindow = checkInitialWindow("bbr", options.initialWindow ?? 10);
  return {
    name: "bbr",
    create: (env): CongestionGroup => ({
      join: (view) => new BbrController(view, env, initialWindow),
      leave: () => {},
    }),
  };
}

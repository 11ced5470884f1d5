/**
 * Several subflows between one pair of addresses, told apart by their ports alone: where routers spread flows over paths
 * of equal cost (ECMP), as in data centres, each may take another one.
 *
 * Raiciu, Barre, Pluntke, Greenhalgh, Wischik and Handley, "Improving Datacenter Performance and Robustness with Multipath
 * TCP" (SIGCOMM 2011, section 3).
 *
 * @module
 */

import type { Env, Micros, PathActions, PathEvent, PathManager, Plugin } from "../core/plugin.ts";
import { atLeastOne, Pairs, type RetryOptions, type RetrySettings, retrySettings, type Wish } from "./pairs.ts";

/** Options of {@linkcode ndiffports}. */
export interface NdiffportsOptions extends RetryOptions {
  /** Subflows of the connection, the first included, at least 1. Default: 2. */
  readonly subflows?: number;
}

/**
 * The client opens subflows from the address of the first subflow to the address of the first subflow, each from a port of
 * its own, until there are as many as wanted, and again when some fail. Other addresses play no part, and the server does
 * nothing.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { ndiffports } from "@userspace/mptcp/pathmanagers";
 *
 * const pathManager = ndiffports({ subflows: 8 });
 * ```
 */
export function ndiffports(options: NdiffportsOptions = {}): Plugin<PathManager> {
  const subflows = atLeastOne("ndiffports", "subflows", options.subflows ?? 2);
  const retry = retrySettings("ndiffports", options);
  return { name: "ndiffports", create: (env): PathManager => new Ndiffports(subflows, retry, env) };
}

class Ndiffports implements PathManager {
  readonly #subflows: number;
  readonly #pairs: Pairs;
  #isClient = false;

  constructor(subflows: number, retry: RetrySettings, env: Env) {
    this.#subflows = subflows;
    this.#pairs = new Pairs(retry, env);
  }

  onEvent(event: PathEvent, actions: PathActions, now: Micros): void {
    if (event.type === "established") this.#isClient = !event.isServer;
    this.#pairs.note(event, actions, now);
    if (this.#isClient) actions.wakeAt(this.#pairs.open(this.#wishes(actions), this.#subflows, actions, now));
  }

  #wishes({ localAddresses, remoteAddresses }: PathActions): Wish[] {
    const local = localAddresses.find(({ id }) => id === 0);
    const remote = remoteAddresses.find(({ id }) => id === 0);
    if (local === undefined || remote === undefined) return [];
    const counts = Array.from({ length: this.#subflows }, (_, i) => i + 1);
    return counts.map((count) => ({ local, remote, count, backup: local.backup }));
  }
}

/**
 * How often properties are checked.
 *
 * @module
 */

import fc from "fast-check";

/** How many times the usual number of runs; see CONTRIBUTING. */
const FACTOR = Number(Deno.env.get("MPTCP_TEST_RUNS") ?? 1);
/** The usual runs are the same everywhere, so that a change is judged by the change; a hunt for more draws new ones. */
const SEED = FACTOR === 1 ? { seed: 8684 } : {};

/** Parameters for fast-check: `usual` runs, or so many times as many. */
export function runs(usual: number): { readonly numRuns: number; readonly seed?: number } {
  return { numRuns: usual * FACTOR, ...SEED };
}

/** Lets the kits of this file draw the same everywhere, which for others draw by chance. */
export function drawAlike(): void {
  fc.configureGlobal(SEED);
}

/**
 * Which subflows come into question at all: those that neither end wants spared and that make progress, before backups,
 * before stale ones.
 *
 * @module
 */

import type { SubflowView } from "../core/plugin.ts";

/**
 * How far down the order of preference `subflow` stands: 0 for a regular one, 1 for a backup, 2 for a stale one, 3 for a
 * stale backup (RFC 8684 section 3.3.8 for backups).
 */
export function preferenceOf(subflow: SubflowView): number {
  return (subflow.stale ? 2 : 0) + (subflow.backup ? 1 : 0);
}

/**
 * The best preference found among `subflows`; only subflows that have it may be given data, whether or not they have
 * room, since a backup serves when regular subflows are gone and not when they are busy. Infinity if there is none.
 */
export function bestPreference(subflows: readonly SubflowView[]): number {
  // Infinity only at the end: a number that may be no small integer would be allocated for each call.
  let best = NONE;
  for (let i = 0; i < subflows.length; i++) {
    const subflow = subflows[i]!;
    if (subflow.usable) best = Math.min(best, preferenceOf(subflow));
  }
  return best === NONE ? Infinity : best;
}

/** Behind all preferences. */
const NONE = 4;

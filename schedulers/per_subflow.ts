/**
 * A number that a scheduler remembers of each subflow.
 *
 * @module
 */

import type { SubflowView } from "../core/plugin.ts";

/** Subflows that there is room for at first. */
const SMALLEST = 8;

/**
 * Numbers by subflow. Those of subflows that are gone make room for others, so that nothing grows with the age of the
 * connection, and in steady state nothing is allocated.
 */
export class PerSubflow {
  /** The numbers, each at the index that `slot` answers. */
  values: Float64Array;
  readonly #initial: number;
  #ids: Int32Array;

  /** `initial` is what holds for a subflow at first. */
  constructor(initial: number) {
    this.#initial = initial;
    this.values = new Float64Array(SMALLEST);
    this.#ids = new Int32Array(SMALLEST).fill(-1);
  }

  /** Index in `values` of the number of `subflow`, which is one of `subflows`. Another call may move others. */
  slot(subflow: SubflowView, subflows: readonly SubflowView[]): number {
    const { id } = subflow;
    const known = this.#ids.indexOf(id);
    if (known >= 0) return known;
    const slot = this.#free(subflows);
    this.#ids[slot] = id;
    this.values[slot] = this.#initial;
    return slot;
  }

  #free(subflows: readonly SubflowView[]): number {
    const { length } = this.#ids;
    for (let slot = 0; slot < length; slot++) if (withId(subflows, this.#ids[slot]!) === null) return slot;
    const ids = new Int32Array(2 * length).fill(-1);
    const values = new Float64Array(2 * length);
    ids.set(this.#ids);
    values.set(this.values);
    this.#ids = ids;
    this.values = values;
    return length;
  }
}

/** The subflow called `id`, null if it is gone. */
export function withId(subflows: readonly SubflowView[], id: number): SubflowView | null {
  for (let i = 0; i < subflows.length; i++) if (subflows[i]!.id === id) return subflows[i]!;
  return null;
}

/**
 * Every usable subflow in turn, whatever its speed: the baseline that shows what choosing is worth.
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode roundRobin}. */
export interface RoundRobinOptions {
  /** Segments that a subflow gets before it is the next one's turn, at least 1. Default: 1. */
  readonly quota?: number;
}

/**
 * A quota of segments on each subflow in turn.
 *
 * A subflow without room loses its turn, so that capacity is never left unused for the sake of order. Backups take part
 * only while no regular subflow is usable, stale subflows only while there is nothing else.
 *
 * @throws {RangeError} if `quota` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { roundRobin } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = roundRobin({ quota: 4 });
 * ```
 */
export function roundRobin(options: RoundRobinOptions = {}): Plugin<Scheduler> {
  const { quota = 1 } = options;
  if (!Number.isSafeInteger(quota) || quota < 1) {
    throw new RangeError(`Cannot create round-robin: quota must be a whole number of at least 1, got ${quota}`);
  }
  return { name: "round-robin", create: (): Scheduler => new RoundRobin(quota) };
}

class RoundRobin implements Scheduler {
  readonly #quota: number;
  /** Id of the subflow whose turn it is. */
  #turn = -1;
  /** Segments that are left of the turn. */
  #left = 0;

  constructor(quota: number) {
    this.#quota = quota;
  }

  schedule(batch: SendBatch): void {
    if (batch.reason === "window-limited") return;
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    let index = this.#resume(subflows);
    let passedOver = 0;
    while (batch.waiting > 0 && passedOver < subflows.length) {
      const subflow = subflows[index]!;
      const took = subflow.usable && preferenceOf(subflow) === preference ? this.#give(batch, subflow) : 0;
      passedOver = took === 0 ? passedOver + 1 : 0;
      this.#left -= Math.ceil(took / subflow.mss);
      if (took === 0 || this.#left <= 0) {
        index = (index + 1) % subflows.length;
        this.#begin(subflows[index]!);
      }
    }
  }

  /** Index of the subflow whose turn it is, or of the next one if that subflow is gone. */
  #resume(subflows: readonly SubflowView[]): number {
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i]!;
      if (subflow.id < this.#turn) continue;
      if (subflow.id > this.#turn) this.#begin(subflow);
      return i;
    }
    if (subflows.length > 0) this.#begin(subflows[0]!);
    return 0;
  }

  #begin(subflow: SubflowView): void {
    this.#turn = subflow.id;
    this.#left = this.#quota;
  }

  #give(batch: SendBatch, subflow: SubflowView): number {
    const bytes = wholeSegments(subflow, Math.min(batch.waiting, this.#left * subflow.mss));
    return bytes === 0 ? 0 : batch.assign(subflow, bytes);
  }
}

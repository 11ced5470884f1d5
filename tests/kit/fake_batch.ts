/**
 * One question to a scheduler, with the answer written down.
 *
 * @module
 */

import type { SendBatch, SendReason, SubflowView } from "../../core/plugin.ts";
import type { FakeSubflow } from "./fake_subflow.ts";

/** A batch whose fields a test sets as it likes. */
export class FakeBatch implements SendBatch {
  reason: SendReason = "data";
  readonly subflows: readonly FakeSubflow[];
  waiting: number;
  queued: number;
  unacked = 0;
  next = 0;
  windowEnd: number = Infinity;
  /** What was assigned: subflow id and bytes, and the data offset if it was given. */
  readonly assigned: number[][] = [];
  /** Ids of the subflows that were penalised. */
  readonly penalised: number[] = [];
  /** Who carries a byte; by default nobody. */
  carrier: (at: number) => SubflowView | null = () => null;

  /** `waiting` bytes for `subflows`, of which every assignment is accepted. */
  constructor(subflows: readonly FakeSubflow[], waiting: number, fields: Partial<Omit<FakeBatch, "subflows">> = {}) {
    this.subflows = subflows;
    this.waiting = waiting;
    this.queued = waiting;
    Object.assign(this, fields);
  }

  assign(subflow: SubflowView, bytes: number, from?: number): number {
    const took = Math.min(bytes, 65_535, from === undefined ? this.waiting : this.next - from);
    if (from === undefined) this.waiting -= took;
    this.subflows.find((it) => it === subflow)!.queued += took;
    this.assigned.push(from === undefined ? [subflow.id, took] : [subflow.id, took, from]);
    return took;
  }

  penalise(subflow: SubflowView): void {
    this.penalised.push(subflow.id);
  }
}

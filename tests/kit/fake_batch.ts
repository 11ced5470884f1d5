/**
 * One question to a scheduler, with the answer written down.
 *
 * @module
 */

import type { SendBatch, SendReason, SubflowView } from "../../core/plugin.ts";
import type { FakeSubflow } from "./fake_subflow.ts";

/** A batch whose fields a test sets as it likes. With "data", what waits begins at `next` and has no gaps at first. */
export class FakeBatch implements SendBatch {
  reason: SendReason = "data";
  readonly subflows: readonly FakeSubflow[];
  waiting: number;
  queued: number;
  unacked = 0;
  next = 0;
  windowEnd: number = Infinity;
  /** What was assigned: subflow id and bytes, and the data offset unless it was the next. */
  readonly assigned: number[][] = [];
  /** Ids of the subflows that were penalised. */
  readonly penalised: number[] = [];
  /** Who carries a byte; by default nobody. */
  carrier: (at: number) => SubflowView | null = () => null;
  /** Offsets that were assigned beyond `next`. */
  readonly #ahead = new Map<number, number>();

  /** `waiting` bytes for `subflows`, of which every assignment is accepted. */
  constructor(subflows: readonly FakeSubflow[], waiting: number, fields: Partial<Omit<FakeBatch, "subflows">> = {}) {
    this.subflows = subflows;
    this.waiting = waiting;
    this.queued = waiting;
    Object.assign(this, fields);
  }

  waitingFrom(at: number): number {
    let from = Math.max(at, this.next);
    for (let i = 0; i <= this.#ahead.size; i++) {
      for (const [start, end] of this.#ahead) if (from >= start && from < end) from = end;
    }
    return Math.min(from, this.#end);
  }

  waitingTo(at: number): number {
    return Math.min(this.#end, ...[...this.#ahead.keys()].filter((start) => start > at));
  }

  assign(subflow: SubflowView, bytes: number, from?: number): number {
    const { next } = this;
    const took = this.#take(Math.min(bytes, 65_535), from);
    this.subflows.find((it) => it === subflow)!.queued += took;
    this.assigned.push(from === undefined || from === next ? [subflow.id, took] : [subflow.id, took, from]);
    return took;
  }

  penalise(subflow: SubflowView): void {
    this.penalised.push(subflow.id);
  }

  /** The end of what waits. */
  get #end(): number {
    const ahead = [...this.#ahead].reduce((sum, [start, end]) => sum + end - start, 0);
    return this.next + this.waiting + ahead;
  }

  #take(bytes: number, from: number | undefined): number {
    if (this.reason === "reinjection") {
      const took = Math.min(bytes, this.waiting);
      this.waiting -= took;
      return took;
    }
    const at = from ?? this.next;
    if (at < this.next) return Math.min(bytes, this.next - at);
    if (this.waitingFrom(at) !== at) return 0;
    const took = Math.min(bytes, this.waitingTo(at) - at);
    if (at > this.next) this.#ahead.set(at, at + took);
    this.waiting -= took;
    this.queued -= took;
    if (at > this.next) return took;
    this.next += took;
    for (let end = this.#ahead.get(this.next); end !== undefined; end = this.#ahead.get(this.next)) {
      this.#ahead.delete(this.next);
      this.next = end;
    }
    return took;
  }
}

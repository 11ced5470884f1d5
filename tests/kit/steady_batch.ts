/**
 * The same question over and over, without any cost of its own: what the cost of a scheduler is measured with.
 *
 * @module
 */

import type { SendBatch, SendReason } from "../../core/plugin.ts";
import { FakeSubflow } from "./fake_subflow.ts";

/** Payload of a segment. */
export const STEADY_MSS = 1448;
/** Bytes that wait at each question: two segments, as an acknowledgment of two makes room for. */
const WAITING = 2 * STEADY_MSS;
/** Bytes on their way. */
const FLIGHT = 1_000_000;

/** A connection in full swing: it always has two segments to send, and every third subflow is full. */
export class SteadyBatch implements SendBatch {
  reason: SendReason = "data";
  readonly subflows: readonly FakeSubflow[];
  waiting = WAITING;
  queued = 100 * WAITING;
  unacked = 0;
  next = FLIGHT;
  windowEnd = 4 * FLIGHT;

  /** With `count` subflows of different round-trip times. */
  constructor(count: number) {
    this.subflows = Array.from({ length: count }, (_, id) => {
      const inFlight = id % 3 === 0 ? 100 * STEADY_MSS : 90 * STEADY_MSS;
      const srtt = 20_000 + 7919 * (id * 5 % count);
      return new FakeSubflow(id, {
        mss: STEADY_MSS,
        cwnd: 100 * STEADY_MSS,
        ssthresh: 50 * STEADY_MSS,
        inFlight,
        srtt,
        dataEnd: FLIGHT,
        pacingRate: Math.round(120 * STEADY_MSS * 1e6 / srtt),
      });
    });
  }

  /** The next question of the connection; every 64th is about a full window. */
  turn(i: number): void {
    this.reason = i % 64 === 63 ? "window-limited" : "data";
    this.waiting = this.reason === "data" ? WAITING : 0;
    for (let s = 0; s < this.subflows.length; s++) this.subflows[s]!.queued = 0;
  }

  waitingFrom(at: number): number {
    return Math.min(at, this.next + this.waiting);
  }

  waitingTo(_at: number): number {
    return this.next + this.waiting;
  }

  assign(subflow: FakeSubflow, bytes: number, from?: number): number {
    subflow.queued += bytes;
    if (from === undefined || from >= this.next) this.waiting -= bytes;
    return bytes;
  }

  carrier(): FakeSubflow {
    return this.subflows[this.subflows.length - 1]!;
  }

  penalise(): void {}
}

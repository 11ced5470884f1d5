/**
 * What several schedulers share that send out of order so that it arrives in order: each piece of data goes where it
 * arrives first, counting what stands before it in the queue of each subflow.
 *
 * The queues exist on paper only. A piece whose subflow is full is left with the connection, the next piece is looked at,
 * and all is considered anew when there is room again. So nothing is bound to a subflow before its time.
 *
 * @module
 */

import type { SendBatch, SubflowView } from "../core/plugin.ts";
import { roundTrip } from "./fastest.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** The window of `subflow` in bytes one round trip after it was `window`. */
export type WindowGrowth = (subflow: SubflowView, window: number) => number;

/** Windows of full subflows that are looked ahead; further away nobody knows. */
const MOST_LOOKS = 64;

/** Earliest arrival first. */
export class EarliestArrival {
  readonly #grow: WindowGrowth;
  /** Of each subflow: the round trip in which the next byte for it would leave, 0 for now. */
  #rounds: Float64Array = new Float64Array(8);
  /** Bytes that still fit into that round trip; in round 0 the room of the subflow says it. */
  #left: Float64Array = new Float64Array(8);
  /** Its window then. */
  #windows: Float64Array = new Float64Array(8);
  /** Subflows that can take bytes now. */
  #open = 0;

  /** `grow` tells how windows grow. */
  constructor(grow: WindowGrowth) {
    this.#grow = grow;
  }

  /** Assigns what waits as far as it belongs to subflows that have room. */
  assign(batch: SendBatch): void {
    const { subflows } = batch;
    this.#begin(subflows);
    const preference = bestPreference(subflows);
    const slowest = slowestSample(subflows);
    let looks = 0;
    let at = batch.waitingFrom(batch.next);
    for (let end = batch.waitingTo(at); at < end && this.#open > 0; end = batch.waitingTo(at)) {
      const best = this.#earliest(subflows, preference, slowest);
      const took = this.#rounds[best] === 0
        ? this.#send(batch, best, at, end - at)
        : this.#pass(subflows, best, end - at);
      if (this.#rounds[best]! > 0 && ++looks > MOST_LOOKS) return;
      at = batch.waitingFrom(at + took);
    }
  }

  #begin(subflows: readonly SubflowView[]): void {
    const { length } = subflows;
    if (length > this.#rounds.length) {
      this.#rounds = new Float64Array(2 * length);
      this.#left = new Float64Array(2 * length);
      this.#windows = new Float64Array(2 * length);
    }
    const preference = bestPreference(subflows);
    this.#open = 0;
    for (let i = 0; i < length; i++) {
      const subflow = subflows[i]!;
      this.#rounds[i] = 0;
      this.#windows[i] = subflow.cwnd;
      if (subflow.usable && preferenceOf(subflow) === preference) this.#open++;
    }
  }

  /** Where the next byte would arrive first, half a round trip after it leaves. */
  #earliest(subflows: readonly SubflowView[], preference: number, slowest: number): number {
    let best = -1;
    let earliest = Infinity;
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i]!;
      if (!subflow.usable || preferenceOf(subflow) !== preference) continue;
      const arrival = (this.#rounds[i]! + 0.5) * Math.min(roundTrip(subflow), slowest);
      if (best >= 0 && arrival >= earliest) continue;
      best = i;
      earliest = arrival;
    }
    return best;
  }

  /** Gives bytes to a subflow that may have room; when it has none, its next round trip begins. */
  #send(batch: SendBatch, index: number, at: number, waiting: number): number {
    const subflow = batch.subflows[index]!;
    const bytes = wholeSegments(subflow, waiting);
    const took = bytes === 0 ? 0 : batch.assign(subflow, bytes, at);
    if (took > 0) return took;
    this.#open--;
    this.#nextRound(subflow, index);
    return 0;
  }

  /** Leaves bytes to a subflow that is full. */
  #pass(subflows: readonly SubflowView[], index: number, waiting: number): number {
    const left = this.#left[index]!;
    const bytes = Math.min(left, waiting);
    if (bytes === left) this.#nextRound(subflows[index]!, index);
    else this.#left[index] = left - bytes;
    return bytes;
  }

  #nextRound(subflow: SubflowView, index: number): void {
    // What fills the first window leaves as what is in flight now is acknowledged; only then it grows.
    const window = this.#rounds[index] === 0 ? subflow.cwnd : this.#grow(subflow, this.#windows[index]!);
    this.#rounds[index]!++;
    this.#windows[index] = window;
    this.#left[index] = Math.max(Math.floor(window / subflow.mss), 1) * subflow.mss;
  }
}

/** The longest round-trip time known, what a subflow without a sample is taken for; where none is known, any. */
function slowestSample(subflows: readonly SubflowView[]): number {
  let slowest = 1;
  for (let i = 0; i < subflows.length; i++) slowest = Math.max(slowest, subflows[i]!.srtt);
  return slowest;
}

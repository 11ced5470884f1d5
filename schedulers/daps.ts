/**
 * Delay-aware packet scheduling: Kuhn, Lochin, Mifdaoui, Sarwar, Mehani and Boreli, "DAPS: Intelligent Delay-Aware Packet
 * Scheduling for Multipath Transport" (IEEE ICC 2014).
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, roundTrip } from "./fastest.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { withId } from "./per_subflow.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Windows that one subflow gets in one plan; with more the plan would outlive what it was made from. */
const MOST_ROUNDS = 32;

/**
 * Plans ahead which bytes go where so that all arrive in order, and keeps to the plan.
 *
 * A plan covers one round trip of the slowest subflow, in which each subflow sends a window in each of its own round trips.
 * The windows are sorted by the time at which they arrive, half a round trip after they leave, and the data is dealt out
 * to them in this order: a slow subflow gets bytes that far ahead that the fast ones have sent those before meanwhile. Its
 * end, or another set of subflows, or the end of its time makes room for the next plan.
 *
 * The paper plans for the least common multiple of the forward delays, which measured times do not have; for delays
 * of which one is a multiple of the other both are the same.
 *
 * @example
 * ```ts
 * import { daps } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = daps();
 * ```
 */
export function daps(): Plugin<Scheduler> {
  return { name: "daps", create: (): Scheduler => new Daps() };
}

class Daps implements Scheduler {
  readonly #plan = new DeliveryPlan();

  schedule(batch: SendBatch, now: Micros): void {
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    if (batch.reason !== "data" || batch.waiting === 0) return;
    if (!this.#plan.fits(batch, now)) this.#plan.make(batch, now);
    while (this.#plan.assign(batch) > 0 && batch.waiting > 0 && this.#plan.isOver(batch)) this.#plan.make(batch, now);
  }
}

/** Which subflow sends which bytes, window by window. */
class DeliveryPlan {
  /** Of each window: the id of its subflow, and its data offsets. */
  readonly #owners: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;
  #expiresAt: Micros = -Infinity;
  /** Of each subflow in `batch.subflows` while a plan is made: windows that it has had. */
  #rounds: Int32Array = new Int32Array(8);

  /** Whether the plan was made for these subflows and this time, and something of it is left. */
  fits(batch: SendBatch, now: Micros): boolean {
    if (now >= this.#expiresAt || this.isOver(batch)) return false;
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    for (let i = 0; i < subflows.length; i++) {
      const isMember = preferenceOf(subflows[i]!) === preference;
      if (isMember !== this.#hasOwner(subflows[i]!.id)) return false;
    }
    for (let i = 0; i < this.#size; i++) if (withId(subflows, this.#owners[i]!) === null) return false;
    return true;
  }

  /** Whether all of it is assigned. */
  isOver(batch: SendBatch): boolean {
    return this.#size === 0 || batch.next >= this.#ends[this.#size - 1]!;
  }

  /** Deals out the data from the next byte on. */
  make(batch: SendBatch, now: Micros): void {
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const period = this.#begin(subflows, preference);
    this.#expiresAt = now + period;
    this.#size = 0;
    let at = batch.next;
    for (;;) {
      const index = this.#earliest(subflows, preference, period);
      if (index < 0) return;
      const { id, cwnd, mss } = subflows[index]!;
      const end = at + Math.max(Math.floor(cwnd / mss), 1) * mss;
      this.#add(id, at, end);
      at = end;
      this.#rounds[index]!++;
    }
  }

  /** Gives each subflow of the plan its bytes, as far as it has room; answers how many. */
  assign(batch: SendBatch): number {
    let assigned = 0;
    for (let i = 0; i < this.#size && batch.waiting > 0; i++) {
      const subflow = withId(batch.subflows, this.#owners[i]!);
      if (subflow !== null) assigned += send(batch, subflow, this.#starts[i]!, this.#ends[i]!);
    }
    return assigned;
  }

  /** Clears the rounds; answers the longest round trip, what a plan lasts. */
  #begin(subflows: readonly SubflowView[], preference: number): Micros {
    if (subflows.length > this.#rounds.length) this.#rounds = new Int32Array(2 * subflows.length);
    let longest = 1;
    for (let i = 0; i < subflows.length; i++) {
      this.#rounds[i] = 0;
      if (preferenceOf(subflows[i]!) === preference) longest = Math.max(longest, subflows[i]!.srtt);
    }
    return longest;
  }

  /** The subflow whose next window arrives first, -1 when all have had theirs. */
  #earliest(subflows: readonly SubflowView[], preference: number, period: Micros): number {
    let best = -1;
    let earliest = Infinity;
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i]!;
      if (!subflow.usable || preferenceOf(subflow) !== preference) continue;
      const delay = Math.min(roundTrip(subflow), period);
      const rounds = this.#rounds[i]!;
      if (rounds >= Math.min(Math.floor(period / delay), MOST_ROUNDS)) continue;
      const arrival = (rounds + 0.5) * delay;
      if (arrival >= earliest) continue;
      best = i;
      earliest = arrival;
    }
    return best;
  }

  #add(owner: number, start: number, end: number): void {
    this.#owners[this.#size] = owner;
    this.#starts[this.#size] = start;
    this.#ends[this.#size] = end;
    this.#size++;
  }

  #hasOwner(id: number): boolean {
    for (let i = 0; i < this.#size; i++) if (this.#owners[i] === id) return true;
    return false;
  }
}

/** Assigns what waits from `start` to `end`, as far as `subflow` has room; answers how many bytes that were. */
function send(batch: SendBatch, subflow: SubflowView, start: number, end: number): number {
  let assigned = 0;
  for (let at = batch.waitingFrom(start); at < end; at = batch.waitingFrom(at)) {
    const bytes = wholeSegments(subflow, Math.min(end, batch.waitingTo(at)) - at);
    if (bytes <= 0) return assigned;
    const took = batch.assign(subflow, bytes, at);
    if (took === 0) return assigned;
    assigned += took;
    at += took;
  }
  return assigned;
}

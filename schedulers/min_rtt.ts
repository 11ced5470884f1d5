/**
 * The scheduler that most of the literature compares with: data goes to the subflow with the lowest round-trip time
 * that has room.
 *
 * When the connection's window is full of data that a slow subflow still carries, two measures of Raiciu et al., "How
 * Hard Can It Be? Designing and Implementing a Deployable Multipath TCP" (NSDI 2012, section 4.2) keep the fast one busy:
 * opportunistic retransmission of the window's head on the fast subflow, and penalisation, which halves the congestion
 * window of the slow one.
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode minRtt}. */
export interface MinRttOptions {
  /** Send the head of a full window again on a faster subflow. Default: true. */
  readonly opportunisticRetransmission?: boolean;
  /** Halve the congestion window of a slower subflow that holds up a full window. Default: true. */
  readonly penalisation?: boolean;
}

/**
 * Lowest smoothed round-trip time first.
 *
 * Backups serve only while no regular subflow is usable, stale subflows only while there is nothing else. A subflow
 * without a round-trip sample ranks behind all that have one: it might be slow, and it gets its sample as soon as the
 * others are full.
 *
 * @example
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = minRtt({ penalisation: false });
 * ```
 */
export function minRtt(options: MinRttOptions = {}): Plugin<Scheduler> {
  const { opportunisticRetransmission = true, penalisation = true } = options;
  return {
    name: "min-rtt",
    create: (): Scheduler => new MinRtt(opportunisticRetransmission, penalisation),
  };
}

class MinRtt implements Scheduler {
  readonly #retransmits: boolean;
  readonly #penalises: boolean;
  /** One past the last data offset that was sent again; below it, a second copy is on its way. */
  #repeatedUpTo = 0;
  /** By subflow id, when it may be penalised again. */
  readonly #penaltyDue = new Map<number, Micros>();

  constructor(retransmits: boolean, penalises: boolean) {
    this.#retransmits = retransmits;
    this.#penalises = penalises;
  }

  schedule(batch: SendBatch, now: Micros): void {
    if (batch.reason === "window-limited") this.#relieve(batch, now);
    else assignFastestFirst(batch);
  }

  /** Deals with a window that is full although a subflow has room. */
  #relieve(batch: SendBatch, now: Micros): void {
    const head = batch.unacked;
    const culprit = batch.carrier(head);
    if (culprit === null) return;
    const helper = fastestWithRoom(batch.subflows, culprit);
    // On a slower subflow a second copy would arrive after the first.
    if (helper === null || roundTrip(helper) >= roundTrip(culprit)) return;
    if (this.#retransmits && head >= this.#repeatedUpTo) this.#repeat(batch, culprit, helper);
    if (this.#penalises) this.#penalise(batch, culprit, now);
  }

  /** Sends what `culprit` carries at the head of the window again on `helper`, as far as its room goes. */
  #repeat(batch: SendBatch, culprit: SubflowView, helper: SubflowView): void {
    let at = batch.unacked;
    while (at < batch.next && batch.carrier(at) === culprit) {
      const bytes = Math.min(helper.mss, wholeSegments(helper, batch.next - at));
      const took = bytes === 0 ? 0 : batch.assign(helper, bytes, at);
      if (took === 0) break;
      at += took;
    }
    this.#repeatedUpTo = Math.max(this.#repeatedUpTo, at);
  }

  #penalise(batch: SendBatch, culprit: SubflowView, now: Micros): void {
    if (now < (this.#penaltyDue.get(culprit.id) ?? -Infinity)) return;
    this.#penaltyDue.set(culprit.id, now + culprit.srtt);
    batch.penalise(culprit);
  }
}

function assignFastestFirst(batch: SendBatch): void {
  const { subflows } = batch;
  const preference = bestPreference(subflows);
  let subflow: SubflowView | null = null;
  while (batch.waiting > 0) {
    subflow = nextFastest(subflows, preference, subflow);
    if (subflow === null) return;
    fill(batch, subflow);
  }
}

function fill(batch: SendBatch, subflow: SubflowView): void {
  while (batch.waiting > 0) {
    const bytes = wholeSegments(subflow, batch.waiting);
    if (bytes === 0 || batch.assign(subflow, bytes) === 0) return;
  }
}

/** The subflow that follows `previous` in the order of round-trip time, then of creation; the first one after null. */
function nextFastest(
  subflows: readonly SubflowView[],
  preference: number,
  previous: SubflowView | null,
): SubflowView | null {
  let best: SubflowView | null = null;
  for (let i = 0; i < subflows.length; i++) {
    const subflow = subflows[i]!;
    if (!subflow.usable || preferenceOf(subflow) !== preference) continue;
    if (previous !== null && !isFaster(previous, subflow)) continue;
    if (best === null || isFaster(subflow, best)) best = subflow;
  }
  return best;
}

/** The fastest preferred subflow that could take a segment now, `except` left out. */
function fastestWithRoom(subflows: readonly SubflowView[], except: SubflowView): SubflowView | null {
  const preference = bestPreference(subflows);
  let subflow = nextFastest(subflows, preference, null);
  while (subflow !== null && (subflow === except || wholeSegments(subflow, subflow.mss) === 0)) {
    subflow = nextFastest(subflows, preference, subflow);
  }
  return subflow;
}

function isFaster(a: SubflowView, b: SubflowView): boolean {
  const difference = roundTrip(a) - roundTrip(b);
  return difference < 0 || (!(difference > 0) && a.id < b.id);
}

/** Smoothed round-trip time; a subflow without a sample counts as slowest. */
function roundTrip(subflow: SubflowView): Micros {
  return subflow.srtt > 0 ? subflow.srtt : Infinity;
}

/**
 * The order of round-trip times, which most schedulers start from.
 *
 * @module
 */

import type { Micros, SendBatch, SubflowView } from "../core/plugin.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Smoothed round-trip time; a subflow without a sample counts as slowest. */
export function roundTrip(subflow: SubflowView): Micros {
  return subflow.srtt > 0 ? subflow.srtt : Infinity;
}

/**
 * The subflow of `preference` that follows `previous` in the order of round-trip time, then of creation; the first one
 * after null. Null behind the last.
 */
export function nextFastest(
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

/** The fastest preferred subflow that could take a segment now, `except` left out; null if there is none. */
export function fastestWithRoom(subflows: readonly SubflowView[], except: SubflowView | null): SubflowView | null {
  const preference = bestPreference(subflows);
  let subflow = nextFastest(subflows, preference, null);
  while (subflow !== null && (subflow === except || wholeSegments(subflow, subflow.mss) === 0)) {
    subflow = nextFastest(subflows, preference, subflow);
  }
  return subflow;
}

/** Gives each preferred subflow as much as it has room for, the fastest first. */
export function assignFastestFirst(batch: SendBatch): void {
  const { subflows } = batch;
  const preference = bestPreference(subflows);
  let subflow: SubflowView | null = null;
  while (batch.waiting > 0) {
    subflow = nextFastest(subflows, preference, subflow);
    if (subflow === null) return;
    fill(batch, subflow);
  }
}

/** Gives `subflow` as much as it has room for. */
export function fill(batch: SendBatch, subflow: SubflowView): void {
  while (batch.waiting > 0) {
    const bytes = wholeSegments(subflow, batch.waiting);
    if (bytes === 0 || batch.assign(subflow, bytes) === 0) return;
  }
}

function isFaster(a: SubflowView, b: SubflowView): boolean {
  const difference = roundTrip(a) - roundTrip(b);
  return difference < 0 || (!(difference > 0) && a.id < b.id);
}

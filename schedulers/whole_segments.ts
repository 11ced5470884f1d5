/**
 * How much a subflow should be given at once, so that windows do not end in slivers of segments.
 *
 * @module
 */

import type { SubflowView } from "../core/plugin.ts";

/**
 * Bytes out of `waiting` that `subflow` should take now: all of them if they fit, else as many whole segments as fit.
 *
 * When less than one segment fits, the answer is 0: a later acknowledgment makes room for a full one (silly window
 * avoidance, RFC 1122 section 4.2.3.4). A subflow with nothing in flight and nothing queued can expect none, so it may
 * take one segment whatever its window.
 */
export function wholeSegments(subflow: SubflowView, waiting: number): number {
  const { room, mss } = subflow;
  if (waiting <= room) return waiting;
  if (room >= mss) return room - room % mss;
  return subflow.inFlight === 0 && subflow.queued === 0 ? Math.min(mss, waiting) : 0;
}

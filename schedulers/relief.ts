/**
 * What keeps a fast subflow busy when the connection's window is full of data that a slow one still carries: Raiciu et
 * al., "How Hard Can It Be? Designing and Implementing a Deployable Multipath TCP" (NSDI 2012, section 4.2).
 *
 * @module
 */

import type { Micros, SendBatch, SubflowView } from "../core/plugin.ts";
import { fastestWithRoom, roundTrip } from "./fastest.ts";
import { PerSubflow } from "./per_subflow.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Which of the two measures are taken. */
export interface ReliefOptions {
  /** Send the head of a full window again on a faster subflow. Default: true. */
  readonly opportunisticRetransmission?: boolean;
  /** Halve the congestion window of a slower subflow that holds up a full window. Default: true. */
  readonly penalisation?: boolean;
}

/** A window that has grown by this factor is another one: its receiver still finds out how much it takes. */
const GROWTH = 17 / 16;
/** Round trips of the slow subflow for which a window must have stayed as it is before it is taken for all there is. */
const STEADY_ROUND_TRIPS = 2;

/**
 * Opportunistic retransmission and penalisation of one connection.
 *
 * The paper knows receive buffers of a fixed size. Where the receiver begins with a small one and lets it grow with what
 * arrives, as Linux does, a penalty would end slow start for a limit that is gone a moment later; so none is given while
 * the window grows.
 */
export class Relief {
  readonly #retransmits: boolean;
  readonly #penalises: boolean;
  /** One past the last data offset that was sent again; below it, a second copy is on its way. */
  #repeatedUpTo = 0;
  /** Largest window that was seen, but for slight growth, and since when. */
  #widest = 0;
  #widestSince: Micros = -Infinity;
  /** When each subflow may be penalised again. */
  readonly #penaltyDue = new PerSubflow(-Infinity);

  /** Takes the measures that `options` name. */
  constructor(options: ReliefOptions) {
    this.#retransmits = options.opportunisticRetransmission ?? true;
    this.#penalises = options.penalisation ?? true;
  }

  /** Answers a question for the reason "window-limited". */
  handle(batch: SendBatch, now: Micros): void {
    this.#noteWindow(batch.windowEnd - batch.unacked, now);
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

  #noteWindow(window: number, now: Micros): void {
    if (window <= GROWTH * this.#widest) return;
    this.#widest = window;
    this.#widestSince = now;
  }

  #penalise(batch: SendBatch, culprit: SubflowView, now: Micros): void {
    if (now - this.#widestSince < STEADY_ROUND_TRIPS * culprit.srtt) return;
    const slot = this.#penaltyDue.slot(culprit, batch.subflows);
    if (now < this.#penaltyDue.values[slot]!) return;
    this.#penaltyDue.values[slot] = now + culprit.srtt;
    batch.penalise(culprit);
  }
}

/**
 * What losses say about the path: bounds on rate and flight, of the short term and of the long term
 * (draft-ietf-ccwg-bbr-05 section 5.5.10).
 *
 * @module
 */

import type { AckSample, LossSample } from "../../core/plugin.ts";

/** Share of the flight whose loss says that it was too much. */
const LOSS_THRESHOLD = 0.02;
/** What a bound falls to at most. */
export const BETA = 0.7;
/** Share of the long-term bound that is left to others. */
const HEADROOM = 0.15;
/** Rounds after which the long-term bound does not grow faster any more. */
const MOST_SLOPE = 30;

/** What an undo brings back. */
interface Undo {
  rate: number;
  flight: number;
  longTerm: number;
}

/** The bounds; Infinity where there is none. */
export class Bounds {
  /** Bytes a second, from losses while nothing was probed. */
  rate = Infinity;
  /** Bytes in flight, from losses while nothing was probed. */
  flight = Infinity;
  /** Bytes in flight, from losses while bandwidth was probed. */
  longTerm = Infinity;
  /** Something was lost in this round. */
  isLossInRound = false;
  /** A round of losses begins with this acknowledgment. */
  isRoundStart = false;
  /** Runs of lost segments in this round. */
  lostRuns = 0;

  #roundEnd = 0;
  #latestRate = 0;
  /** Most bytes delivered over a round trip in the last round. */
  latestFlight = 0;
  #lostUpTo = -1;
  #slope = 0;
  #bytesPerByte = Infinity;
  #upAcked = 0;
  readonly #undo: Undo = { rate: Infinity, flight: Infinity, longTerm: Infinity };

  /** A segment is lost: BBRNoteLoss. */
  noteLoss({ start, bytes, delivered }: LossSample): void {
    if (start !== this.#lostUpTo) this.lostRuns++;
    this.#lostUpTo = start + bytes;
    this.noteCongestion(delivered);
  }

  /** Something speaks of congestion when `delivered` bytes are delivered. */
  noteCongestion(delivered: number): void {
    if (!this.isLossInRound) this.#roundEnd = delivered;
    this.isLossInRound = true;
  }

  /** BBRUpdateLatestDeliverySignals. */
  beginAck(sample: AckSample): void {
    const flight = sample.delivered - sample.priorDelivered;
    this.#latestRate = Math.max(this.#latestRate, sample.deliveryRate);
    this.latestFlight = Math.max(this.latestFlight, flight);
    this.isRoundStart = sample.priorDelivered >= this.#roundEnd;
    if (this.isRoundStart) this.#roundEnd = sample.delivered;
  }

  /** BBRAdaptLowerBoundsFromCongestion: once a round, where nothing is probed; `cwnd` and `maxRate` are the first bounds. */
  adapt(isProbing: boolean, maxRate: number, cwnd: number): void {
    if (!this.isRoundStart) return;
    if (!isProbing && this.isLossInRound) {
      if (this.rate === Infinity) this.rate = maxRate;
      if (this.flight === Infinity) this.flight = cwnd;
      this.rate = Math.max(this.#latestRate, BETA * this.rate);
      this.flight = Math.max(this.latestFlight, BETA * this.flight);
    }
    this.isLossInRound = false;
  }

  /** BBRAdvanceLatestDeliverySignals. */
  endAck(sample: AckSample): void {
    if (!this.isRoundStart) return;
    this.#latestRate = sample.deliveryRate;
    this.latestFlight = sample.delivered - sample.priorDelivered;
    this.lostRuns = 0;
  }

  /** Forgets this round: BBRResetCongestionSignals. */
  forgetRound(): void {
    this.isLossInRound = false;
    this.#latestRate = this.latestFlight = 0;
  }

  /** BBRResetShortTermModel. */
  forgetShortTerm(): void {
    this.rate = this.flight = Infinity;
  }

  /** Flight that leaves something to others: BBRInflightWithHeadroom. */
  withHeadroom(mss: number, least: number): number {
    if (this.longTerm === Infinity) return Infinity;
    return Math.max(this.longTerm - Math.max(mss, HEADROOM * this.longTerm), least);
  }

  /** The long-term bound begins to be raised: by one segment in the first round, by twice as many in each that follows. */
  startRaising(cwnd: number, mss: number): void {
    this.#slope = this.#upAcked = 0;
    this.#raiseSlope(cwnd, mss);
  }

  /** The long-term bound is not raised any more. */
  stopRaising(): void {
    this.#bytesPerByte = Infinity;
  }

  /** BBRProbeInflightLongtermUpward: `acked` bytes arrived while the bound was all that held the sender back. */
  raise(acked: number, cwnd: number, mss: number, isRoundStart: boolean): void {
    this.#upAcked += acked;
    const more = Math.floor(this.#upAcked / this.#bytesPerByte);
    if (more > 0) {
      this.#upAcked -= more * this.#bytesPerByte;
      this.longTerm += more;
    }
    if (isRoundStart) this.#raiseSlope(cwnd, mss);
  }

  /** What a loss that may turn out to be none is going to change: BBRSaveStateUponLoss. */
  remember(): void {
    this.#undo.rate = this.rate;
    this.#undo.flight = this.flight;
    this.#undo.longTerm = this.longTerm;
  }

  /** It was none. */
  restore(): void {
    this.isLossInRound = false;
    this.rate = Math.max(this.rate, this.#undo.rate);
    this.flight = Math.max(this.flight, this.#undo.flight);
    this.longTerm = Math.max(this.longTerm, this.#undo.longTerm);
  }

  #raiseSlope(cwnd: number, mss: number): void {
    this.#bytesPerByte = Math.max(cwnd / (mss * 2 ** this.#slope), 1);
    this.#slope = Math.min(this.#slope + 1, MOST_SLOPE);
  }
}

/** Whether so much was lost that what was in flight was too much: IsInflightTooHigh. */
export function isTooMuch({ lost, sentInFlight }: AckSample | LossSample): boolean {
  return lost > LOSS_THRESHOLD * sentInFlight;
}

/** Where within the lost segment the threshold was crossed, as bytes in flight: BBRInflightAtLoss. */
export function flightAtLoss({ bytes, lost, sentInFlight }: LossSample): number {
  const flightBefore = sentInFlight - bytes;
  const lostBefore = lost - bytes;
  return flightBefore + (LOSS_THRESHOLD * flightBefore - lostBefore) / (1 - LOSS_THRESHOLD);
}

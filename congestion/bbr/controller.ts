/**
 * The state machine of BBR (draft-ietf-ccwg-bbr-05 section 5). Names of the draft are given where they differ.
 *
 * @module
 */

import type {
  AckSample,
  CongestionController,
  Env,
  LossKind,
  LossSample,
  Micros,
  SubflowView,
} from "../../core/plugin.ts";
import { initialWindowBytes } from "../options.ts";
import { RoundTrips } from "../round_trips.ts";
import { BETA, Bounds, flightAtLoss, isTooMuch } from "./bounds.ts";
import { FullPipe } from "./full_pipe.ts";
import { PathModel } from "./path_model.ts";
import { ProbeClock } from "./probe_clock.ts";
import { type BbrState, TACTICS } from "./tactics.ts";

/** Paces a little below the bandwidth, so that queues empty (section 5.6.2). */
const PACING_MARGIN = 0.99;
/** Segments that keep a path busy at any rate; MinPipeCwnd. */
const LEAST_WINDOW = 4;
/** Runs of losses in a round that end startup (section 5.3.1.3). */
const STARTUP_LOST_RUNS = 6;
/** Rounds that drain may take at most (section 5.3.2). */
const MOST_DRAIN_ROUNDS = 3;
/** How long the flight stays low to see the shortest round trip (section 5.3.4). */
const PROBE_RTT_DURATION: Micros = 200_000;
/** Super-segments: what is sent in a millisecond, at most so many bytes (section 5.6.3); three of them must fit (5.5.8). */
const LARGEST_QUANTUM = 65_536;
const QUANTA = 3;

/** Rate and window of one subflow. */
export class BbrController implements CongestionController {
  /** It decides itself how much may be in flight during recovery. */
  readonly governsRecovery = true;

  readonly #view: SubflowView;
  readonly #env: Env;
  readonly #initialWindow: number;
  #mss: number;
  #state: BbrState = "startup";
  #cwnd: number;
  #isUnused = true;
  #isRecovering = false;
  /** Window before recovery or the probe of the round trip; prior_cwnd. */
  #cwndBefore = 0;
  #undoState: BbrState | null = null;
  /** Bytes a second; 0 before the first sample of the round trip. */
  #pacingRate = 0;

  readonly #rounds = new RoundTrips();
  #isRoundStart = false;
  #delivered = 0;
  #deliveryRate = 0;
  readonly #path = new PathModel();
  readonly #bounds = new Bounds();
  readonly #pipe = new FullPipe();

  /** What acknowledgments show at present: nothing in particular, or what was sent around a probe for bandwidth. */
  #showing: "nothing" | "refilling" | "starting" | "feedback" | "stopping" = "nothing";
  /** What is acknowledged was sent while bandwidth was probed, and has not been answered yet; bw_probe_samples. */
  #isAnswerDue = false;
  readonly #probeClock = new ProbeClock();
  #drainRounds = 0;
  #probeRttUntil: Micros = 0;
  #isProbeRttRoundDone = false;
  #isRestarting = false;

  /** The window of `view`, which begins with `initialWindow` segments. */
  constructor(view: SubflowView, env: Env, initialWindow: number) {
    this.#view = view;
    this.#env = env;
    this.#initialWindow = initialWindow;
    this.#mss = view.mss;
    this.#cwnd = initialWindowBytes(initialWindow, view.mss);
  }

  /** Where the state machine is. */
  get state(): BbrState {
    return this.#state;
  }

  /** Congestion window in whole bytes. */
  get cwnd(): number {
    return this.#cwnd;
  }

  /** Infinity until the bandwidth is known; after that the least window, since growth is not slow start any more. */
  get ssthresh(): number {
    return this.#pipe.wasReached ? this.#leastWindow : Infinity;
  }

  /** Bytes per second; before the first round trip is measured, the initial window in a millisecond and more. */
  get pacingRate(): number {
    return this.#pacingRate > 0 ? this.#pacingRate : this.#initialRate;
  }

  /** True while the flight is low on purpose. */
  get holdsBack(): boolean {
    return this.#state === "probe-rtt";
  }

  /** Notes a restart from idle (section 5.4.1). */
  onSent(bytes: number, inFlight: number, now: Micros): void {
    this.#isUnused = false;
    if (inFlight > bytes || this.#isRecovering) return;
    this.#isRestarting = true;
    this.#path.aggregation.restart(now);
    if (TACTICS[this.#state].isInCycle) this.#pace(1);
    else if (this.#state === "probe-rtt") this.#checkProbeRttDone(now);
  }

  /** BBRUpdateOnACK (section 5.2.3). */
  onAck(sample: AckSample, now: Micros): void {
    this.#delivered = sample.delivered;
    this.#deliveryRate = sample.deliveryRate;
    if (this.#pacingRate === 0 && this.#view.srtt > 0) this.#pacingRate = this.#initialRate;
    this.#bounds.beginAck(sample);
    this.#isRoundStart = this.#rounds.begins(sample);
    if (this.#isRoundStart) this.#probeClock.noteRound();
    const path = this.#path;
    path.measure(sample);
    this.#bounds.adapt(TACTICS[this.#state].isProbing, path.bandwidth, this.#cwnd);
    if (this.#isRoundStart) path.aggregation.beginRound(this.#pipe.wasReached);
    path.aggregation.update(sample.acked, path.rate, this.#cwnd, now);
    if (this.#isRoundStart && !sample.appLimited) this.#pipe.endRound(sample.deliveryRate);
    this.#checkStartupDone(sample);
    this.#checkDrainDone(sample, now);
    this.#updateCycle(sample, now);
    path.shortest.update(sample.rtt, now);
    this.#checkProbeRtt(sample, now);
    this.#bounds.endAck(sample);
    path.rate = Math.min(path.bandwidth, this.#bounds.rate);
    this.#pace(TACTICS[this.#state].pacingGain);
    this.#setWindow(sample);
  }

  /** BBRHandleLostPacket (section 5.5.10.2). */
  onSegmentLost(sample: LossSample, now: Micros): void {
    this.#remember();
    this.#bounds.noteLoss(sample);
    if (!this.#isAnswerDue || !isTooMuch(sample)) return;
    this.#isAnswerDue = false;
    if (!sample.appLimited) {
      this.#bounds.longTerm = Math.max(flightAtLoss(sample), BETA * this.#targetFlight, this.#leastWindow);
    }
    if (this.#state === "up") this.#startDown(now);
  }

  /** Recovery keeps the window, a timeout reduces it to a segment more than is in flight (section 5.6.4.4). */
  onLoss(kind: LossKind, lost: number, inFlight: number, _now: Micros): void {
    if (kind === "ecn") return this.#bounds.noteCongestion(this.#delivered);
    if (kind === "penalty") {
      this.#cwnd = this.#bounds.flight = Math.max(Math.floor(this.#cwnd / 2), this.#mss);
      return;
    }
    this.#saveWindow();
    this.#remember();
    this.#isRecovering = true;
    if (kind === "timeout") this.#cwnd = Math.min(this.#cwnd, Math.max(inFlight - lost, 0) + this.#mss);
  }

  /** BBRHandleSpuriousLossDetection (section 5.5.11.2). */
  onSpurious(_now: Micros): void {
    this.onRecovered();
    const state = this.#undoState;
    if (state === null) return;
    this.#undoState = null;
    this.#bounds.restore();
    this.#pipe.restart();
    if (this.#state === "probe-rtt" || this.#state === state) return;
    if (state === "startup") this.#state = "startup";
    else if (state === "up") this.#startUp();
  }

  /** The window is what it was before. */
  onRecovered(): void {
    if (this.#isRecovering) this.#cwnd = Math.max(this.#cwnd, this.#cwndBefore);
    this.#isRecovering = false;
  }

  /** The window holds at least one segment; one that was never used starts anew. */
  onMss(mss: number): void {
    this.#mss = mss;
    this.#cwnd = Math.max(this.#isUnused ? initialWindowBytes(this.#initialWindow, mss) : this.#cwnd, mss);
  }

  get #product(): number {
    return this.#productOf(this.#path.rate);
  }

  #productOf(rate: number): number {
    return this.#path.product(rate, initialWindowBytes(this.#initialWindow, this.#mss));
  }

  /** BBRTargetInflight. */
  get #targetFlight(): number {
    return Math.min(this.#product, this.#cwnd);
  }

  get #leastWindow(): number {
    return LEAST_WINDOW * this.#mss;
  }

  get #initialRate(): number {
    const { srtt } = this.#view;
    const window = initialWindowBytes(this.#initialWindow, this.#mss);
    return TACTICS.startup.pacingGain * window * 1e6 / (srtt > 0 ? srtt : 1000);
  }

  #startRound(): void {
    this.#rounds.restart(this.#delivered);
  }

  #checkStartupDone(sample: AckSample): void {
    if (this.#state !== "startup") return;
    const { isRoundStart, lostRuns, latestFlight } = this.#bounds;
    if (isRoundStart && sample.inRecovery && lostRuns >= STARTUP_LOST_RUNS && isTooMuch(sample)) {
      this.#pipe.wasReached = true;
      this.#bounds.longTerm = Math.max(this.#product, latestFlight, this.#leastWindow);
    }
    if (!this.#pipe.wasReached) return;
    this.#state = "drain";
    this.#drainRounds = 0;
  }

  #checkDrainDone(sample: AckSample, now: Micros): void {
    if (this.#state !== "drain") return;
    if (this.#isRoundStart) this.#drainRounds++;
    if (sample.inFlight <= this.#budget(this.#product) || this.#drainRounds > MOST_DRAIN_ROUNDS) this.#startDown(now);
  }

  /** BBRUpdateProbeBWCyclePhase (section 5.3.3.6). */
  #updateCycle(sample: AckSample, now: Micros): void {
    if (!this.#pipe.wasReached) return;
    this.#adaptLongTerm(sample);
    if (this.#state === "down" || this.#state === "cruise") {
      if (this.#probeClock.isOver(this.#targetFlight / this.#mss, now)) this.#startRefill();
      else if (this.#state === "down" && this.#isTimeToCruise(sample)) this.#state = "cruise";
    } else if (this.#state === "refill" && this.#isRoundStart) {
      this.#isAnswerDue = true;
      this.#startUp();
    } else if (this.#state === "up" && this.#isTimeToGoDown(sample)) {
      this.#startDown(now);
    }
  }

  #adaptLongTerm(sample: AckSample): void {
    const { isInCycle } = TACTICS[this.#state];
    if (this.#isRoundStart && this.#showing === "starting") this.#showing = "feedback";
    if (this.#isRoundStart && this.#showing === "stopping") {
      this.#showing = "nothing";
      this.#isAnswerDue = false;
      if (isInCycle && !sample.appLimited) this.#path.beginCycle();
    }
    const bounds = this.#bounds;
    if (isTooMuch(sample) || bounds.longTerm === Infinity) return;
    bounds.longTerm = Math.max(bounds.longTerm, sample.sentInFlight);
    const isAtBound = sample.cwndLimited && this.#cwnd >= bounds.longTerm;
    if (this.#state === "up" && isAtBound) bounds.raise(sample.acked, this.#cwnd, this.#mss, this.#isRoundStart);
  }

  #isTimeToCruise({ inFlight }: AckSample): boolean {
    // The bandwidth itself counts, whatever bounds it in the short term.
    const most = this.#budget(this.#productOf(this.#path.bandwidth));
    return inFlight <= Math.min(most, this.#bounds.withHeadroom(this.#mss, this.#leastWindow));
  }

  #isTimeToGoDown(sample: AckSample): boolean {
    if (sample.cwndLimited && this.#cwnd >= this.#bounds.longTerm) this.#pipe.restart(sample.deliveryRate);
    else if (this.#pipe.isFull) return true;
    return false;
  }

  #startDown(now: Micros): void {
    this.#bounds.forgetRound();
    this.#bounds.stopRaising();
    this.#probeClock.restart(this.#env, now);
    this.#showing = "stopping";
    this.#startRound();
    this.#state = "down";
  }

  #startRefill(): void {
    this.#bounds.forgetShortTerm();
    this.#showing = "refilling";
    this.#startRound();
    this.#state = "refill";
  }

  #startUp(): void {
    this.#showing = "starting";
    this.#startRound();
    this.#pipe.restart(this.#deliveryRate);
    this.#state = "up";
    this.#bounds.startRaising(this.#cwnd, this.#mss);
  }

  /** BBRCheckProbeRTT (section 5.3.4.3). */
  #checkProbeRtt(sample: AckSample, now: Micros): void {
    if (this.#state !== "probe-rtt" && this.#path.shortest.isProbeDue && !this.#isRestarting) {
      this.#saveWindow();
      this.#state = "probe-rtt";
      this.#probeRttUntil = 0;
      this.#showing = "stopping";
      this.#startRound();
    }
    if (this.#state === "probe-rtt") this.#handleProbeRtt(sample, now);
    if (sample.acked > 0) this.#isRestarting = false;
  }

  #handleProbeRtt(sample: AckSample, now: Micros): void {
    if (this.#probeRttUntil === 0) {
      if (sample.inFlight > this.#probeRttWindow) return;
      this.#probeRttUntil = now + PROBE_RTT_DURATION;
      this.#isProbeRttRoundDone = false;
      this.#startRound();
      return;
    }
    if (this.#isRoundStart) this.#isProbeRttRoundDone = true;
    if (this.#isProbeRttRoundDone) this.#checkProbeRttDone(now);
  }

  #checkProbeRttDone(now: Micros): void {
    if (this.#probeRttUntil === 0 || now <= this.#probeRttUntil) return;
    this.#path.shortest.probed(now);
    this.#cwnd = Math.max(this.#cwnd, this.#cwndBefore);
    this.#bounds.forgetShortTerm();
    if (!this.#pipe.wasReached) {
      this.#state = "startup";
      return;
    }
    this.#startDown(now);
    this.#state = "cruise";
  }

  get #probeRttWindow(): number {
    return Math.max(TACTICS["probe-rtt"].windowGain * this.#product, this.#leastWindow);
  }

  /** BBRSetPacingRateWithGain (section 5.6.2): until the pipe was full, the rate only grows. */
  #pace(gain: number): void {
    const rate = gain * this.#path.rate * PACING_MARGIN;
    if (rate > 0 && (this.#pipe.wasReached || rate > this.#pacingRate)) this.#pacingRate = rate;
  }

  /** BBRInflight (section 5.6.4.2): what the path is to hold, and no less than sending in bursts takes. */
  #budget(flight: number): number {
    const quantum = Math.max(Math.min(this.pacingRate / 1000, LARGEST_QUANTUM), 2 * this.#mss);
    const least = Math.max(flight, QUANTA * quantum, this.#leastWindow);
    return this.#state === "up" ? least + 2 * this.#mss : least;
  }

  /** BBRSetCwnd (section 5.6.4.6). */
  #setWindow({ acked }: AckSample): void {
    const most = this.#budget(TACTICS[this.#state].windowGain * this.#product + this.#path.aggregation.excess);
    let cwnd = this.#cwnd;
    if (this.#pipe.wasReached) cwnd = Math.min(cwnd + acked, most);
    else if (cwnd < most || this.#delivered < initialWindowBytes(this.#initialWindow, this.#mss)) cwnd += acked;
    cwnd = Math.max(cwnd, this.#leastWindow);
    if (this.#state === "probe-rtt") cwnd = Math.min(cwnd, this.#probeRttWindow);
    this.#cwnd = Math.floor(Math.min(cwnd, Math.max(this.#bound, this.#leastWindow)));
  }

  /** BBRBoundCwndForModel (section 5.6.4.7). */
  get #bound(): number {
    const { bound } = TACTICS[this.#state];
    const { longTerm, flight } = this.#bounds;
    if (bound === "none") return flight;
    return Math.min(bound === "all" ? longTerm : this.#bounds.withHeadroom(this.#mss, this.#leastWindow), flight);
  }

  /** BBRSaveCwnd (section 5.6.4.4). */
  #saveWindow(): void {
    const isModulated = this.#isRecovering || this.#state === "probe-rtt";
    this.#cwndBefore = isModulated ? Math.max(this.#cwndBefore, this.#cwnd) : this.#cwnd;
  }

  /** BBRSaveStateUponLoss (section 5.5.11.1), for the first loss of an episode. */
  #remember(): void {
    if (this.#isRecovering || (this.#undoState !== null && this.#bounds.isLossInRound)) return;
    this.#undoState = this.#state;
    this.#bounds.remember();
  }
}

/**
 * What loss-based congestion controls have in common: initial window, slow start, the reaction to loss, timeout, marks,
 * idleness and spurious loss, and pacing. An algorithm adds a {@linkcode WindowRule}.
 *
 * @module
 */

import type { AckSample, CongestionController, LossKind, Micros, SubflowView } from "../core/plugin.ts";
import { HyStart } from "./hystart.ts";
import { initialWindowBytes, type LossBasedSettings } from "./options.ts";

/** Where loss-based algorithms differ. One rule serves one subflow. */
export interface WindowRule {
  /**
   * Bytes, possibly a fraction or less than none, that the window gains in congestion avoidance for `acked` newly
   * acknowledged bytes.
   */
  increase(acked: number, now: Micros): number;
  /** The window in bytes after a loss or a mark. Default: half of it (RFC 5681 section 3.1). */
  decrease?(now: Micros): number;
  /** Segments to which the threshold may fall. Default: 2 (RFC 5681 equation 4). */
  leastThreshold?(): number;
  /** Told of every acknowledgment, before the window grows. */
  onAck?(sample: AckSample, now: Micros): void;
  /** Told of every sign of congestion, before the window shrinks. */
  onLoss?(kind: LossKind, now: Micros): void;
  /** The window begins to shrink for a reason that may turn out to be none: what `restore` is to bring back. */
  remember?(): void;
  /** The reason was none. The window is what it was. */
  restore?(): void;
  /** Nothing was sent for longer than a retransmission timeout. */
  onIdle?(now: Micros): void;
}

/** Pacing goes faster than the window per round trip, so that it never holds growth back. */
const PACING_IN_SLOW_START = 2;
const PACING_IN_AVOIDANCE = 1.2;

/** Segments below which a loss does not push the threshold (RFC 5681 equation 4). */
const LEAST_THRESHOLD = 2;

/** The congestion window of one subflow under a {@linkcode WindowRule}. */
export class LossBasedController<Rule extends WindowRule = WindowRule> implements CongestionController {
  /** The subflow that the window belongs to. */
  readonly view: SubflowView;
  /** Where the algorithm differs from others. */
  readonly rule: Rule;

  readonly #settings: LossBasedSettings;
  #mss: number;
  #cwnd: number;
  #isUnused = true;
  #ssthresh = Infinity;
  #hystart: HyStart | null;
  /** Growth that does not amount to a whole byte yet. */
  #fraction = 0;
  /** The loss whose reduction is still being paid for; a timeout within it does not lower the threshold again. */
  #reducedBy: "fast" | "timeout" | null = null;
  /** What the last loss took, for {@linkcode onSpurious}; 0 when there is nothing to give back. */
  #undoCwnd = 0;
  #undoSsthresh = 0;

  /** Makes the window of `view` under the rule that `ruleFor` returns; the rule may keep the controller it is given. */
  constructor(
    view: SubflowView,
    settings: LossBasedSettings,
    ruleFor: (controller: LossBasedController<Rule>) => Rule,
  ) {
    this.view = view;
    this.#settings = settings;
    this.#mss = view.mss;
    this.#cwnd = initialWindowBytes(settings.initialWindow, view.mss);
    this.#hystart = settings.hystart ? new HyStart(settings.pacing) : null;
    this.rule = ruleFor(this);
  }

  /** Congestion window in whole bytes, at least one MSS. */
  get cwnd(): number {
    return this.#cwnd;
  }

  /** Slow-start threshold in bytes; Infinity before the first loss. */
  get ssthresh(): number {
    return this.#ssthresh;
  }

  /** Largest payload of a segment, in bytes. */
  get mss(): number {
    return this.#mss;
  }

  /** Whether rules that couple subflows count this one: it can carry data, and its round-trip time is known. */
  get counts(): boolean {
    return this.view.usable && this.view.srtt > 0;
  }

  /** True while the window grows towards the threshold. */
  get inSlowStart(): boolean {
    return this.#cwnd < this.#ssthresh;
  }

  /** Twice the window per round-trip time in slow start, 1.2 times in avoidance; Infinity without a sample. */
  get pacingRate(): number {
    const { srtt } = this.view;
    if (!this.#settings.pacing || !(srtt > 0)) return Infinity;
    const gain = this.inSlowStart ? PACING_IN_SLOW_START : PACING_IN_AVOIDANCE;
    return gain * this.#cwnd * 1e6 / srtt;
  }

  /** Sending does not change the window. */
  onSent(_bytes: number, _inFlight: number, _now: Micros): void {
    this.#isUnused = false;
  }

  /** Grows the window if it was what held the sender back. */
  onAck(sample: AckSample, now: Micros): void {
    if (this.#reducedBy === "timeout" || !sample.inRecovery) this.#reducedBy = null;
    this.rule.onAck?.(sample, now);
    if (sample.inRecovery || !sample.cwndLimited) return;
    const inAvoidance = this.#slowStart(sample);
    // No algorithm gains more than what was acknowledged, not even one that has lost count of its subflows.
    if (inAvoidance > 0) this.#grow(Math.min(this.rule.increase(inAvoidance, now), inAvoidance));
  }

  /** Shrinks the window. */
  onLoss(kind: LossKind, _lost: number, _inFlight: number, now: Micros): void {
    if (kind === "fast" || (kind === "timeout" && this.#reducedBy !== "timeout")) this.#remember();
    this.rule.onLoss?.(kind, now);
    if (kind === "timeout") return this.#onTimeout(now);
    if (kind === "fast") this.#reducedBy = "fast";
    else this.#undoCwnd = 0; // Marks and penalties are no guesses, so what preceded them is not given back either.
    this.#ssthresh = this.#threshold(kind === "penalty" ? this.#cwnd / 2 : this.#decreased(now));
    this.#setWindow(Math.min(this.#cwnd, this.#ssthresh));
  }

  /** Restores the window from before the last loss, unless it has grown past that by now. */
  onSpurious(_now: Micros): void {
    if (this.#undoCwnd === 0) return;
    this.#setWindow(Math.max(this.#cwnd, this.#undoCwnd));
    this.#ssthresh = this.#undoSsthresh;
    this.#undoCwnd = 0;
    this.#reducedBy = null;
    this.rule.restore?.();
  }

  /** The reduction is paid for; the next timeout counts as a new event. */
  onRecovered(_now: Micros): void {
    this.#reducedBy = null;
  }

  /** Falls back to the initial window and remembers in the threshold what the path has carried (RFC 2861). */
  onIdle(now: Micros): void {
    this.#ssthresh = Math.max(this.#ssthresh, Math.floor(this.#cwnd * 3 / 4));
    this.#setWindow(Math.min(this.#cwnd, this.#initialWindow));
    this.rule.onIdle?.(now);
  }

  /** The window stays the same in bytes, but holds at least one segment; one that was never used starts anew. */
  onMss(mss: number): void {
    this.#mss = mss;
    this.#setWindow(this.#isUnused ? this.#initialWindow : this.#cwnd);
  }

  /** Ends slow start with a window of `bytes`, or with what there is if that is less: for rules that see it coming. */
  endSlowStart(bytes: number): void {
    this.#setWindow(Math.min(this.#cwnd, Math.floor(bytes)));
    this.#ssthresh = this.#cwnd;
  }

  /**
   * Grows by every byte acknowledged up to the threshold, and returns how many bytes are left for avoidance. There is
   * no limit as in RFC 3465 because one acknowledgment may cover many segments here; pacing spreads what follows.
   */
  #slowStart(sample: AckSample): number {
    if (!this.inSlowStart) return sample.acked;
    if (this.#ssthresh === Infinity && this.#hystart !== null) {
      this.#grow(this.#hystart.growth(sample, this.#mss));
      if (this.#hystart.isDone) this.#ssthresh = this.#cwnd;
      return 0;
    }
    const growth = Math.min(sample.acked, this.#ssthresh - this.#cwnd);
    this.#cwnd += growth;
    return sample.acked - growth;
  }

  #grow(bytes: number): void {
    const sum = this.#fraction + bytes;
    const whole = Math.floor(sum);
    this.#fraction = sum - whole;
    this.#cwnd += whole;
    if (whole >= 0) return;
    // Shrinking is no reason to start slowly again.
    this.#cwnd = Math.max(this.#cwnd, this.#mss);
    this.#ssthresh = Math.min(this.#ssthresh, this.#cwnd);
  }

  #onTimeout(now: Micros): void {
    // RFC 5681 section 3.1: the threshold is held when the timer expires again without progress in between.
    if (this.#reducedBy === null) this.#ssthresh = this.#threshold(this.#decreased(now));
    this.#reducedBy = "timeout";
    this.#setWindow(this.#mss);
  }

  #decreased(now: Micros): number {
    return this.rule.decrease === undefined ? this.#cwnd / 2 : this.rule.decrease(now);
  }

  #threshold(bytes: number): number {
    const least = this.rule.leastThreshold === undefined ? LEAST_THRESHOLD : this.rule.leastThreshold();
    return Math.max(Math.floor(bytes), least * this.#mss);
  }

  #remember(): void {
    this.#undoCwnd = this.#cwnd;
    this.#undoSsthresh = this.#ssthresh;
    this.rule.remember?.();
  }

  #setWindow(bytes: number): void {
    this.#cwnd = Math.max(bytes, this.#mss);
    this.#fraction = 0;
  }

  get #initialWindow(): number {
    return initialWindowBytes(this.#settings.initialWindow, this.#mss);
  }
}

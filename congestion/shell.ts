/**
 * What loss-based congestion controls have in common: initial window, slow start, the reaction to loss, timeout, marks,
 * idleness and spurious loss, and pacing. An algorithm adds a {@linkcode WindowRule}.
 *
 * @module
 */

import type { AckSample, CongestionController, LossKind, Micros, SubflowView } from "../core/plugin.ts";

/** Where loss-based algorithms differ. One rule serves one subflow. */
export interface WindowRule {
  /** Bytes, possibly a fraction, that the window gains in congestion avoidance for `acked` newly acknowledged bytes. */
  increase(acked: number, now: Micros): number;
  /** The window in bytes after a loss or a mark. Default: half of it (RFC 5681 section 3.1). */
  decrease?(now: Micros): number;
}

/** Options of every loss-based congestion control. */
export interface LossBasedOptions {
  /** Initial window in segments of at most 1460 bytes (RFC 6928), 1 to 1000. Default: 10. */
  readonly initialWindow?: number;
  /** Spread transmissions over the round-trip time instead of sending the window in bursts. Default: true. */
  readonly pacing?: boolean;
}

/** The options with their defaults filled in. */
export type LossBasedSettings = Required<LossBasedOptions>;

/** Pacing goes faster than the window per round trip, so that it never holds growth back. */
const PACING_IN_SLOW_START = 2;
const PACING_IN_AVOIDANCE = 1.2;

/** Segments below which a loss does not push the threshold (RFC 5681 equation 4). */
const MINIMUM_THRESHOLD = 2;

/**
 * Checks `options` of the congestion control called `name` and fills in defaults.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 */
export function lossBasedSettings(name: string, options: LossBasedOptions): LossBasedSettings {
  const { initialWindow = 10, pacing = true } = options;
  if (!Number.isSafeInteger(initialWindow) || initialWindow < 1 || initialWindow > 1000) {
    throw new RangeError(
      `Cannot create ${name}: initialWindow must be a whole number of segments from 1 to 1000, got ${initialWindow}`,
    );
  }
  return { initialWindow, pacing };
}

/** The congestion window of one subflow under a {@linkcode WindowRule}. */
export class LossBasedController implements CongestionController {
  /** The subflow that the window belongs to. */
  readonly view: SubflowView;
  readonly #settings: LossBasedSettings;
  readonly #rule: WindowRule;
  #mss: number;
  #cwnd: number;
  #isUnused = true;
  #ssthresh = Infinity;
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
    ruleFor: (controller: LossBasedController) => WindowRule,
  ) {
    this.view = view;
    this.#settings = settings;
    this.#mss = view.mss;
    this.#cwnd = this.#initialWindow();
    this.#rule = ruleFor(this);
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

  /** Twice the window per round-trip time in slow start, 1.2 times in avoidance; Infinity without a sample. */
  get pacingRate(): number {
    const { srtt } = this.view;
    if (!this.#settings.pacing || !(srtt > 0)) return Infinity;
    const gain = this.#cwnd < this.#ssthresh ? PACING_IN_SLOW_START : PACING_IN_AVOIDANCE;
    return gain * this.#cwnd * 1e6 / srtt;
  }

  /** Sending does not change the window. */
  onSent(_bytes: number, _inFlight: number, _now: Micros): void {
    this.#isUnused = false;
  }

  /** Grows the window if it was what held the sender back. */
  onAck(sample: AckSample, now: Micros): void {
    if (this.#reducedBy === "timeout" || !sample.inRecovery) this.#reducedBy = null;
    if (sample.inRecovery || !sample.cwndLimited) return;
    const inAvoidance = this.#slowStart(sample.acked);
    if (inAvoidance > 0) this.#grow(this.#rule.increase(inAvoidance, now));
  }

  /** Shrinks the window. */
  onLoss(kind: LossKind, _lost: number, _inFlight: number, now: Micros): void {
    if (kind === "timeout") return this.#onTimeout(now);
    if (kind === "fast") {
      this.#remember();
      this.#reducedBy = "fast";
    } else {
      this.#undoCwnd = 0; // Marks and penalties are no guesses, so what preceded them is not given back either.
    }
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
  }

  /** The reduction is paid for; the next timeout counts as a new event. */
  onRecovered(_now: Micros): void {
    this.#reducedBy = null;
  }

  /** Falls back to the initial window and remembers in the threshold what the path has carried (RFC 2861). */
  onIdle(_now: Micros): void {
    this.#ssthresh = Math.max(this.#ssthresh, Math.floor(this.#cwnd * 3 / 4));
    this.#setWindow(Math.min(this.#cwnd, this.#initialWindow()));
  }

  /** The window stays the same in bytes, but holds at least one segment; one that was never used starts anew. */
  onMss(mss: number): void {
    this.#mss = mss;
    this.#setWindow(this.#isUnused ? this.#initialWindow() : this.#cwnd);
  }

  /**
   * Grows by every byte acknowledged up to the threshold, and returns how many bytes are left for avoidance. There is
   * no limit as in RFC 3465 because one acknowledgment may cover many segments here; pacing spreads what follows.
   */
  #slowStart(acked: number): number {
    if (this.#cwnd >= this.#ssthresh) return acked;
    const growth = Math.min(acked, this.#ssthresh - this.#cwnd);
    this.#cwnd += growth;
    return acked - growth;
  }

  #grow(bytes: number): void {
    const sum = this.#fraction + bytes;
    const whole = Math.floor(sum);
    this.#cwnd += whole;
    this.#fraction = sum - whole;
  }

  #onTimeout(now: Micros): void {
    // RFC 5681 section 3.1: the threshold is held when the timer expires again without progress in between.
    if (this.#reducedBy !== "timeout") this.#remember();
    if (this.#reducedBy === null) this.#ssthresh = this.#threshold(this.#decreased(now));
    this.#reducedBy = "timeout";
    this.#setWindow(this.#mss);
  }

  #decreased(now: Micros): number {
    return this.#rule.decrease === undefined ? this.#cwnd / 2 : this.#rule.decrease(now);
  }

  #threshold(bytes: number): number {
    return Math.max(Math.floor(bytes), MINIMUM_THRESHOLD * this.#mss);
  }

  #remember(): void {
    this.#undoCwnd = this.#cwnd;
    this.#undoSsthresh = this.#ssthresh;
  }

  #setWindow(bytes: number): void {
    this.#cwnd = Math.max(bytes, this.#mss);
    this.#fraction = 0;
  }

  #initialWindow(): number {
    const segments = this.#settings.initialWindow;
    return Math.min(segments * this.#mss, Math.max(2 * this.#mss, segments * 1460));
  }
}

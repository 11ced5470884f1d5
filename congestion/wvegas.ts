/**
 * Weighted Vegas: Cao, Xu, Fu, "Delay-Based Congestion Control for Multipath TCP" (ICNP 2012) and
 * draft-xu-mptcp-congestion-control-05.
 *
 * Each subflow keeps a few segments in the queue of its path, judged by how much longer round trips are than the shortest.
 * How many is its share of a total, in proportion to its rate, so that traffic moves to the paths whose queues are short.
 *
 * @module
 */

import type { AckSample, CongestionGroup, LossKind, Micros, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { checkOption, type LossBasedOptions } from "./options.ts";
import { RoundTrips } from "./round_trips.ts";
import type { LossBasedController, WindowRule } from "./shell.ts";

/** Options of {@linkcode wvegas}. */
export interface WvegasOptions extends LossBasedOptions {
  /** Segments that all subflows together aim to have in queues, 1 to 1000. Default: 10. */
  readonly totalAlpha?: number;
  /** Segments in the queue at which slow start ends, 0 to 1000. Default: 1. */
  readonly gamma?: number;
}

/** Segments that a subflow aims to have in its queue before its weight is known, and at least. */
const LEAST_ALPHA = 2;
/** Round trips must have as many samples to be judged. */
const LEAST_SAMPLES = 3;
/** Segments that the window keeps when it shrinks. */
const LEAST_WINDOW = 2;

/**
 * A segment more or less per round trip, by the length of the queue; half the window after a loss.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { wvegas } from "@userspace/mptcp/congestion";
 *
 * const congestion = wvegas({ totalAlpha: 6 });
 * ```
 */
export function wvegas(options: WvegasOptions = {}): Plugin<CongestionGroup> {
  const { totalAlpha = 10, gamma = 1, ...shared } = options;
  checkOption("wvegas", "totalAlpha", totalAlpha, 1, 1000);
  checkOption("wvegas", "gamma", gamma, 0, 1000);
  return lossBased<WvegasRule>("wvegas", shared, (own, siblings) => new WvegasRule(own, siblings, totalAlpha, gamma));
}

class WvegasRule implements WindowRule {
  readonly #own: LossBasedController<WvegasRule>;
  readonly #siblings: readonly LossBasedController<WvegasRule>[];
  readonly #totalAlpha: number;
  readonly #gamma: number;
  readonly #rounds = new RoundTrips();
  /** Shortest round trip ever. */
  #base: Micros = Infinity;
  /** Samples of this round. */
  #samples = 0;
  #sum: Micros = 0;
  /** Segments to have in the queue. */
  #alpha = LEAST_ALPHA;
  /** Bytes per microsecond when the queue last held as much as it should; 0 before that. */
  #rate = 0;
  /** Least queueing delay since the queue was last emptied; 0 before the first. */
  #leastDelay: Micros = 0;
  /** Bytes that the window is still to gain or lose for the last round. */
  #due = 0;

  constructor(
    own: LossBasedController<WvegasRule>,
    siblings: readonly LossBasedController<WvegasRule>[],
    totalAlpha: number,
    gamma: number,
  ) {
    this.#own = own;
    this.#siblings = siblings;
    this.#totalAlpha = totalAlpha;
    this.#gamma = gamma;
  }

  onAck(sample: AckSample): void {
    if (sample.inRecovery) return;
    if (sample.rtt > 0) {
      this.#base = Math.min(this.#base, sample.rtt);
      this.#sum += sample.rtt;
      this.#samples++;
    }
    if (!this.#rounds.begins(sample)) return;
    if (this.#own.inSlowStart) this.#checkSlowStart();
    else this.#due = this.#samples < LEAST_SAMPLES ? this.#own.mss : this.#adjustment();
    this.#sum = this.#samples = 0;
  }

  increase(acked: number): number {
    const bytes = Math.min(this.#due, acked);
    this.#due -= bytes;
    return bytes;
  }

  onLoss(kind: LossKind): void {
    this.#sum = this.#samples = this.#due = 0;
    if (kind === "timeout") this.#rate = 0;
  }

  /** Segments in the queue for a mean round trip of `rtt` (draft section 3). */
  #queued(rtt: Micros): number {
    return this.#own.cwnd * (rtt - this.#base) / rtt / this.#own.mss;
  }

  #checkSlowStart(): void {
    if (this.#samples < LEAST_SAMPLES) return;
    const { cwnd, mss } = this.#own;
    const rtt = this.#sum / this.#samples;
    if (this.#queued(rtt) > this.#gamma) this.#own.endSlowStart(cwnd * this.#base / rtt + mss);
  }

  /** Bytes by which the window is to change after a round in congestion avoidance. */
  #adjustment(): number {
    const { cwnd, mss } = this.#own;
    const rtt = this.#sum / this.#samples;
    const queued = this.#queued(rtt);
    if (queued >= this.#alpha) this.#reweigh(cwnd / rtt);
    const delay = rtt - this.#base;
    if (this.#leastDelay === 0 || delay < this.#leastDelay) this.#leastDelay = delay;
    if (delay > 0 && delay >= 2 * this.#leastDelay) {
      // Someone fills the queue: empty it, so that the shortest round trip can be seen again.
      this.#leastDelay = 0;
      return this.#atLeast(cwnd * this.#base / (2 * rtt)) - cwnd;
    }
    if (queued > this.#alpha) return this.#atLeast(cwnd - mss) - cwnd;
    return queued < this.#alpha ? mss : 0;
  }

  /** The weight of a subflow is its share in the rate of all. */
  #reweigh(rate: number): void {
    this.#rate = rate;
    let total = 0;
    for (let i = 0; i < this.#siblings.length; i++) {
      const path = this.#siblings[i]!;
      if (path.counts) total += path.rule.#rate;
    }
    this.#alpha = Math.max(LEAST_ALPHA, total > 0 ? this.#totalAlpha * rate / total : 0);
  }

  #atLeast(bytes: number): number {
    return Math.max(bytes, LEAST_WINDOW * this.#own.mss);
  }
}

/**
 * Learns from what came of earlier decisions whether a slow subflow is worth using while the fast one is full.
 *
 * Wu, Alay, Brunstrom, Ferlin and Caso, "Peekaboo: Learning-Based Multipath Scheduling for Dynamic Heterogeneous
 * Environments" (IEEE Journal on Selected Areas in Communications 38(10), 2020).
 *
 * @module
 */

import type { Env, Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, fill, nextFastest } from "./fastest.ts";
import { LinUcbArm } from "./lin_ucb.ts";
import { within } from "./options.ts";
import { bestPreference } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode peekaboo}. */
export interface PeekabooOptions {
  /** How much more than its expected reward counts that a decision is little known, at least 0. Default: 1. */
  readonly alpha?: number;
  /** Probability with which a decision to send stands, 0 to 1; otherwise it is turned into its opposite. Default: 0.9. */
  readonly keepSending?: number;
  /** Probability with which a decision to wait stands, 0 to 1. Default: 0.7. */
  readonly keepWaiting?: number;
}

/**
 * Lowest round-trip time first; while that subflow is full and another has room, a bandit chooses between sending on
 * the other and waiting.
 *
 * The bandit is LinUCB. Its context is the window, the flight and the free send window, each per round-trip time, of both
 * subflows. The reward of a decision is the rate at which data was acknowledged during the slow round trip that followed,
 * as a share of what both windows allow. A decision to wait holds until the fast subflow has room. What the paper calls
 * stochastic adjustment, for paths that change faster than is learned, turns some decisions round; its probabilities are
 * options here and not estimated.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { peekaboo } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = peekaboo({ alpha: 0.5 });
 * ```
 */
export function peekaboo(options: PeekabooOptions = {}): Plugin<Scheduler> {
  const settings: Required<PeekabooOptions> = {
    alpha: within("peekaboo", "alpha", options.alpha ?? 1, 0, Infinity),
    keepSending: within("peekaboo", "keepSending", options.keepSending ?? 0.9, 0, 1),
    keepWaiting: within("peekaboo", "keepWaiting", options.keepWaiting ?? 0.7, 0, 1),
  };
  return { name: "peekaboo", create: (env): Scheduler => new Peekaboo(settings, env) };
}

/** Numbers of a context. */
const DIMENSION = 6;
/** Decisions whose outcome is awaited at once; others teach nothing. */
const MOST_PENDING = 16;

class Peekaboo implements Scheduler {
  readonly #settings: Required<PeekabooOptions>;
  readonly #env: Env;
  readonly #sending = new LinUcbArm(DIMENSION);
  readonly #waiting = new LinUcbArm(DIMENSION);
  /** Decisions whose outcome is not known yet; the row behind the last is that of the decision at hand. */
  readonly #contexts = new Float64Array((MOST_PENDING + 1) * DIMENSION);
  readonly #decidedAt = new Float64Array(MOST_PENDING);
  readonly #dueAt = new Float64Array(MOST_PENDING).fill(Infinity);
  readonly #ackedBefore = new Float64Array(MOST_PENDING);
  readonly #capacity = new Float64Array(MOST_PENDING);
  readonly #wasSent = new Uint8Array(MOST_PENDING);
  #isWaiting = false;

  constructor(settings: Required<PeekabooOptions>, env: Env) {
    this.#settings = settings;
    this.#env = env;
  }

  schedule(batch: SendBatch, now: Micros): void {
    this.#learn(batch.unacked, now);
    if (batch.reason === "window-limited") return;
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const fastest = nextFastest(subflows, preference, null);
    if (fastest === null) return;
    if (wholeSegments(fastest, fastest.mss) > 0) this.#isWaiting = false;
    fill(batch, fastest);
    let slow = nextFastest(subflows, preference, fastest);
    while (slow !== null && !this.#isWaiting) {
      this.#assign(batch, slow, fastest, now);
      slow = nextFastest(subflows, preference, slow);
    }
  }

  /** Gives `slow` segments until it is full or a wait is decided. */
  #assign(batch: SendBatch, slow: SubflowView, fastest: SubflowView, now: Micros): void {
    while (batch.waiting > 0) {
      const bytes = wholeSegments(slow, Math.min(batch.waiting, slow.mss));
      if (bytes === 0) return;
      this.#isWaiting = !this.#decide(batch, slow, fastest, now);
      if (this.#isWaiting || batch.assign(slow, bytes) === 0) return;
    }
  }

  /** True to send on `slow` now, false to wait for `fastest`. */
  #decide(batch: SendBatch, slow: SubflowView, fastest: SubflowView, now: Micros): boolean {
    // Without a measurement there is nothing to compare, and sending brings one.
    if (!(slow.srtt > 0) || !(fastest.srtt > 0)) return true;
    const { alpha, keepSending, keepWaiting } = this.#settings;
    const row = MOST_PENDING * DIMENSION;
    const capacity = fastest.cwnd / fastest.srtt + slow.cwnd / slow.srtt;
    const window = batch.windowEnd - batch.next;
    this.#describe(row, fastest, window, capacity);
    this.#describe(row + DIMENSION / 2, slow, window, capacity);
    const isSending = this.#sending.score(this.#contexts, row, alpha) >=
      this.#waiting.score(this.#contexts, row, alpha);
    const stands = this.#env.random() < (isSending ? keepSending : keepWaiting);
    const sends = isSending === stands;
    this.#remember(sends, batch.unacked, capacity, slow.srtt, now);
    return sends;
  }

  #describe(at: number, { cwnd, inFlight, queued, srtt }: SubflowView, window: number, capacity: number): void {
    this.#contexts[at] = cwnd / srtt / capacity;
    this.#contexts[at + 1] = (inFlight + queued) / srtt / capacity;
    this.#contexts[at + 2] = Math.min(window / srtt / capacity, 1);
  }

  #remember(sends: boolean, unacked: number, capacity: number, roundTrip: Micros, now: Micros): void {
    const slot = this.#dueAt.indexOf(Infinity);
    if (slot < 0) return;
    const row = MOST_PENDING * DIMENSION;
    this.#contexts.copyWithin(slot * DIMENSION, row, row + DIMENSION);
    this.#decidedAt[slot] = now;
    this.#dueAt[slot] = now + roundTrip;
    this.#ackedBefore[slot] = unacked;
    this.#capacity[slot] = capacity;
    this.#wasSent[slot] = sends ? 1 : 0;
  }

  /** Rewards decisions whose round trip is over. */
  #learn(unacked: number, now: Micros): void {
    for (let slot = 0; slot < MOST_PENDING; slot++) {
      if (this.#dueAt[slot]! > now) continue;
      this.#dueAt[slot] = Infinity;
      const rate = (unacked - this.#ackedBefore[slot]!) / (now - this.#decidedAt[slot]!);
      const reward = Math.min(rate / this.#capacity[slot]!, 1);
      (this.#wasSent[slot] === 1 ? this.#sending : this.#waiting).learn(this.#contexts, slot * DIMENSION, reward);
    }
  }
}

/**
 * Earliest completion first: a slow subflow is left alone when waiting for the fast one completes the transfer earlier.
 *
 * Lim, Nahum, Towsley and Gibbens, "ECF: An MPTCP Path Scheduler to Manage Heterogeneous Paths" (CoNEXT 2017, algorithm 1).
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, fill, nextFastest } from "./fastest.ts";
import { within } from "./options.ts";
import { bestPreference } from "./preference.ts";
import { Relief, type ReliefOptions } from "./relief.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode ecf}. */
export interface EcfOptions extends ReliefOptions {
  /** How much better the slow subflow has to be to end a wait: a share of its round-trip time, at least 0. Default: 1/4. */
  readonly beta?: number;
}

/**
 * Lowest round-trip time first; while that subflow is full, the next one only if it completes earlier.
 *
 * With `k` bytes in the send buffer, the fast subflow has sent them all after `n = 1 + k / cwnd_fast` of its round trips.
 * It is waited for when `n rtt_fast < (1 + beta) (rtt_slow + delta)`, where `beta` counts only while it is being waited
 * for already and `delta` is the larger of the two variations, unless the slow one is as quick with all of it:
 * `k / cwnd_slow rtt_slow < 2 rtt_fast + delta`.
 *
 * The paper builds on the default scheduler of its time, opportunistic retransmission and penalisation included.
 *
 * @throws {RangeError} if `beta` is below 0.
 *
 * @example
 * ```ts
 * import { ecf } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = ecf({ beta: 0.5 });
 * ```
 */
export function ecf(options: EcfOptions = {}): Plugin<Scheduler> {
  const beta = within("ecf", "beta", options.beta ?? 0.25, 0, Infinity);
  return { name: "ecf", create: (): Scheduler => new Ecf(beta, options) };
}

class Ecf implements Scheduler {
  readonly #beta: number;
  readonly #relief: Relief;
  #isWaiting = false;

  constructor(beta: number, options: ReliefOptions) {
    this.#beta = beta;
    this.#relief = new Relief(options);
  }

  schedule(batch: SendBatch, now: Micros): void {
    if (batch.reason === "window-limited") return this.#relief.handle(batch, now);
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const fastest = nextFastest(subflows, preference, null);
    if (fastest === null) return;
    fill(batch, fastest);
    let slow = nextFastest(subflows, preference, fastest);
    while (slow !== null) {
      if (!this.#assign(batch, slow, fastest)) return;
      slow = nextFastest(subflows, preference, slow);
    }
  }

  /** Fills `slow` segment by segment; false if `fastest` is to be waited for. */
  #assign(batch: SendBatch, slow: SubflowView, fastest: SubflowView): boolean {
    while (batch.waiting > 0) {
      const bytes = wholeSegments(slow, Math.min(batch.waiting, slow.mss));
      if (bytes === 0) return true;
      if (this.#isWorthWaiting(batch.queued, slow, fastest)) return false;
      if (batch.assign(slow, bytes) === 0) return true;
    }
    return true;
  }

  #isWorthWaiting(bytes: number, slow: SubflowView, fastest: SubflowView): boolean {
    if (!(fastest.srtt > 0) || !(slow.srtt > 0)) return false;
    const roundTrips = 1 + bytes / fastest.cwnd;
    const delta = Math.max(fastest.rttvar, slow.rttvar);
    const patience = 1 + (this.#isWaiting ? this.#beta : 0);
    if (roundTrips * fastest.srtt >= patience * (slow.srtt + delta)) {
      this.#isWaiting = false;
      return false;
    }
    if (bytes / slow.cwnd * slow.srtt < 2 * fastest.srtt + delta) return false;
    this.#isWaiting = true;
    return true;
  }
}

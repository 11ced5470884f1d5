/**
 * Peekaboo: learns whether a slow subflow is worth using while the fast one is full.
 *
 * From the paper (Wu, Alay, Brunstrom, Ferlin and Caso, "Peekaboo: Learning-Based Multipath Scheduling for Dynamic
 * Heterogeneous Environments", IEEE JSAC 38, 2020): the question itself; that LinUCB, a bandit that sees the state of the
 * subflows, answers it all the time from what its answers led to; and that its answer is then adjusted by chance,
 * depending on how dynamic the subflows are.
 *
 * Ours is what fills that frame, since no published values were at hand: the eight numbers that describe a state (see
 * `send_or_wait.ts`), the reward, which is the share of what both windows could have delivered in a round trip of the slow
 * subflow, the measure of dynamics, and how long a wait lasts. Numbers differ from the paper's accordingly.
 *
 * @module
 */

import type { Env, Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, fastestWithRoom, fill, nextFastest } from "./fastest.ts";
import { within } from "./options.ts";
import { bestPreference } from "./preference.ts";
import { SEND, SendOrWait, WAIT } from "./send_or_wait.ts";
import { wholeSegments } from "./whole_segments.ts";

/** What can be set of {@linkcode peekaboo}. */
export interface PeekabooOptions {
  /**
   * How much more than its expected reward counts that a choice is little known, in standard deviations. The default is 1,
   * as rewards go from 0 to 1: what is not known is tried, and what failed a few times in the same state is not.
   */
  readonly alpha?: number;
  /**
   * How far chance may overrule what was learned, from 0 to 1. The default is 1: where nothing of a subflow can be foreseen
   * a coin decides, and where all can, the choice stands.
   */
  readonly adjustment?: number;
}

/** The scheduler of Wu et al. */
export function peekaboo(options: PeekabooOptions = {}): Plugin<Scheduler> {
  const alpha = within("peekaboo", "alpha", options.alpha ?? 1, 0, Infinity);
  const adjustment = within("peekaboo", "adjustment", options.adjustment ?? 1, 0, 1);
  return { name: "peekaboo", create: (env) => new Peekaboo(env, alpha, adjustment) };
}

class Peekaboo implements Scheduler {
  wakeAt: Micros = Infinity;
  readonly #env: Env;
  readonly #adjustment: number;
  readonly #bandit: SendOrWait;
  /** The subflow that is waited for, and until when; -1 for none. */
  #awaited = -1;
  #awaitedUntil: Micros = 0;

  constructor(env: Env, alpha: number, adjustment: number) {
    this.#env = env;
    this.#adjustment = adjustment;
    this.#bandit = new SendOrWait(alpha);
  }

  schedule(batch: SendBatch, now: Micros): void {
    this.#assign(batch, now);
    // The wait is over, whether that changed anything or not.
    if (this.wakeAt <= now) this.wakeAt = Infinity;
  }

  #assign(batch: SendBatch, now: Micros): void {
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    if (batch.reason === "window-limited") return this.#endWait();
    this.#bandit.learn(batch.unacked, now);
    const fast = nextFastest(batch.subflows, bestPreference(batch.subflows), null);
    if (fast === null) return;
    // Waiting has paid, or makes no sense any more.
    if (fast.id !== this.#awaited || wholeSegments(fast, fast.mss) > 0) this.#endWait();
    fill(batch, fast);
    this.#useOthers(batch, fast, now);
  }

  /** Lets subflows slower than `fast`, which is full, have what waits, unless it is to be waited for. */
  #useOthers(batch: SendBatch, fast: SubflowView, now: Micros): void {
    while (batch.waiting > 0) {
      const slow = fastestWithRoom(batch.subflows, fast);
      if (slow === null || !this.#mayUse(slow, batch, fast, now)) return;
      if (batch.assign(slow, wholeSegments(slow, batch.waiting)) === 0) return;
    }
  }

  #mayUse(slow: SubflowView, batch: SendBatch, fast: SubflowView, now: Micros): boolean {
    // Data is what measures a subflow that nothing is known of.
    if (slow.srtt === 0) return true;
    if (this.#awaited >= 0) {
      if (now < this.#awaitedUntil) return false;
      this.#endWait();
      return true;
    }
    const choice = this.#choose(fast, slow, batch, now);
    if (choice === WAIT) this.#await(fast, now);
    return choice === SEND;
  }

  /** What was learned, adjusted: the less the subflow that a choice relies on can be foreseen, the more chance decides. */
  #choose(fast: SubflowView, slow: SubflowView, batch: SendBatch, now: Micros): number {
    this.#bandit.describe(fast, slow, batch.waiting, batch.windowEnd - batch.next);
    const learned = this.#bandit.best();
    const turned = this.#adjustment * dynamics(learned === SEND ? slow : fast) / 2;
    const choice = this.#env.random() < turned ? (learned === SEND ? WAIT : SEND) : learned;
    this.#bandit.choose(choice, fast, slow, batch.unacked, now);
    return choice;
  }

  /** Waits for `fast` as long as an acknowledgment may take to come (RFC 6298: four variations over the mean). */
  #await(fast: SubflowView, now: Micros): void {
    this.#awaited = fast.id;
    this.wakeAt = this.#awaitedUntil = now + fast.srtt + 4 * fast.rttvar;
  }

  #endWait(): void {
    this.#awaited = -1;
    this.wakeAt = Infinity;
  }
}

/** How little can be foreseen of `subflow`, from 0 to 1: how much round-trip times vary, and how much is lost. */
function dynamics(subflow: SubflowView): number {
  const { srtt, rttvar, retransmissions, mss, bytesSent } = subflow;
  const lost = bytesSent > 0 ? retransmissions * mss / bytesSent : 0;
  return Math.min(rttvar / srtt + lost, 1);
}

/**
 * Learns whether to send on a slow subflow now or to wait for the fast one, from what either brought before: a LinUCB
 * bandit with two arms, whose reward comes a round trip of the slow subflow after the choice.
 *
 * @module
 */

import type { Micros, SubflowView } from "../core/plugin.ts";
import { LinUcbArm } from "./lin_ucb.ts";

/** What can be chosen; the value is the number of the arm. */
export const SEND = 0;
/** The other choice. */
export const WAIT = 1;

/** Numbers that describe a choice to be made. */
const FEATURES = 8;
/** Choices whose reward is awaited at most; those made while so many are open teach nothing. */
const MOST_OPEN = 32;

/** The bandit of one connection. */
export class SendOrWait {
  readonly #alpha: number;
  readonly #arms: readonly [LinUcbArm, LinUcbArm] = [new LinUcbArm(FEATURES), new LinUcbArm(FEATURES)];
  /** The choice being made, and after it those that are open, oldest first from `#first` on, in a ring. */
  readonly #contexts: Float64Array = new Float64Array((MOST_OPEN + 1) * FEATURES);
  readonly #choices: Uint8Array = new Uint8Array(MOST_OPEN);
  readonly #times: Float64Array = new Float64Array(MOST_OPEN);
  readonly #horizons: Float64Array = new Float64Array(MOST_OPEN);
  readonly #unacked: Float64Array = new Float64Array(MOST_OPEN);
  readonly #rates: Float64Array = new Float64Array(MOST_OPEN);
  #first = 0;
  #open = 0;

  /** `alpha` is the width of the confidence intervals, in standard deviations. */
  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  /** Describes a choice between sending on `slow` and waiting for `fast`; both have a round-trip time. */
  describe(fast: SubflowView, slow: SubflowView, waiting: number, windowLeft: number): void {
    const contexts = this.#contexts;
    const fastRate = fast.cwnd / fast.srtt;
    const windows = fast.cwnd + slow.cwnd;
    contexts[0] = 1;
    contexts[1] = share(fast.srtt, slow.srtt);
    contexts[2] = share(fastRate, fastRate + slow.cwnd / slow.srtt);
    contexts[3] = share(fast.inFlight + fast.queued, fast.cwnd);
    contexts[4] = share(slow.inFlight + slow.queued, slow.cwnd);
    contexts[5] = share(waiting, waiting + windows);
    contexts[6] = share(windowLeft, windowLeft + windows);
    contexts[7] = share(slow.rttvar, slow.srtt);
  }

  /** Which choice promises more; between equals, to send. */
  best(): typeof SEND | typeof WAIT {
    const [send, wait] = this.#arms;
    return wait.score(this.#contexts, 0, this.#alpha) > send.score(this.#contexts, 0, this.#alpha) ? WAIT : SEND;
  }

  /** What was described is decided: `choice` is rewarded by how far `unacked` has come when a round trip of `slow` is over. */
  choose(choice: number, fast: SubflowView, slow: SubflowView, unacked: number, now: Micros): void {
    if (this.#open === MOST_OPEN) return;
    const slot = (this.#first + this.#open++) % MOST_OPEN;
    this.#contexts.copyWithin((slot + 1) * FEATURES, 0, FEATURES);
    this.#choices[slot] = choice;
    this.#times[slot] = now;
    this.#horizons[slot] = slow.srtt;
    this.#unacked[slot] = unacked;
    this.#rates[slot] = fast.cwnd / fast.srtt + slow.cwnd / slow.srtt;
  }

  /** Learns from the choices whose time is over, all before `unacked` being acknowledged. */
  learn(unacked: number, now: Micros): void {
    while (this.#open > 0) {
      const slot = this.#first;
      const passed = now - this.#times[slot]!;
      if (passed < this.#horizons[slot]!) return;
      this.#first = (slot + 1) % MOST_OPEN;
      this.#open--;
      // Nobody asked for long after: what was acknowledged meanwhile tells of the application, not of the choice.
      if (passed > 2 * this.#horizons[slot]!) continue;
      const reward = share(unacked - this.#unacked[slot]!, passed * this.#rates[slot]!);
      this.#arms[this.#choices[slot] as 0 | 1].learn(this.#contexts, (slot + 1) * FEATURES, reward);
    }
  }
}

/** `part` of `whole`, from 0 to 1. */
function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(Math.max(part / whole, 0), 1) : 0;
}

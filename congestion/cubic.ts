/**
 * CUBIC (RFC 9438): the window follows a cubic function of the time since the last loss, so that it comes back to where it
 * was soon, stays near there, and then looks for more. Each subflow for itself.
 *
 * @module
 */

import type { AckSample, CongestionGroup, LossKind, Micros, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import { checkOption, type LossBasedOptions } from "./options.ts";
import type { LossBasedController, WindowRule } from "./shell.ts";

/** Options of {@linkcode cubic}. */
export interface CubicOptions extends LossBasedOptions {
  /** Leave the first slow start when round trips become longer, before anything is lost (RFC 9406). Default: true. */
  readonly hystart?: boolean;
  /** How fast the window grows away from where it was, in segments per second cubed (RFC 9438 section 5). Default: 0.4. */
  readonly c?: number;
  /** What is left of the window after a loss, 0.1 to 0.9 (RFC 9438 section 4.6). Default: 0.7. */
  readonly beta?: number;
  /** Give way to newcomers when the window did not reach its old size again (RFC 9438 section 4.7). Default: true. */
  readonly fastConvergence?: boolean;
}

/**
 * A cubic function of time, at least as much as NewReno would have, 0.7 of the window after a loss.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { cubic } from "@userspace/mptcp/congestion";
 *
 * const congestion = cubic({ hystart: false });
 * ```
 */
export function cubic(options: CubicOptions = {}): Plugin<CongestionGroup> {
  const { c = 0.4, beta = 0.7, fastConvergence = true, hystart = true, ...shared } = options;
  checkOption("cubic", "c", c, 0.001, 1000);
  checkOption("cubic", "beta", beta, 0.1, 0.9);
  return lossBased("cubic", { ...shared, hystart }, (own) => new CubicRule(own, c, beta, fastConvergence));
}

/** State that a spurious loss brings back (RFC 9438 section 4.9.1). Windows are bytes, times seconds. */
interface Epoch {
  /** Window before the last reduction, which the function has its plateau at; W_max. */
  plateau: number;
  /** Time from the beginning of congestion avoidance to the plateau; K. */
  plateauAt: number;
  /** Time in congestion avoidance so far; t. */
  elapsed: number;
  /** What NewReno with the same decrease would have; W_est. */
  renoWindow: number;
  /** Window before the last reduction; cwnd_prior. */
  priorWindow: number;
  /** False until congestion avoidance begins. */
  hasBegun: boolean;
  /** True if the plateau means something: the last reduction was one of congestion avoidance. */
  hasPlateau: boolean;
}

class CubicRule implements WindowRule {
  readonly #own: LossBasedController;
  readonly #c: number;
  readonly #beta: number;
  readonly #fastConvergence: boolean;
  readonly #now: Epoch = newEpoch();
  readonly #undo: Epoch = newEpoch();
  #ackedAt: Micros = 0;
  #step: Micros = 0;

  constructor(own: LossBasedController, c: number, beta: number, fastConvergence: boolean) {
    this.#own = own;
    this.#c = c;
    this.#beta = beta;
    this.#fastConvergence = fastConvergence;
  }

  /** Only time in which the window may grow counts (RFC 9438 section 5.8); what is longer than a round trip is a pause. */
  onAck(_sample: AckSample, now: Micros): void {
    this.#step = Math.min(Math.max(now - this.#ackedAt, 0), this.#own.view.srtt);
    this.#ackedAt = now;
  }

  /** RFC 9438 sections 4.2 to 4.5. */
  increase(acked: number): number {
    const state = this.#now;
    const { cwnd } = this.#own;
    if (!state.hasBegun) this.#begin();
    state.elapsed += this.#step / 1e6;
    const reno = this.#renoWindow(acked);
    if (this.#cubic(state.elapsed) < reno) return Math.min(Math.max(reno - cwnd, 0), acked);
    const target = this.#cubic(state.elapsed + this.#own.view.srtt / 1e6);
    return (Math.min(Math.max(target, cwnd), 1.5 * cwnd) - cwnd) / cwnd * acked;
  }

  /** RFC 9438 sections 4.6 and 4.7. */
  decrease(): number {
    const state = this.#now;
    const { cwnd } = this.#own;
    const isShrinking = this.#fastConvergence && cwnd < state.plateau;
    state.plateau = isShrinking ? cwnd * (1 + this.#beta) / 2 : cwnd;
    state.priorWindow = cwnd;
    return this.#beta * cwnd;
  }

  onLoss(kind: LossKind): void {
    const state = this.#now;
    state.hasBegun = false;
    // After a timeout congestion avoidance begins without a plateau (RFC 9438 section 4.8).
    state.hasPlateau = kind !== "timeout";
    if (kind === "penalty") state.plateau = state.priorWindow = this.#own.cwnd;
  }

  remember(): void {
    Object.assign(this.#undo, this.#now);
  }

  restore(): void {
    Object.assign(this.#now, this.#undo);
  }

  onIdle(now: Micros): void {
    this.#ackedAt = now;
  }

  /** Congestion avoidance begins with the window as it is (RFC 9438 sections 4.2, 4.8 and 4.10). */
  #begin(): void {
    const state = this.#now;
    const { cwnd, mss } = this.#own;
    if (!state.hasPlateau || cwnd > state.plateau) {
      state.plateau = cwnd;
      state.priorWindow = Math.max(state.priorWindow, cwnd);
    }
    state.plateauAt = Math.cbrt((state.plateau - cwnd) / (this.#c * mss));
    state.elapsed = 0;
    state.renoWindow = cwnd;
    state.hasBegun = true;
    state.hasPlateau = true;
  }

  /** RFC 9438 figure 1, in bytes after `seconds`. */
  #cubic(seconds: number): number {
    const { plateau, plateauAt } = this.#now;
    return this.#c * this.#own.mss * (seconds - plateauAt) ** 3 + plateau;
  }

  /** RFC 9438 figure 4: slower than NewReno by as much as the decrease is smaller, until the old window is reached. */
  #renoWindow(acked: number): number {
    const state = this.#now;
    const { cwnd, mss } = this.#own;
    const alpha = state.renoWindow < state.priorWindow ? 3 * (1 - this.#beta) / (1 + this.#beta) : 1;
    return state.renoWindow += alpha * acked * mss / cwnd;
  }
}

function newEpoch(): Epoch {
  return {
    plateau: 0,
    plateauAt: 0,
    elapsed: 0,
    renoWindow: 0,
    priorWindow: 0,
    hasBegun: false,
    hasPlateau: false,
  };
}

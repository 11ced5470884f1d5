/**
 * Desynchronised multi-channel TCP: Cui, Xue, Chiu, Kondikoppa, Park, "DMCTCP: Desynchronized Multi-Channel TCP for High
 * Speed Access Networks with Tiny Buffers" (ICCCN 2014), known to Linux out of tree as mctcpdesync.
 *
 * For many subflows through one bottleneck whose buffer is tiny: losses that hit all of them at once halve one of them only,
 * so that the others keep the link busy. Not for paths of different kinds, and not friendly to TCP on each of them.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../core/plugin.ts";
import { lossBased } from "./group.ts";
import type { LossBasedOptions } from "./options.ts";
import type { LossBasedController, WindowRule } from "./shell.ts";

/** Segments that a subflow begins congestion avoidance with while another one has the slow start. */
const LEAST_WINDOW = 2;

/** Options of {@linkcode desync}. */
export interface DesyncOptions extends LossBasedOptions {}

/**
 * At a loss only the largest window halves, once per round trip; the smallest grows fastest. Until the first loss only the
 * first subflow has a slow start.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 *
 * @example
 * ```ts
 * import { desync } from "@userspace/mptcp/congestion";
 *
 * const congestion = desync();
 * ```
 */
export function desync(options: DesyncOptions = {}): Plugin<CongestionGroup> {
  return lossBased<DesyncRule>("desync", options, (own, siblings) => new DesyncRule(own, siblings));
}

class DesyncRule implements WindowRule {
  readonly #own: LossBasedController<DesyncRule>;
  readonly #siblings: readonly LossBasedController<DesyncRule>[];
  #halvedAt = -Infinity;

  constructor(own: LossBasedController<DesyncRule>, siblings: readonly LossBasedController<DesyncRule>[]) {
    this.#own = own;
    this.#siblings = siblings;
  }

  /** Until a window has halved for the first time, slow start is the first subflow's alone. */
  onAck(): void {
    const own = this.#own;
    if (!own.inSlowStart || own === this.#siblings[0] || this.#hasHalved()) return;
    own.endSlowStart(LEAST_WINDOW * own.mss);
  }

  /** A segment per round trip on the smallest window; the others share one by their weight in the rest. */
  increase(acked: number): number {
    const { cwnd, mss } = this.#own;
    let total = 0;
    let smallest = Infinity;
    for (let i = 0; i < this.#siblings.length; i++) {
      const path = this.#siblings[i]!;
      if (!path.counts) continue;
      total += path.cwnd;
      smallest = Math.min(smallest, path.cwnd);
    }
    return acked * mss / (cwnd > smallest ? Math.max(total - smallest, cwnd) : cwnd);
  }

  decrease(now: number): number {
    const { cwnd, view } = this.#own;
    for (let i = 0; i < this.#siblings.length; i++) {
      const path = this.#siblings[i]!;
      if (!path.counts) continue;
      if (path.cwnd > cwnd || now - path.rule.#halvedAt < view.srtt) return cwnd;
    }
    this.#halvedAt = now;
    return cwnd / 2;
  }

  #hasHalved(): boolean {
    for (let i = 0; i < this.#siblings.length; i++) {
      if (this.#siblings[i]!.rule.#halvedAt > -Infinity) return true;
    }
    return false;
  }
}

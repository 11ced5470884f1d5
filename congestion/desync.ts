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

/** Options of {@linkcode desync}. */
export interface DesyncOptions extends LossBasedOptions {}

/**
 * At a loss only the largest window halves, once per round trip; the smallest grows fastest.
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
}

/**
 * The scheduler of Linux (net/mptcp, the `default` of `net.mptcp.scheduler`): bursts to the subflow whose queue is sent
 * soonest.
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { within } from "./options.ts";
import { PerSubflow } from "./per_subflow.ts";
import { bestPreference, preferenceOf } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode burst}. */
export interface BurstOptions {
  /** Bytes of one burst, at least 1. Default: 65,536, as in Linux. */
  readonly size?: number;
  /**
   * What Linux lets a subflow hold, sent or not, as a multiple of its congestion window, at least 1. Default: 2, what
   * Linux sizes its send buffer for.
   */
  readonly sendMemory?: number;
}

/**
 * Each burst goes to the subflow that lingers least: bytes that it holds, in flight and in its queue, over its average
 * pacing rate. A burst is no longer than 64 KiB and no longer than what is left of the send window, and its length weighs
 * the present pacing rate in the average.
 *
 * Linux hands a burst to the subflow whatever its congestion window and waits when the one that lingers least has no send
 * memory left, even if another has: that spares the fast subflow from waiting for the slow one at the receiver. Here such a
 * burst stays with the connection until there is room, and the next one is considered. Backups serve only while no regular
 * subflow is usable.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { burst } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = burst();
 * ```
 */
export function burst(options: BurstOptions = {}): Plugin<Scheduler> {
  const size = within("burst", "size", options.size ?? 65_536, 1, Infinity);
  const sendMemory = within("burst", "sendMemory", options.sendMemory ?? 2, 1, Infinity);
  return { name: "burst", create: (): Scheduler => new Burst(Math.floor(size), sendMemory) };
}

/** Bursts left to full subflows after which nothing further is looked at. */
const MOST_LOOKS = 64;
/** What an unpaced subflow without a measurement is taken for. */
const UNKNOWN_ROUND_TRIP: Micros = 1000;

class Burst implements Scheduler {
  readonly #size: number;
  readonly #sendMemory: number;
  /** Average pacing rate of each subflow, in bytes per microsecond; 0 before its first burst. */
  readonly #averages = new PerSubflow(0);
  /** Of each subflow of the question: its pacing rate now, and the bytes that Linux would have queued at it by now. */
  #rates: Float64Array = new Float64Array(8);
  #held: Float64Array = new Float64Array(8);

  constructor(size: number, sendMemory: number) {
    this.#size = size;
    this.#sendMemory = sendMemory;
  }

  schedule(batch: SendBatch): void {
    if (batch.reason === "window-limited") return;
    this.#begin(batch.subflows);
    const isOrdered = batch.reason === "reinjection";
    let at = isOrdered ? batch.next : batch.waitingFrom(batch.next);
    for (let looks = 0; looks < MOST_LOOKS && batch.waiting > 0;) {
      const best = this.#leastLinger(batch.subflows);
      if (best < 0) return;
      const length = Math.min(this.#size, isOrdered ? batch.waiting : batch.waitingTo(at) - at);
      if (length <= 0) return;
      const took = this.#held[best] === 0 ? this.#send(batch, best, length, at) : 0;
      if (took === 0) {
        if (!this.#hasMemory(batch.subflows[best]!, best)) return;
        this.#held[best]! += length;
        looks++;
      }
      at = isOrdered ? batch.next : batch.waitingFrom(at + (took === 0 ? length : took));
    }
  }

  #begin(subflows: readonly SubflowView[]): void {
    if (subflows.length > this.#held.length) {
      this.#held = new Float64Array(2 * subflows.length);
      this.#rates = new Float64Array(2 * subflows.length);
    }
    for (let i = 0; i < subflows.length; i++) {
      const { pacingRate, cwnd, srtt } = subflows[i]!;
      const isPaced = pacingRate > 0 && pacingRate < Infinity;
      this.#rates[i] = isPaced ? pacingRate / 1e6 : cwnd / (srtt > 0 ? srtt : UNKNOWN_ROUND_TRIP);
      this.#held[i] = 0;
    }
  }

  /** Index of the preferred subflow that has sent all that it holds soonest, -1 if there is none. */
  #leastLinger(subflows: readonly SubflowView[]): number {
    const preference = bestPreference(subflows);
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i]!;
      if (!subflow.usable || preferenceOf(subflow) !== preference) continue;
      const average = this.#averages.values[this.#averages.slot(subflow, subflows)]!;
      const held = subflow.inFlight + subflow.queued + this.#held[i]!;
      const linger = held / (average > 0 ? average : this.#rates[i]!);
      if (best >= 0 && linger >= least) continue;
      best = i;
      least = linger;
    }
    return best;
  }

  #send(batch: SendBatch, index: number, length: number, at: number): number {
    const subflow = batch.subflows[index]!;
    const bytes = wholeSegments(subflow, length);
    if (bytes === 0) return 0;
    const before = subflow.inFlight + subflow.queued;
    const took = batch.assign(subflow, bytes, at);
    if (took === 0) return 0;
    const slot = this.#averages.slot(subflow, batch.subflows);
    const average = this.#averages.values[slot]!;
    const rate = this.#rates[index]!;
    this.#averages.values[slot] = ((average > 0 ? average : rate) * before + rate * took) / (before + took);
    return took;
  }

  #hasMemory(subflow: SubflowView, index: number): boolean {
    return subflow.inFlight + subflow.queued + this.#held[index]! < this.#sendMemory * subflow.cwnd;
  }
}

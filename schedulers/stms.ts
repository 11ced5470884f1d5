/**
 * Slide together: what goes over a slow subflow is taken from further back in the stream, so that it arrives together with
 * what the fast one has sent meanwhile.
 *
 * Shi, Cui, Wang, Hu, Dai, Wang and Wu, "STMS: Improving MPTCP Throughput Under Heterogeneous Networks" (USENIX ATC 2018).
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, fill, nextFastest } from "./fastest.ts";
import { PerSubflow, withId } from "./per_subflow.ts";
import { bestPreference } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/**
 * The fastest subflow sends the stream in order, a slower one what lies a gap ahead of it: as many bytes as the faster ones
 * send in the time by which its way is longer. Less than that is left to the faster ones, which are through with it earlier.
 *
 * One-way delays are taken for half the round trips, which they are not. So the gap follows what comes of it, as in the
 * paper: it shrinks by a segment when a piece arrived before others that precede it, and grows by one when it did not.
 * How fast it is to follow is ours, as is the sum over all faster subflows where the paper has two.
 *
 * @example
 * ```ts
 * import { stms } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = stms();
 * ```
 */
export function stms(): Plugin<Scheduler> {
  return { name: "stms", create: (): Scheduler => new Stms() };
}

class Stms implements Scheduler {
  /** What the gap of each subflow is corrected by, in bytes. */
  readonly #corrections = new PerSubflow(0);
  /** The piece that is watched: id of its subflow or -1, where it begins, and what the subflow has acknowledged once it arrived. */
  #watched = -1;
  #start = 0;
  #arrivedAt = 0;

  schedule(batch: SendBatch): void {
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const fastest = nextFastest(subflows, preference, null);
    if (fastest === null) return;
    this.#learn(batch);
    if (batch.reason !== "data") return;
    fill(batch, fastest);
    let slow = nextFastest(subflows, preference, fastest);
    while (slow !== null && batch.waiting > 0) {
      this.#assignAhead(batch, slow, preference);
      slow = nextFastest(subflows, preference, slow);
    }
  }

  #assignAhead(batch: SendBatch, slow: SubflowView, preference: number): void {
    const slot = this.#corrections.slot(slow, batch.subflows);
    const expected = bytesMeanwhile(batch.subflows, slow, preference);
    // A correction outweighs neither the estimate nor what the subflow can carry.
    const correction = Math.min(Math.max(this.#corrections.values[slot]!, -expected), slow.cwnd);
    this.#corrections.values[slot] = correction;
    const gap = Math.ceil((expected + correction) / slow.mss) * slow.mss;
    for (let at = batch.waitingFrom(batch.next + gap);;) {
      const bytes = wholeSegments(slow, batch.waitingTo(at) - at);
      const took = bytes > 0 ? batch.assign(slow, bytes, at) : 0;
      if (took === 0) return;
      this.#watch(slow, at);
      at = batch.waitingFrom(at + took);
    }
  }

  #watch(slow: SubflowView, start: number): void {
    if (this.#watched >= 0) return;
    this.#watched = slow.id;
    this.#start = start;
    this.#arrivedAt = slow.bytesAcked + slow.inFlight + slow.queued;
  }

  /** Corrects the gap of the subflow whose piece has arrived. */
  #learn(batch: SendBatch): void {
    if (this.#watched < 0) return;
    const slow = withId(batch.subflows, this.#watched);
    if (slow !== null && slow.bytesAcked < this.#arrivedAt) return;
    this.#watched = -1;
    if (slow === null) return;
    const slot = this.#corrections.slot(slow, batch.subflows);
    this.#corrections.values[slot]! += batch.unacked < this.#start ? -slow.mss : slow.mss;
  }
}

/** What the subflows that are faster than `slow` send in the time by which its way is longer than theirs. */
function bytesMeanwhile(subflows: readonly SubflowView[], slow: SubflowView, preference: number): number {
  if (!(slow.srtt > 0)) return 0;
  let bytes = 0;
  let fast = nextFastest(subflows, preference, null);
  while (fast !== null && fast !== slow) {
    bytes += fast.cwnd / fast.srtt * (slow.srtt - fast.srtt) / 2;
    fast = nextFastest(subflows, preference, fast);
  }
  // A number that may be no small integer would be allocated for each call.
  return Math.floor(bytes);
}

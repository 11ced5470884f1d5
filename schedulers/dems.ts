/**
 * Decoupled subflows: data is cut into chunks, which one subflow sends from the front and the others from the back until
 * they meet, so that all are done with a chunk at the same time.
 *
 * Guo, Nikravesh, Mao, Qian and Sen, "Accelerating Multipath Transport Through Balanced Subflow Completion" (MobiCom 2017).
 *
 * @module
 */

import type { Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, nextFastest } from "./fastest.ts";
import { within } from "./options.ts";
import { bestPreference } from "./preference.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode dems}. */
export interface DemsOptions {
  /** Bytes of a chunk, at most what waits when it begins; at least 1. Default: 1 MiB. */
  readonly chunk?: number;
  /** Bytes at most that each side sends once more of what the other carries beyond where they met, at least 0. Default: 16,384. */
  readonly redundancy?: number;
}

/**
 * The fastest subflow sends a chunk forwards, the others backwards from its end. They are to be through at the same time at
 * the receiver: once the fastest one can send all that is left before another piece of a slower one would arrive, the slower
 * one gets no more. Where they met, each goes on with a little of what the other carries, in case that is late.
 *
 * In the paper applications tell chunks; here a chunk is what waits, up to a size. The paper adapts the redundancy to the
 * variation of delays, here it is an option; and where it has two paths, all but the fastest send backwards.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { dems } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = dems({ chunk: 262_144 });
 * ```
 */
export function dems(options: DemsOptions = {}): Plugin<Scheduler> {
  const chunk = within("dems", "chunk", options.chunk ?? 1_048_576, 1, Infinity);
  const redundancy = within("dems", "redundancy", options.redundancy ?? 16_384, 0, Infinity);
  return { name: "dems", create: (): Scheduler => new Dems(Math.floor(chunk), Math.floor(redundancy)) };
}

class Dems implements Scheduler {
  readonly redundant = true;
  readonly #size: number;
  readonly #redundancy: number;
  /** The chunk, as data offsets; what lies between `#back` and its end was sent backwards. */
  #start = 0;
  #back = 0;
  #end = 0;
  /** What was repeated: from where they met up to here, and down to here. */
  #repeatedTo = 0;
  #repeatedFrom = 0;

  constructor(size: number, redundancy: number) {
    this.#size = size;
    this.#redundancy = redundancy;
  }

  schedule(batch: SendBatch): void {
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    if (batch.reason !== "data") return;
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const fastest = nextFastest(subflows, preference, null);
    if (fastest === null) return;
    while (batch.waiting > 0) {
      if (this.#isAssigned(batch)) this.#begin(batch);
      this.#forwards(batch, fastest);
      for (let slow = nextFastest(subflows, preference, fastest); slow !== null;) {
        this.#backwards(batch, slow, fastest);
        slow = nextFastest(subflows, preference, slow);
      }
      if (!this.#isAssigned(batch)) return;
    }
    this.#repeatForwards(batch, fastest);
    for (let slow = nextFastest(subflows, preference, fastest); slow !== null;) {
      this.#repeatBackwards(batch, slow);
      slow = nextFastest(subflows, preference, slow);
    }
  }

  #isAssigned(batch: SendBatch): boolean {
    return batch.waitingFrom(this.#start) >= this.#end;
  }

  #begin(batch: SendBatch): void {
    this.#start = batch.waitingFrom(batch.next);
    this.#end = this.#back = Math.min(batch.waitingTo(this.#start), this.#start + this.#size);
    this.#meet(this.#end);
  }

  #meet(at: number): void {
    this.#repeatedTo = this.#repeatedFrom = at;
  }

  #forwards(batch: SendBatch, fastest: SubflowView): void {
    for (;;) {
      const front = batch.waitingFrom(this.#start);
      const bytes = wholeSegments(fastest, Math.min(batch.waitingTo(front), this.#end) - front);
      if (bytes <= 0 || batch.assign(fastest, bytes, front) === 0) return;
    }
  }

  #backwards(batch: SendBatch, slow: SubflowView, fastest: SubflowView): void {
    const front = batch.waitingFrom(this.#start);
    const spared = bytesMeanwhile(fastest, slow);
    while (this.#back - front > spared) {
      const bytes = wholeSegments(slow, Math.min(slow.mss, this.#back - front));
      if (bytes === 0 || batch.assign(slow, bytes, this.#back - bytes) < bytes) return;
      this.#back -= bytes;
      this.#meet(this.#back);
    }
  }

  #repeatForwards(batch: SendBatch, fastest: SubflowView): void {
    const until = Math.min(this.#back + this.#redundancy, this.#end);
    let at = Math.max(this.#repeatedTo, batch.unacked);
    while (at < until && isCarriedElsewhere(batch, fastest, at)) {
      const bytes = wholeSegments(fastest, Math.min(fastest.mss, until - at));
      const took = bytes > 0 ? batch.assign(fastest, bytes, at) : 0;
      if (took === 0) break;
      at += took;
    }
    this.#repeatedTo = at;
  }

  #repeatBackwards(batch: SendBatch, slow: SubflowView): void {
    const until = Math.max(this.#back - this.#redundancy, this.#start, batch.unacked);
    while (this.#repeatedFrom > until && isCarriedElsewhere(batch, slow, this.#repeatedFrom - 1)) {
      const bytes = wholeSegments(slow, Math.min(slow.mss, this.#repeatedFrom - until));
      if (bytes === 0 || batch.assign(slow, bytes, this.#repeatedFrom - bytes) < bytes) return;
      this.#repeatedFrom -= bytes;
    }
  }
}

function isCarriedElsewhere(batch: SendBatch, subflow: SubflowView, at: number): boolean {
  const carrier = batch.carrier(at);
  return carrier !== null && carrier !== subflow;
}

/** What `fast` sends in the time by which the way over `slow` is longer, in whole bytes: fractions would be allocated. */
function bytesMeanwhile(fast: SubflowView, slow: SubflowView): number {
  if (!(fast.srtt > 0) || !(slow.srtt > 0)) return 0;
  return Math.floor(fast.cwnd / fast.srtt * (slow.srtt - fast.srtt) / 2);
}

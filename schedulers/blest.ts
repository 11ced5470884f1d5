/**
 * Blocking estimation: a slow subflow is left alone when what it takes would fill the connection's window before it
 * arrives, so that the fast one would have to stop.
 *
 * Ferlin, Alay, Mehani and Boreli, "BLEST: Blocking Estimation-based MPTCP Scheduler for Heterogeneous Networks" (IFIP
 * Networking 2016).
 *
 * @module
 */

import type { Micros, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { assignFastestFirst, fill, nextFastest } from "./fastest.ts";
import { within } from "./options.ts";
import { bestPreference } from "./preference.ts";
import { Relief } from "./relief.ts";
import { wholeSegments } from "./whole_segments.ts";

/** Options of {@linkcode blest}. */
export interface BlestOptions {
  /** What the estimate of the fast subflow is multiplied by at first, from `minimum` to `maximum`. Default: 1.2. */
  readonly lambda?: number;
  /** Below this it does not fall, above 0. Default: 1. */
  readonly minimum?: number;
  /** Above this it does not rise, at least `minimum`. Default: 1.3. */
  readonly maximum?: number;
  /** What a round trip of the fast subflow adds to it when the window was full in it, at least 0. Default: 0.04. */
  readonly increase?: number;
  /** What any other round trip takes from it, at least 0. Default: 0.01. */
  readonly decrease?: number;
}

/**
 * Lowest round-trip time first; a slower subflow only if it cannot block the fastest (section III of the paper).
 *
 * While a segment is on its way on the slow subflow, the fast one sends for `r = srtt_slow / srtt_fast` round trips, about
 * `X = (cwnd_fast + mss (r - 1) / 2) r` bytes. With `lambda X` of these, and with what the slow one carries, the window
 * must not be full. Lambda rises when the window was full all the same and falls otherwise; by how much the paper leaves
 * open, so it is what the authors' implementation for Linux does.
 *
 * A window that is full in spite of that is helped by sending its head again on the fast subflow; nobody is penalised.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { blest } from "@userspace/mptcp/schedulers";
 *
 * const scheduler = blest({ lambda: 1.2 });
 * ```
 */
export function blest(options: BlestOptions = {}): Plugin<Scheduler> {
  const minimum = within("blest", "minimum", options.minimum ?? 1, Number.MIN_VALUE, Infinity);
  const maximum = within("blest", "maximum", options.maximum ?? Math.max(1.3, minimum), minimum, Infinity);
  const settings: Required<BlestOptions> = {
    minimum,
    maximum,
    lambda: within("blest", "lambda", options.lambda ?? Math.min(Math.max(1.2, minimum), maximum), minimum, maximum),
    increase: within("blest", "increase", options.increase ?? 0.04, 0, Infinity),
    decrease: within("blest", "decrease", options.decrease ?? 0.01, 0, Infinity),
  };
  return { name: "blest", create: (): Scheduler => new Blest(settings) };
}

class Blest implements Scheduler {
  readonly #settings: Required<BlestOptions>;
  readonly #relief = new Relief({ penalisation: false });
  #lambda: number;
  #wasBlocked = false;
  #adaptAt: Micros = -Infinity;

  constructor(settings: Required<BlestOptions>) {
    this.#settings = settings;
    this.#lambda = settings.lambda;
  }

  schedule(batch: SendBatch, now: Micros): void {
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    const fastest = nextFastest(subflows, preference, null);
    if (fastest === null) return;
    if (batch.reason === "window-limited") this.#wasBlocked = true;
    this.#adapt(fastest.srtt, now);
    if (batch.reason === "window-limited") return this.#relief.handle(batch, now);
    if (batch.reason === "reinjection") return assignFastestFirst(batch);
    fill(batch, fastest);
    let slow = nextFastest(subflows, preference, fastest);
    while (slow !== null && batch.waiting > 0) {
      this.#assign(batch, slow, fastest);
      slow = nextFastest(subflows, preference, slow);
    }
  }

  /** Gives `slow` what leaves enough of the window to `fastest`. */
  #assign(batch: SendBatch, slow: SubflowView, fastest: SubflowView): void {
    while (batch.waiting > 0) {
      const window = batch.windowEnd - batch.unacked;
      const free = window - this.#lambda * bytesMeanwhile(fastest, slow) - slow.inFlight - slow.queued;
      if (free < slow.mss) return;
      const bytes = wholeSegments(slow, Math.min(batch.waiting, Math.floor(free / slow.mss) * slow.mss));
      if (bytes === 0 || batch.assign(slow, bytes) === 0) return;
    }
  }

  #adapt(roundTrip: Micros, now: Micros): void {
    if (now < this.#adaptAt) return;
    const { minimum, maximum, increase, decrease } = this.#settings;
    const lambda = this.#lambda + (this.#wasBlocked ? increase : -decrease);
    this.#lambda = Math.min(Math.max(lambda, minimum), maximum);
    this.#wasBlocked = false;
    this.#adaptAt = now + roundTrip;
  }
}

/** What `fast` sends in a round trip of `slow`, its window growing by a segment each of its own (equation 1). */
function bytesMeanwhile(fast: SubflowView, slow: SubflowView): number {
  if (!(fast.srtt > 0) || !(slow.srtt > 0)) return 0;
  const roundTrips = slow.srtt / fast.srtt;
  return (fast.cwnd + fast.mss * (roundTrips - 1) / 2) * roundTrips;
}

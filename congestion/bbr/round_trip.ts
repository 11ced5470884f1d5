/**
 * The time that the path takes when no queue is in it, and when to look for it (draft-ietf-ccwg-bbr-05 sections 5.3.4
 * and 5.5.7).
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";

/** A round trip counts as the shortest for so long. */
const FILTER: Micros = 10_000_000;
/** Without a shorter or equal one for so long, the flight is reduced to see one. */
const PROBE_INTERVAL: Micros = 5_000_000;

/** The shortest round trip of the last ten seconds. */
export class ShortestRoundTrip {
  /** Infinity before the first sample. */
  time: Micros = Infinity;
  /** True if it is time to look for it. */
  isProbeDue = false;

  #timeAt: Micros = 0;
  #recent: Micros = Infinity;
  #recentAt: Micros = 0;

  /** `rtt` is a sample, or 0 for none. */
  update(rtt: Micros, now: Micros): void {
    this.isProbeDue = this.#recent < Infinity && now > this.#recentAt + PROBE_INTERVAL;
    if (rtt > 0 && (rtt < this.#recent || this.isProbeDue)) {
      this.#recent = rtt;
      this.#recentAt = now;
    }
    if (this.#recent < this.time || now > this.#timeAt + FILTER) {
      this.time = this.#recent;
      this.#timeAt = this.#recentAt;
    }
  }

  /** It was looked for just now. */
  probed(now: Micros): void {
    this.#recentAt = now;
  }
}

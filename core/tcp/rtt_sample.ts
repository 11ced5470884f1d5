/**
 * The round-trip times that one acknowledgment shows.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { RttEstimator } from "./rtt.ts";

/** Filled segment by segment, and reused. */
export class RttSample {
  /** Of what the acknowledgment delivers and was sent once; 0 for none. */
  shortest: Micros = 0;

  #longest: Micros = 0;

  /** An acknowledgment begins. */
  start(): void {
    this.#longest = this.shortest = 0;
  }

  /** It delivers what was sent once, `rtt` ago. */
  note(rtt: Micros): void {
    if (rtt > this.#longest) this.#longest = rtt;
    if (this.shortest === 0 || rtt < this.shortest) this.shortest = rtt;
  }

  /** Karn's rule: segments sent again give no sample unless the timestamp echo tells the copies apart. */
  update(estimator: RttEstimator, timestampRtt: Micros, now: Micros): void {
    if (this.#longest > 0) estimator.update(this.#longest, this.shortest, now);
    else if (timestampRtt > 0) estimator.update(timestampRtt, timestampRtt, now);
  }
}

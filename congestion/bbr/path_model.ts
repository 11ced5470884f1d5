/**
 * What BBR believes of a path: its bandwidth, its shortest round trip, and how bunched acknowledgments come
 * (draft-ietf-ccwg-bbr-05 section 5.5).
 *
 * @module
 */

import type { AckSample } from "../../core/plugin.ts";
import { Aggregation } from "./aggregation.ts";
import { ShortestRoundTrip } from "./round_trip.ts";

/** The model of one path. */
export class PathModel {
  /** Its shortest round trip. */
  readonly shortest: ShortestRoundTrip = new ShortestRoundTrip();
  /** Its bunches of acknowledgments. */
  readonly aggregation: Aggregation = new Aggregation();
  /** Bandwidth in force in bytes a second: the largest that was measured, within the bounds of the short term; bw. */
  rate = 0;
  /** Largest delivery rate of this cycle of probing, and of the one before. */
  #current = 0;
  #previous = 0;

  /** Largest delivery rate of the last two cycles, in bytes a second; max_bw. */
  get bandwidth(): number {
    return Math.max(this.#current, this.#previous);
  }

  /** Bytes that the path holds without a queue at `rate`, or `unknown` before its round trip is known; bdp. */
  product(rate: number, unknown: number): number {
    const { time } = this.shortest;
    return time === Infinity ? unknown : rate * time / 1e6;
  }

  /** BBRUpdateMaxBw (section 5.5.5): samples of a sender short of data count only if they are larger. */
  measure({ deliveryRate, appLimited }: AckSample): void {
    if (deliveryRate >= this.bandwidth || !appLimited) this.#current = Math.max(this.#current, deliveryRate);
  }

  /** A cycle of probing is over: what was measured in the one before is forgotten (section 5.5.6). */
  beginCycle(): void {
    this.#previous = this.#current;
    this.#current = 0;
  }
}

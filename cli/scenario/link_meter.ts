/**
 * How well a link is used.
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";
import type { Link, Simulator } from "../../sim/mod.ts";
import type { LinkReport } from "./report.ts";

/** Measures one direction of a link from the beginning of the simulation. */
export class LinkMeter {
  readonly #simulator: Simulator;
  readonly #name: string;
  readonly #from: string;
  readonly #to: string;
  readonly #link: Link;
  /** Bits that it could have carried until `#since`. */
  #capacity = 0;
  #since: Micros = 0;

  /** `link`, which leads from node `from` to node `to` and is called `name`. */
  constructor(simulator: Simulator, name: string, from: string, to: string, link: Link) {
    this.#simulator = simulator;
    this.#name = name;
    this.#from = from;
    this.#to = to;
    this.#link = link;
  }

  /** The link is about to change. */
  handleChange(): void {
    const now = this.#simulator.now();
    const { rate = Infinity, up = true } = this.#link.options;
    const bitsPerSecond = typeof rate === "number" ? rate : rate.meanRate;
    if (up && now > this.#since) this.#capacity += bitsPerSecond * (now - this.#since) / 1e6;
    this.#since = now;
  }

  /** What it has done so far. */
  report(): LinkReport {
    this.handleChange();
    const { counters } = this.#link;
    return {
      name: this.#name,
      from: this.#from,
      to: this.#to,
      bytes: counters.bytesDelivered,
      packets: counters.packetsDelivered,
      utilisation: Number.isFinite(this.#capacity) && this.#capacity > 0
        ? 8 * counters.bytesDelivered / this.#capacity
        : null,
      dropped: { ...counters.dropped },
      duplicated: counters.duplicated,
      corrupted: counters.corrupted,
      reordered: counters.reordered,
      marked: counters.marked,
      queueHighWaterPackets: counters.queueHighWaterPackets,
      queueHighWaterBytes: counters.queueHighWaterBytes,
    };
  }
}

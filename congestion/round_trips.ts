/**
 * Round trips counted in packets.
 *
 * @module
 */

import type { AckSample } from "../core/plugin.ts";

/**
 * Tells where one round trip ends and the next begins: a round is over when something is acknowledged that was sent after
 * it began (draft-ietf-ccwg-bbr-05 section 5.5.1).
 */
export class RoundTrips {
  #end = 0;

  /** Takes each acknowledgment in turn; true if a new round begins with it. */
  begins(sample: AckSample): boolean {
    if (sample.priorDelivered < this.#end) return false;
    this.#end = sample.delivered;
    return true;
  }

  /** Lets a round begin now, when `delivered` bytes were delivered. */
  restart(delivered: number): void {
    this.#end = delivered;
  }
}

/**
 * Tail loss probes: the end of a flight that nobody acknowledges is asked about before the timeout (RFC 8985 section 7).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { RttEstimator } from "./rtt.ts";

/** Longest time that a peer may sit on an acknowledgment; added to the probe of a lone segment. */
const MAX_ACK_DELAY: Micros = 200_000;

/** The probe that is on its way, if there is one. */
export class LossProbe {
  #end = -1;
  #isRetransmission = false;

  /** A probe was sent and its episode is not over. */
  get isOutstanding(): boolean {
    return this.#end >= 0;
  }

  /** A probe leaves; `end` is the offset that is acknowledged when it has arrived. */
  onSent(end: number, isRetransmission: boolean): void {
    this.#end = end;
    this.#isRetransmission = isRetransmission;
  }

  /**
   * Takes the acknowledgment `ack`; true if it ends the episode of a retransmission that repaired a loss (section 7.4.2).
   * It may report a duplicate, or say nothing else.
   */
  onAck(ack: number, reportsDuplicate: boolean, isBareDuplicate: boolean): boolean {
    if (this.#end < 0 || ack < this.#end) return false;
    const isUnclear = this.#isRetransmission && !reportsDuplicate;
    // That both copies arrived may be said later than that one did.
    if (isUnclear && ack === this.#end && !isBareDuplicate) return false;
    const isRepair = isUnclear && ack > this.#end;
    this.#end = -1;
    return isRepair;
  }

  /** Recovery, or its end, has made the question pointless. */
  reset(): void {
    this.#end = -1;
  }
}

/** How long after the last segment a probe leaves (section 7.2); `isLone` if only one segment is outstanding. */
export function probeTimeout(rtt: RttEstimator, isLone: boolean): Micros {
  return Math.min(2 * rtt.smoothed + (isLone ? MAX_ACK_DELAY : 2000), rtt.timeout);
}

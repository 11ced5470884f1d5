/**
 * The Eifel test (RFC 3522 section 3.2): an acknowledgment that echoes a clock from before the first retransmission is for
 * the original, so the retransmission was for nothing.
 *
 * @module
 */

import type { Segment } from "./segment.ts";

/** Remembers when the retransmissions that are outstanding began. */
export class Eifel {
  /** Clock of the first of them in milliseconds; NaN for none. */
  #first = NaN;
  #end = 0;

  /** `segment` leaves once more, with `millis` as its timestamp. */
  onRetransmitted(segment: Segment, millis: number): void {
    if (Number.isNaN(this.#first)) this.#first = millis;
    if (segment.end > this.#end) this.#end = segment.end;
  }

  /**
   * A recovery begins or ends with everything below `una` acknowledged. A retransmission that is still on its way will be
   * answered with its own clock, which is before any of the next recovery, and was not for nothing.
   */
  onRecovery(una: number): void {
    if (una >= this.#end) this.#first = NaN;
  }

  /** Begins anew: what was sent again before does not matter any more. */
  reset(): void {
    this.#first = NaN;
  }

  /** Whether an acknowledgment that echoes `millis`, NaN without timestamps, is for an original. */
  isForOriginal(millis: number): boolean {
    return millis < this.#first;
  }
}

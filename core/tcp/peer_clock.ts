/**
 * The clock of the peer, as its timestamps show it (RFC 7323).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { sequenceDistance } from "../wire/seq.ts";

/**
 * How long a timestamp tells old segments from new ones: a clock of milliseconds passes half of its range in 24.8 days
 * (RFC 7323 section 5.5).
 */
const VALIDITY: Micros = 24 * 86_400_000_000;

/** Remembers the most recent timestamp of the peer, to echo it and to know old segments by theirs. */
export class PeerClock {
  /** The timestamp to echo; TS.Recent. */
  recent = 0;

  #takenAt: Micros = 0;

  /** `timestamp` is more recent, or as much so. */
  take(timestamp: number, now: Micros): void {
    this.recent = timestamp;
    this.#takenAt = now;
  }

  /** Whether a segment with `timestamp` comes from a time gone by (PAWS, RFC 7323 section 5.3). */
  isPast(timestamp: number, now: Micros): boolean {
    return sequenceDistance(this.recent, timestamp) < 0 && now - this.#takenAt <= VALIDITY;
  }
}

/**
 * Sends at the rate that the congestion controller asks for.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { Recovery } from "./recovery.ts";
import type { TcpSocket } from "./socket.ts";

/** What a sender that had nothing to send may send at once, as time at its rate: what Linux aims at. */
const BURST: Micros = 1000;
/** Part of a round trip for which a sender that woke too late makes up. */
const MOST_LATENESS = 1 / 2;
/** Segments that a super-segment holds at least, however slow the path: Linux's tcp_min_tso_segs. */
const FEWEST_SEGMENTS = 2;

/** When the next segment of new or lost data of one sender may leave. */
export class Pacer {
  /** When the sender has to wake for what pacing holds back; Infinity if nothing is. */
  wakeAt: Micros = Infinity;
  #sendAt: Micros = 0;
  /** What leaves next was held back by pacing, and not for lack of data or window. */
  #isBehind = false;

  /** Whether the next segment has to wait; the sender then wakes by itself. */
  holds(now: Micros): boolean {
    if (this.#sendAt <= now) return false;
    this.wakeAt = this.#sendAt;
    this.#isBehind = true;
    return true;
  }

  /** Nothing could leave, whatever the rate. */
  noteIdle(): void {
    this.#isBehind = false;
  }

  /**
   * `bytes` of payload leave. If pacing alone held them back until now, the time since they might have left counts: timers
   * are late, by much when the machine is busy, and the rate would be a matter of how late.
   */
  onSent(bytes: number, { controller: { pacingRate }, rtt }: Recovery, now: Micros): void {
    const credit = this.#isBehind ? Math.max(BURST, rtt.smoothed * MOST_LATENESS) : BURST;
    if (isUnpaced(pacingRate)) this.#sendAt = 0;
    else this.#sendAt = Math.max(this.#sendAt, now - credit) + (bytes * 1e6) / pacingRate;
  }
}

/**
 * Longest payload that may leave in one piece. A super-segment is no longer than what leaves within a burst: on a slow
 * path it would be the whole window otherwise, and all of it carries one acknowledgment (Linux's tcp_tso_autosize).
 */
export function longestPayload(socket: TcpSocket): number {
  const { mss, path, recovery } = socket;
  if (path.superSegment <= mss) return mss;
  const rate = recovery.controller.pacingRate;
  if (isUnpaced(rate)) return path.superSegment;
  return Math.min(path.superSegment, Math.max((rate * BURST) / 1e6, FEWEST_SEGMENTS * mss));
}

function isUnpaced(rate: number): boolean {
  return rate === Infinity || !(rate > 0);
}

/**
 * Sends at the rate that the congestion controller asks for.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { TcpSocket } from "./socket.ts";

/** How far a sender may run behind its schedule and make up for it in a burst: what Linux aims at. */
const BURST: Micros = 1000;
/** Segments that a super-segment holds at least, however slow the path: Linux's tcp_min_tso_segs. */
const FEWEST_SEGMENTS = 2;

/** Whether the next segment of new or lost data has to wait; the socket then wakes by itself. */
export function isHeldByPacing(socket: TcpSocket, now: Micros): boolean {
  if (socket.sendAt <= now) return false;
  socket.isPaced = true;
  return true;
}

/** `bytes` of payload leave. */
export function pace(socket: TcpSocket, bytes: number, now: Micros): void {
  const rate = socket.recovery.controller.pacingRate;
  if (isUnpaced(rate)) socket.sendAt = 0;
  else socket.sendAt = Math.max(socket.sendAt, now - BURST) + (bytes * 1e6) / rate;
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

/**
 * What one TCP socket has counted since it was made.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** Counts and times of one subflow; reading and writing them costs the same whatever it carries. */
export class Figures {
  /** Segments sent, those with neither data nor SYN or FIN included; what the transport cuts counts as its parts. */
  segmentsSent = 0;
  /** Segments that arrived for it; what came put together counts as one. */
  segmentsReceived = 0;
  /** Segments with payload sent. */
  dataSegmentsSent = 0;
  /** Segments with payload received. */
  dataSegmentsReceived = 0;
  /** Payload bytes sent, repetitions included. */
  bytesSent = 0;
  /** Segments with data or FIN sent again. */
  retransmissions = 0;
  /** Payload bytes sent again. */
  bytesRetransmitted = 0;
  /** When payload left last; NaN before the first. */
  lastSentAt: Micros = NaN;
  /** When payload came last; NaN before the first. */
  lastReceivedAt: Micros = NaN;
  /** When an acknowledgment came last; NaN before the first. */
  lastAckAt: Micros = NaN;

  /** How long something was sent and not acknowledged, up to the last segment sent or received. */
  busyTime: Micros = 0;

  #isBusy = false;
  #notedAt: Micros = 0;

  /** A segment with `payload` bytes, `parts` of them on the wire, left. */
  noteSent(payload: number, parts: number, isRepeated: boolean, now: Micros): void {
    this.bytesSent += payload;
    this.dataSegmentsSent += parts;
    if (payload > 0) this.lastSentAt = now;
    if (!isRepeated) return;
    this.retransmissions++;
    this.bytesRetransmitted += payload;
  }

  /** A segment came. */
  noteReceived(payload: number, hasAck: boolean, now: Micros): void {
    this.segmentsReceived++;
    if (hasAck) this.lastAckAt = now;
    if (payload === 0) return;
    this.dataSegmentsReceived++;
    this.lastReceivedAt = now;
  }

  /** Something is, or nothing is any more, sent and not acknowledged. */
  noteBusy(isBusy: boolean, now: Micros): void {
    if (this.#isBusy) this.busyTime += now - this.#notedAt;
    this.#isBusy = isBusy;
    this.#notedAt = now;
  }
}

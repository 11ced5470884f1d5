/**
 * The window that the peer grants one subflow: nothing leaves for the first time beyond it (RFC 9293 section 3.8.6, RFC 8684
 * section 3.3.5).
 *
 * The window of a connection is one for all of its subflows, and its edge only moves right. What a subflow itself was told
 * may be less: it is older, or a box on this path that has less room has made it so. Linux sends what the window of the
 * connection allows all the same.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { MAX_TIMEOUT } from "./rtt.ts";
import type { TcpSocket } from "./socket.ts";

/** Part of the largest window ever that is no silly one (RFC 9293 section 3.8.6.2.1). */
const WORTHWHILE = 1 / 2;

/** SND.WND of one socket, with what it is renewed by. */
export class SendWindow {
  /** What was granted last, in bytes. */
  size = 0;
  /** When it was. */
  at: Micros = NaN;
  /** The largest of all. */
  largest = 0;
  /** One past the last offset that may leave for the first time. */
  edge = 1;
  /** When to ask for another; Infinity while nothing waits for that. */
  askAt: Micros = Infinity;

  /** Offsets of the segment that brought it: SND.WL1 and SND.WL2. */
  #sequence = 0;
  #acknowledged = 0;
  /** Questions since the edge moved. */
  #tries = 0;
  /** Questions since the peer was heard of. */
  #unanswered = 0;
  /** The last question has had its time: what little there is may leave. */
  #isOverridden = false;

  /** The peer's SYN, or its answer to ours, has this window, and acknowledges everything below offset `acknowledged`. */
  begin(size: number, acknowledged: number, now: Micros): void {
    this.#sequence = 0;
    this.#set(size, acknowledged, now);
  }

  /**
   * An acknowledgment of everything below offset `acknowledged`, in a segment at the peer's offset `sequence`, has this
   * window. A segment that was overtaken says nothing (RFC 9293 section 3.10.7.4, fifth).
   */
  take(size: number, acknowledged: number, sequence: number, now: Micros): void {
    this.#unanswered = 0;
    const isOld = sequence < this.#sequence || (sequence === this.#sequence && acknowledged < this.#acknowledged);
    if (isOld) return;
    this.#sequence = sequence;
    this.#set(size, acknowledged, now);
  }

  /**
   * How many of `length` bytes from offset `start` on may leave in whole segments of `mss`; less only if they are all, or if
   * nothing is on its way that would bring more (RFC 9293 section 3.8.6.2.1).
   */
  allowance(start: number, length: number, mss: number, isIdle: boolean): number {
    const room = this.edge - start;
    if (length <= room) return length;
    if (room >= mss) return room - room % mss;
    return room > 0 && isIdle && (this.#isOverridden || room >= this.largest * WORTHWHILE) ? room : 0;
  }

  /** Something waits for a wider window of `socket`, and nothing is on its way that would bring one. */
  waitForMore({ recovery: { rtt } }: TcpSocket, now: Micros): void {
    if (this.askAt !== Infinity) return;
    // What was said more than a round trip ago may long have changed.
    const isOld = this.#tries === 0 && now - this.at > rtt.smoothed;
    this.askAt = isOld ? now : now + Math.min(rtt.timeout * 2 ** this.#tries, MAX_TIMEOUT);
  }

  /** Asks the peer, and lets go what little there is; false if it was asked too often in vain. */
  ask(socket: TcpSocket): boolean {
    this.askAt = Infinity;
    if (++this.#unanswered > socket.settings.retries) return false;
    this.#tries++;
    this.#isOverridden = this.edge > socket.recovery.board.nxt;
    if (!this.#isOverridden) {
      socket.context.counters.TcpExtTCPWinProbe++;
      socket.requestProbe();
    }
    return true;
  }

  /** Something left, or nothing waits any more. */
  settle(): void {
    this.askAt = Infinity;
    this.#isOverridden = false;
  }

  #set(size: number, acknowledged: number, now: Micros): void {
    const edge = acknowledged + size;
    if (edge > this.edge) this.#tries = 0;
    if (edge !== this.edge) this.settle();
    this.#acknowledged = acknowledged;
    this.size = size;
    this.edge = edge;
    this.at = now;
    if (size > this.largest) this.largest = size;
  }
}

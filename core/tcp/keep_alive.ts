/**
 * Questions to an idle peer, whether it is there (RFC 1122 section 4.2.3.6).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { TcpSocket } from "./socket.ts";
import { isSynchronized } from "./state.ts";

/** Retransmission timeouts for which data may stop coming, and an answer may stay away, where paths forget. */
const TIMEOUTS_OF_SILENCE = 2;

/** The keep-alive timer of one socket. */
export class KeepAlive {
  /** When to ask; Infinity for never. */
  at: Micros = Infinity;

  #tries = 0;
  /** The last that came was data. */
  #isReceiving = false;

  /** Whether the peer of `socket` is ever asked. */
  static isWanted({ settings, path }: TcpSocket): boolean {
    return settings.keepAlive || path.keepAlive < Infinity;
  }

  /** The peer is there, and sent data or not; or the settings of `socket` changed. */
  restart(socket: TcpSocket, isData: boolean, now: Micros): void {
    this.#tries = 0;
    this.#isReceiving = isData;
    this.#arm(socket, now);
  }

  /** Nothing is to be asked any more. */
  stop(): void {
    this.at = Infinity;
  }

  /** Asks; false if the peer has left too many questions unanswered. Data in flight asks by itself. */
  ask(socket: TcpSocket, now: Micros): boolean {
    if (socket.recovery.board.outstanding > 0) this.#tries = 0;
    else if (this.#tries++ >= socket.settings.keepAliveProbes) return false;
    else socket.requestProbe();
    this.#arm(socket, now);
    return true;
  }

  #arm(socket: TcpSocket, now: Micros): void {
    const { keepAlive, keepAliveTime, keepAliveInterval } = socket.settings;
    const isIdle = isSynchronized(socket.state) && socket.state !== "time-wait";
    const wanted = keepAlive ? (this.#tries === 0 ? keepAliveTime : keepAliveInterval) : Infinity;
    this.at = isIdle ? now + Math.min(wanted, this.#patience(socket)) : Infinity;
  }

  /**
   * How long the path may be silent. Who receives has nothing to say when data stops coming, and would not learn that a
   * translator has forgotten the subflow: after as long as the peer would wait before it sends again, it asks once.
   */
  #patience({ path, recovery }: TcpSocket): Micros {
    const answer = TIMEOUTS_OF_SILENCE * recovery.rtt.timeout;
    if (this.#tries > 0) return Math.max(path.keepAlive, answer);
    return this.#isReceiving ? Math.min(path.keepAlive, answer) : path.keepAlive;
  }
}

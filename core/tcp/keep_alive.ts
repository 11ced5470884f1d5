/**
 * Questions to an idle peer, whether it is there (RFC 1122 section 4.2.3.6).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { TcpSocket } from "./socket.ts";
import { isSynchronized } from "./state.ts";

/** The keep-alive timer of one socket. */
export class KeepAlive {
  /** When to ask; Infinity for never. */
  at: Micros = Infinity;

  #tries = 0;

  /** The peer is there, or the settings of `socket` changed. */
  restart(socket: TcpSocket, now: Micros): void {
    this.#tries = 0;
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
    if (!keepAlive || !isIdle) this.at = Infinity;
    else this.at = now + (this.#tries === 0 ? keepAliveTime : keepAliveInterval);
  }
}

/**
 * What a subflow waits for, and what it does when that takes too long.
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import { KeepAlive } from "./keep_alive.ts";
import { detectBlackHole, judgeProbe } from "./mtu_probe.ts";
import { isGivenUp, TROUBLE_AFTER } from "./patience.ts";
import { INITIAL_TIMEOUT } from "./rtt.ts";
import type { TcpSocket } from "./socket.ts";
import { isSynchronized } from "./state.ts";
import { UserTimeout } from "./user_timeout.ts";

/** The timers of one socket, those of its parts included, seen as one deadline. */
export class TcpTimers {
  readonly #socket: TcpSocket;
  #synAt: Micros = Infinity;
  #expireAt: Micros = Infinity;
  readonly #keepAlive = new KeepAlive();
  readonly #userTimeout = new UserTimeout();

  /** For `socket`. */
  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  /** Makes the SYN or SYN/ACK leave, and leave again until it is answered. */
  startSyn(now: Micros): void {
    const socket = this.#socket;
    socket.isSynDue = true;
    this.#synAt = now + INITIAL_TIMEOUT * 2 ** socket.synTries;
    socket.context.activate(socket);
    this.update();
  }

  /** The SYN is answered. */
  stopSyn(): void {
    this.#synAt = Infinity;
    this.#socket.isSynDue = false;
  }

  /** The socket lives for as long as stray segments may, and no longer; the caller updates the deadline. */
  armExpiry(now: Micros): void {
    this.#expireAt = now + this.#socket.settings.timeWait;
  }

  /** A segment was taken: the peer is there, and sent data or not. */
  handleReceived(isData: boolean, now: Micros): void {
    if (KeepAlive.isWanted(this.#socket)) this.#keepAlive.restart(this.#socket, isData, now);
    this.noteUnacknowledged(now);
  }

  /** The SYN or bytes may wait for their acknowledgment, or do so no longer. */
  noteUnacknowledged(now: Micros): void {
    const { state, figures, userTimeouts, settings, recovery: { board: { una, nxt } } } = this.#socket;
    const isWaiting = state !== "closed" && (una < nxt || !isSynchronized(state));
    figures.noteBusy(una < nxt, now);
    this.#userTimeout.note(una, isWaiting, userTimeouts.of(settings), now);
  }

  /** The settings changed. */
  restart(now: Micros): void {
    this.#keepAlive.restart(this.#socket, false, now);
    this.#userTimeout.reset();
    this.noteUnacknowledged(now);
    this.update();
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    const socket = this.#socket;
    const { recovery, receiver, pacer, sendWindow } = socket;
    if (this.#expireAt <= now) return this.#expire(now);
    if (this.#userTimeout.at <= now) return this.#giveUp(now);
    if (this.#synAt <= now) this.#retrySyn(now);
    if (receiver.ackAt <= now) receiver.handleAckTimeout();
    if (pacer.wakeAt <= now) pacer.wakeAt = Infinity;
    if (sendWindow.askAt <= now && !this.#askForWindow(now)) return this.#giveUp(now);
    if (recovery.timer.at <= now && !this.#handleRecoveryTimer(now)) return this.#giveUp(now);
    if (this.#keepAlive.at <= now && !this.#keepAlive.ask(socket, now)) return socket.abort(this.#reason, now);
    socket.context.activate(socket);
    this.update();
  }

  /** Tells the stack when the socket wants to be woken. */
  update(): void {
    const socket = this.#socket;
    const { recovery, receiver, pacer, sendWindow } = socket;
    let deadline = Math.min(recovery.timer.at, receiver.ackAt);
    if (this.#synAt < deadline) deadline = this.#synAt;
    if (this.#expireAt < deadline) deadline = this.#expireAt;
    if (pacer.wakeAt < deadline) deadline = pacer.wakeAt;
    if (this.#keepAlive.at < deadline) deadline = this.#keepAlive.at;
    if (this.#userTimeout.at < deadline) deadline = this.#userTimeout.at;
    if (sendWindow.askAt < deadline) deadline = sendWindow.askAt;
    if (deadline === socket.deadline) return;
    socket.deadline = deadline;
    socket.context.rearm(socket);
  }

  /** The socket is closed, and its parts wait for nothing any more. */
  clear(): void {
    this.#synAt = this.#expireAt = Infinity;
    this.#keepAlive.stop();
    this.#userTimeout.reset();
    this.update();
  }

  #expire(now: Micros): void {
    if (this.#socket.state === "time-wait") return this.#socket.transition("expired", now);
    this.#socket.close("timeout", now);
  }

  #retrySyn(now: Micros): void {
    const socket = this.#socket;
    const { synRetries, synAckRetries } = socket.settings;
    if (socket.synTries >= (socket.isPassive ? synAckRetries : synRetries)) return this.#giveUp(now);
    socket.synTries++;
    socket.hooks.handleSynRetry?.(socket.synTries);
    socket.context.counters.TcpRetransSegs++;
    this.startSyn(now);
  }

  /** False if the peer was asked too often in vain. */
  #askForWindow(now: Micros): boolean {
    if (!this.#socket.sendWindow.ask(this.#socket)) return false;
    this.#socket.hooks.handleRoom?.(now);
    return true;
  }

  /** False if data was sent again too often in vain. */
  #handleRecoveryTimer(now: Micros): boolean {
    const socket = this.#socket;
    const { recovery } = socket;
    if (!recovery.handleTimer(now)) {
      judgeProbe(socket, now);
      return true;
    }
    if (isGivenUp(socket, now)) return false;
    detectBlackHole(socket, now);
    if (recovery.rtt.backoff === TROUBLE_AFTER) socket.hooks.handleTrouble?.("timeout");
    socket.hooks.handleTimeout(now);
    return true;
  }

  #giveUp(now: Micros): void {
    this.#socket.close(this.#reason, now);
  }

  /** What the network said is the better explanation than silence. */
  get #reason(): SubflowCloseReason {
    return this.#socket.networkError === null ? "timeout" : "unreachable";
  }
}

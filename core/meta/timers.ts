/**
 * What a connection waits for beside its subflows' own timers.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { MAX_TIMEOUT } from "../tcp/rtt.ts";
import { UserTimeout } from "../tcp/user_timeout.ts";
import { MultipathHooks } from "./multipath.ts";
import type { MetaSocket } from "./socket.ts";
import type { SocketOptions } from "./options.ts";
import type { Subflow } from "./subflow.ts";

/** How long less than a segment is left alone at most (RFC 9293 section 3.8.6.2.1). */
const LONGEST_OVERRIDE: Micros = 1_000_000;

/** What the one timer for a stalled stream is for. */
type StallKind =
  | "none"
  /** The peer's window is closed: ask for it (RFC 9293 section 3.8.6.1). */
  | "window-probe"
  /** It takes less than is worth a segment: use it all the same after a while (RFC 9293 section 3.8.6.2.1). */
  | "silly-window"
  /** DATA_FIN is not acknowledged. */
  | "data-fin"
  /** All is acknowledged on subflows, but DATA_ACK is missing: send again (RFC 8684 section 3.3.6). */
  | "data-retransmission";

/** The timers of one connection, seen as one deadline. */
export class MetaTimers {
  readonly #meta: MetaSocket;
  #stall: StallKind = "none";
  #stallAt: Micros = Infinity;
  #stallTries = 0;
  #unanswered = 0;
  #lingerAt: Micros = Infinity;
  /** The last time at which the scheduler asked to be woken and was. */
  #wokenFor: Micros = -1;
  readonly #userTimeout = new UserTimeout();

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** The connection shall end if no path comes up within the close timeout. */
  armLinger(now: Micros): void {
    // What is tried meanwhile in vain does not make the wait longer.
    this.#lingerAt = Math.min(this.#lingerAt, now + this.#meta.options.closeTimeout);
    this.update();
  }

  /** Times in a row that the timer for a stalled stream expired. */
  get stalls(): number {
    return this.#stallTries;
  }

  /** A path is up. */
  cancelLinger(): void {
    if (this.#meta.closing.isOrphan) return;
    this.#lingerAt = Infinity;
    this.update();
  }

  /** The third ACK of the join is to be repeated until the peer has it (RFC 8684 section 3.2). */
  armConfirmation(subflow: Subflow, now: Micros): void {
    subflow.confirmAt = now + subflow.tcp.recovery.rtt.timeout * 2 ** subflow.confirmTries++;
    this.update();
  }

  /** DATA_FIN left. */
  armDataFin(now: Micros): void {
    this.#armStall("data-fin", now);
  }

  /** The peer is there. */
  noteAnswer(): void {
    this.#unanswered = 0;
  }

  /** Something may wait for DATA_ACK, or does so no longer. */
  noteUnacknowledged(now: Micros): void {
    const { queue, options, state } = this.#meta;
    const end = queue.finAt === Infinity ? queue.end : queue.finAt + 1;
    this.#userTimeout.note(queue.una, queue.una < end && state !== "closed", this.#patience(options), now);
  }

  /** DATA_ACK advanced. */
  handleProgress(now: Micros): void {
    this.noteUnacknowledged(now);
    this.#stallTries = 0;
    this.#stall = "none";
    this.#stallAt = Infinity;
  }

  /** The scheduler was asked: what is left may be stalled. */
  handleScheduled(now: Micros): void {
    const kind = this.#stallKind();
    if (kind === this.#stall) return this.update();
    // What is sent again and acknowledged by a subflow, but not by DATA_ACK, is no progress: the back-off goes on.
    this.#armStall(kind, now);
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    const meta = this.#meta;
    if (this.#lingerAt <= now) {
      this.#lingerAt = Infinity;
      return meta.closing.handleLingerExpired(now);
    }
    if (this.#userTimeout.at <= now) return meta.closing.handleStalled(now);
    for (const subflow of meta.subflows) if (subflow.confirmAt <= now) this.#repeatConfirmation(subflow, now);
    for (const { suspectAt, tcp } of [...meta.subflows]) {
      if (suspectAt <= now && tcp.hooks instanceof MultipathHooks) tcp.hooks.handleSuspicion(now);
    }
    if (meta.failure !== null && meta.failure.deadline <= now) meta.failure.handleTimeout(now);
    if (meta.paths.deadline <= now) meta.paths.handleTimeout(now);
    if (this.#stallAt <= now) this.#handleStall(now);
    if (this.#schedulerAt <= now) {
      this.#wokenFor = this.#schedulerAt;
      meta.context.activateMeta(meta);
    }
    this.update();
  }

  /** Recomputes the deadline. */
  update(): void {
    const meta = this.#meta;
    let deadline = Math.min(this.#stallAt, this.#lingerAt, meta.paths.deadline, meta.failure?.deadline ?? Infinity);
    if (this.#userTimeout.at < deadline) deadline = this.#userTimeout.at;
    if (meta.state === "established" && !meta.isActive) deadline = Math.min(deadline, this.#schedulerAt);
    for (const { confirmAt, suspectAt } of meta.subflows) deadline = Math.min(deadline, confirmAt, suspectAt);
    if (meta.state === "closed") deadline = Infinity;
    if (deadline === meta.deadline) return;
    meta.deadline = deadline;
    meta.context.rearm(meta);
  }

  /** When the scheduler has to be woken. Once for each time: it cannot name another before it is asked something. */
  get #schedulerAt(): Micros {
    const { wakeAt } = this.#meta.scheduler;
    return wakeAt === undefined || wakeAt === this.#wokenFor ? Infinity : wakeAt;
  }

  /** The connection is over. */
  clear(): void {
    this.#stallAt = this.#lingerAt = Infinity;
    this.#userTimeout.reset();
    this.update();
  }

  /** As long as that of the most patient subflow, if peers may ask for more. */
  #patience({ userTimeout, exchangeUserTimeout }: SocketOptions): Micros {
    if (!exchangeUserTimeout) return userTimeout;
    let patience = userTimeout;
    for (const { tcp } of this.#meta.subflows) patience = Math.max(patience, tcp.userTimeouts.of(tcp.settings));
    return patience;
  }

  #stallKind(): StallKind {
    const { queue, subflows, isMultipath, repetition, scheduling } = this.#meta;
    if (queue.next === queue.finAt && isMultipath && queue.una === queue.finAt) return "data-fin";
    if (queue.next < queue.end && queue.waiting === 0 && queue.una === queue.next) return "window-probe";
    if (scheduling.isWindowSilly) return "silly-window";
    if (!repetition.isPossible || queue.una >= queue.next || queue.hasReinjections) return "none";
    for (const { tcp } of subflows) if (tcp.recovery.board.una < tcp.recovery.board.end) return "none";
    return "data-retransmission";
  }

  #armStall(kind: StallKind, now: Micros): void {
    this.#stall = kind;
    if (kind === "none") this.#stallAt = Infinity;
    else if (kind === "silly-window") this.#stallAt = now + Math.min(this.#stallTimeout(), LONGEST_OVERRIDE);
    else this.#stallAt = now + this.#stallTimeout();
    this.update();
  }

  #stallTimeout(): Micros {
    let timeout = Infinity;
    for (const { tcp, usable } of this.#meta.subflows) {
      if (usable) timeout = Math.min(timeout, tcp.recovery.rtt.timeout);
    }
    if (timeout === Infinity) timeout = 1_000_000;
    return Math.min(timeout * 2 ** Math.min(this.#stallTries, 16), MAX_TIMEOUT);
  }

  #handleStall(now: Micros): void {
    const meta = this.#meta;
    const kind = this.#stallKind();
    if (kind === "silly-window") {
      this.#armStall("none", now);
      return meta.scheduling.overrideWindow();
    }
    this.#stallTries++;
    this.#unanswered++;
    // A peer may keep its window closed for as long as it answers (RFC 9293 section 3.8.6.1), but not the rest.
    const inVain = kind === "window-probe" ? this.#unanswered : this.#stallTries;
    if (kind !== "none" && inVain > meta.options.retries) return meta.closing.handleStalled(now);
    if (kind === "window-probe") this.#probe();
    else if (kind === "data-fin") meta.closing.sendDataFin(now);
    else if (kind === "data-retransmission") meta.repetition.handleStall();
    this.#armStall(kind, now);
  }

  /** Asks on one usable subflow after the other, so that a dead path does not hide an open window. */
  #probe(): void {
    const usable = this.#meta.subflows.filter((subflow) => subflow.usable);
    const subflow = usable[this.#stallTries % Math.max(usable.length, 1)];
    if (subflow === undefined) return;
    const { counters } = this.#meta.context;
    counters.TcpExtTCPWinProbe++;
    if (this.#meta.isMultipath) counters.MPTcpExtWinProbe++;
    subflow.tcp.requestProbe();
  }

  #repeatConfirmation(subflow: Subflow, now: Micros): void {
    if (subflow.confirmTries > this.#meta.options.synRetries) return subflow.tcp.abort("timeout", now);
    subflow.tcp.requestAck();
    this.armConfirmation(subflow, now);
  }
}

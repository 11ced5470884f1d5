/**
 * The meta socket: one connection, its byte streams, and the subflows that carry them.
 *
 * @module
 */

import { type ErrorCode, MptcpError } from "../errors.ts";
import type { Timed } from "../buffer/timer_heap.ts";
import { Key } from "../keys.ts";
import type {
  CongestionGroup,
  LocalAddress,
  Micros,
  PathManager,
  Plugin,
  RemoteAddress,
  Scheduler,
  SubflowCloseReason,
} from "../plugin.ts";
import type { Verdict } from "../tcp/hooks.ts";
import type { Path } from "../tcp/path.ts";
import { IpAddress } from "../wire/address.ts";
import { MP_FASTCLOSE, MP_TCPRST, type MptcpOptions } from "../wire/mptcp.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import type { MetaContext } from "./context.ts";
import type { ConnectionEvent, ConnectionStats, FallbackCause, SocketAddress } from "./events.ts";
import { MetaTimers } from "./timers.ts";
import { MultipathHooks } from "./multipath.ts";
import { resolveOptions, type SocketOptions } from "./options.ts";
import { Paths } from "./paths.ts";
import { PlainHooks } from "./plain.ts";
import { Reassembly } from "./reassembly.ts";
import { SendQueue } from "./send_queue.ts";
import { Subflow, type SubflowRole } from "./subflow.ts";

export type { ConnectionEvent, ConnectionStats, FallbackCause, SocketAddress } from "./events.ts";
export type { SocketOptions } from "./options.ts";

/** Where a connection is in its life. */
export type MetaState = "connecting" | "established" | "closed";

/** The plug-ins of one connection. */
export interface ConnectionPlugins {
  /** Picks subflows for data. */
  readonly scheduler: Plugin<Scheduler>;
  /** Governs congestion windows. */
  readonly congestion: Plugin<CongestionGroup>;
  /** Decides which subflows exist. */
  readonly pathManager: Plugin<PathManager>;
}

const NO_KEY = new Key();

/** What the end of a subflow means for a connection that had no other. */
const ERROR_OF_REASON: { readonly [reason in SubflowCloseReason]: ErrorCode } = {
  "finished": "closed",
  "reset": "reset",
  "timeout": "timeout",
  "unreachable": "unreachable",
  "refused": "refused",
  "address-removed": "timeout",
  "closed": "aborted",
};

/** One connection. Offsets are of the data stream in each direction: the first byte is 0. */
export class MetaSocket implements Timed {
  deadline: Micros = Infinity;
  heapIndex: number = -1;
  /** In the stack's list of connections with bytes to assign. */
  isActive = false;
  /** See `isActive`. */
  activeNext: MetaSocket | null = null;
  /** In the stack's list of connections that changed. */
  isReady = false;

  /** Unique within the stack. */
  readonly id: number;
  /**
   * See {@linkcode MetaContext}.
   *
   * @internal
   */
  readonly context: MetaContext;
  /** Whether the peer opened it. */
  readonly isServer: boolean;
  /**
   * What was written.
   *
   * @internal
   */
  readonly queue: SendQueue;
  /**
   * What was received.
   *
   * @internal
   */
  readonly reassembly: Reassembly;
  /**
   * Addresses and path manager.
   *
   * @internal
   */
  readonly paths: Paths;
  /** Picks subflows for data. */
  scheduler: Scheduler;
  /**
   * Key of this end.
   *
   * @internal
   */
  readonly localKey: Key;
  /**
   * Key of the peer; zero before it is known.
   *
   * @internal
   */
  remoteKey: Key = NO_KEY;
  /** Multipath TCP is in use, or may still come into use. */
  isMultipath: boolean;
  /** The peer sends 8-byte data sequence numbers, so it gets 8-byte acknowledgments. */
  usesLongAcks = false;
  /** False if the peer forbade subflows to its first address. */
  joinsToPrimaryAllowed = true;
  /** Reason code for MP_TCPRST of the next reset. */
  resetCode = 0;

  #state: MetaState = "connecting";
  #error: MptcpError | null = null;
  #options: SocketOptions;
  #local: SocketAddress;
  #remote: SocketAddress;
  #fallbackCause: FallbackCause | null = null;
  #isFastclosing = false;
  #isOrphan = false;
  #hasFinTold = false;
  #isPathsStarted = false;
  #establishedAt: Micros = NaN;
  #lastReason: SubflowCloseReason = "timeout";
  #nextSubflowId = 0;
  #subflowsTotal = 0;
  #events: ConnectionEvent[] | null = null;
  readonly #group: CongestionGroup;
  readonly #subflows: Subflow[] = [];
  readonly #choices: Subflow[] = [];
  readonly #timers: MetaTimers;

  /** `path` is that of the first subflow. */
  constructor(
    context: MetaContext,
    id: number,
    isServer: boolean,
    localKey: Key,
    path: Path,
    plugins: ConnectionPlugins,
    options: SocketOptions,
  ) {
    this.context = context;
    this.id = id;
    this.isServer = isServer;
    this.localKey = localKey;
    this.#options = options;
    this.isMultipath = options.multipath;
    this.#local = { address: path.local, port: path.localPort };
    this.#remote = { address: path.remote, port: path.remotePort };
    this.queue = new SendQueue(context.blocks);
    this.reassembly = new Reassembly(context.blocks, options.receiveBuffer);
    this.scheduler = plugins.scheduler.create(context.env);
    this.#group = plugins.congestion.create(context.env);
    this.paths = new Paths(this, plugins.pathManager.create(context.env));
    this.#timers = new MetaTimers(this);
    const subflow = this.#createSubflow(path, isServer ? "first-passive" : "first-active", 0, 0);
    if (!options.multipath) this.#makePlain(subflow, "disabled");
  }

  /** See {@linkcode MetaState}. A closed connection may still have bytes to read. */
  get state(): MetaState {
    return this.#state;
  }

  /** Why the connection did not end in order, or null. */
  get error(): MptcpError | null {
    return this.#error;
  }

  /** The options in force. */
  get options(): SocketOptions {
    return this.#options;
  }

  /** Bytes that `read` would give. */
  get readable(): number {
    return this.reassembly.readable;
  }

  /** All is read and the peer has ended its direction. */
  get readEnded(): boolean {
    return this.reassembly.isFinished && this.reassembly.readable === 0;
  }

  /** Bytes that `write` would take. */
  get writable(): number {
    if (this.writeEnded || this.#state === "closed") return 0;
    return Math.max(0, this.#options.sendBuffer - this.queue.buffered);
  }

  /** This end has ended its direction. */
  get writeEnded(): boolean {
    return this.queue.finAt !== Infinity;
  }

  /** Both directions have ended and the peer knows. */
  get isFinished(): boolean {
    return this.queue.isFinished && this.reassembly.isFinished;
  }

  /** This end of the first subflow. */
  get local(): SocketAddress {
    return this.#local;
  }

  /** The other end of the first subflow. */
  get remote(): SocketAddress {
    return this.#remote;
  }

  /** Subflows that exist, those being opened included, in order of creation. */
  get subflows(): readonly Subflow[] {
    return this.#subflows;
  }

  /** DATA_FIN may leave: all before it is assigned, and it is not acknowledged. */
  get isDataFinSendable(): boolean {
    return this.queue.next === this.queue.finAt && this.queue.una <= this.queue.finAt;
  }

  // -------------------------------------------------------------------------------------------------- commands

  /** Sends the first SYN. */
  connect(now: Micros): void {
    (this.#subflows[0] as Subflow).tcp.connect(now);
  }

  /** Takes as many of `bytes` as the send buffer has room for; returns how many. */
  write(bytes: Uint8Array, now: Micros): number {
    const length = Math.min(bytes.length, this.writable);
    if (length === 0) return 0;
    this.queue.write(bytes, length);
    this.#activate(now);
    return length;
  }

  /** Copies received bytes to `into`; returns how many. */
  read(into: Uint8Array, now: Micros): number {
    const length = this.reassembly.read(into);
    if (length > 0 && this.reassembly.isUpdateDue) this.#updateWindow(now);
    return length;
  }

  /** Ends the writing direction behind what is written. */
  shutdown(now: Micros): void {
    if (this.writeEnded || this.#state === "closed") return;
    this.queue.finAt = this.queue.end;
    if (this.#state === "connecting" && !this.isServer && this.queue.end === 0) return this.#endConnecting(now);
    this.#activate(now);
  }

  /** Ends both directions. Unread bytes make it an abort, so that the peer learns that they were lost. */
  close(now: Micros): void {
    if (this.#state === "closed") return;
    if (this.readable > 0) return this.abort(now);
    this.shutdown(now);
    this.#isOrphan = true;
    this.#timers.armLinger(now);
    if (!this.isMultipath) this.#subflows[0]?.tcp.orphan(now);
  }

  /** Ends both directions at once; the peer gets MP_FASTCLOSE or a reset. */
  abort(now: Micros): void {
    if (this.#state === "closed") return;
    this.#isFastclosing = this.isMultipath && this.#state === "established";
    this.#end(new MptcpError("aborted", "Cannot use connection: it was aborted by this end"), now);
  }

  /** Changes options; those of subflows reach all of them. */
  setOptions(given: Partial<SocketOptions>, now: Micros): void {
    this.#options = resolveOptions(given, this.#options);
    this.reassembly.limit = this.#options.receiveBuffer;
    for (const subflow of this.#subflows) subflow.tcp.configure(this.#options, now);
    this.#activate(now);
  }

  /** Exchanges the scheduler; what is assigned stays where it is. */
  setScheduler(plugin: Plugin<Scheduler>): void {
    this.scheduler = plugin.create(this.context.env);
    this.context.activateMeta(this);
  }

  /** Opens a subflow; false if there is no such path. */
  openSubflow(local: LocalAddress, remote: RemoteAddress, isBackup: boolean, now: Micros): boolean {
    if (!this.isMultipath || this.#state !== "established" || this.isFinished) return false;
    if (remote.id === 0 && !this.joinsToPrimaryAllowed) return false;
    const path = this.context.openPath(IpAddress.parse(local.address), IpAddress.parse(remote.address), remote.port);
    if (path === null) return false;
    const subflow = this.#createSubflow(path, "join-active", local.id, remote.id);
    subflow.isLocalBackup = isBackup;
    subflow.tcp.connect(now);
    return true;
  }

  /**
   * Takes a subflow that the peer opens with the MP_JOIN in `header`; false if it may not.
   *
   * @internal
   */
  acceptSubflow(path: Path, header: TcpHeader, now: Micros): boolean {
    if (!this.isMultipath || this.#state !== "established" || this.isFinished) return false;
    if (this.#subflows.length > this.#options.acceptedSubflows) return false;
    const known = this.context.localAddresses.find(({ address }) => address.equals(path.local));
    const id = path.local.equals(this.#local.address) ? 0 : known?.id ?? 0;
    const subflow = this.#createSubflow(path, "join-passive", id, header.options.mptcp.joinAddressId);
    subflow.tcp.accept(header, now);
    return true;
  }

  /** The next event, or undefined. */
  pollEvent(): ConnectionEvent | undefined {
    const event = this.#events?.shift();
    if (this.#events?.length === 0) this.#events = null;
    return event;
  }

  /** Figures as of now. */
  stats(): ConnectionStats {
    const { queue, reassembly } = this;
    return {
      isMultipath: this.isMultipath,
      fallbackCause: this.#fallbackCause,
      bytesWritten: queue.end,
      bytesAcked: Math.min(queue.una, queue.end),
      bytesReceived: Math.min(reassembly.next, reassembly.finAt),
      bytesRead: reassembly.readAt,
      bytesReinjected: queue.reinjected,
      bytesDuplicate: reassembly.duplicates,
      bytesOutOfOrder: reassembly.ahead,
      subflows: this.#subflows.length,
      subflowsTotal: this.#subflowsTotal,
      sendWindowEnd: queue.windowEnd,
      establishedAt: this.#establishedAt,
    };
  }

  // ------------------------------------------------------------------------------------- input from subflows

  /** A subflow is established on the TCP level. */
  handleEstablished(subflow: Subflow, now: Micros): void {
    if (!subflow.isJoin) {
      this.#state = "established";
      this.#establishedAt = now;
      this.emit({ type: "established", isMultipath: this.isMultipath });
      if (this.isServer) this.context.handleAccepted(this);
    } else if (!subflow.isConfirmed) this.#timers.armConfirmation(subflow, now);
    this.#welcome(subflow, now);
  }

  /** The peer has shown that it knows `subflow` as part of this connection. */
  confirm(subflow: Subflow, now: Micros): void {
    if (subflow.isConfirmed) return;
    subflow.isConfirmed = true;
    subflow.confirmAt = Infinity;
    this.#welcome(subflow, now);
  }

  /** `offset` is acknowledged by the peer. */
  handleDataAck(offset: number, now: Micros): void {
    if (!this.queue.acknowledge(offset)) return;
    this.#timers.handleProgress(now);
    if (this.queue.isFinished) this.#checkFinished(now);
    this.context.notify(this);
  }

  /** The peer takes bytes up to `edge`; the edge never moves left. */
  handleWindowEdge(edge: number, _now: Micros): void {
    if (edge <= this.queue.windowEnd) return;
    this.queue.windowEnd = edge;
  }

  /** Bytes of the data stream came in order of their subflow. */
  handleData(subflow: Subflow, offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const { reassembly } = this;
    if (this.#isOrphan && offset + (to - from) > reassembly.next) return this.abort(now);
    const before = reassembly.next;
    const { duplicates, outOfOrderPieces } = reassembly;
    reassembly.insert(offset, bytes, from, to);
    this.context.counters.MPTcpExtDuplicateData += reassembly.duplicates > duplicates ? 1 : 0;
    this.context.counters.MPTcpExtOFOQueue += reassembly.outOfOrderPieces - outOfOrderPieces;
    if (reassembly.next === before) return;
    this.context.notify(this);
    if (reassembly.isFinished) this.#handleReadFinished(subflow, now);
  }

  /** The peer's stream ends at `offset`; false if that cannot be. */
  handleDataFin(subflow: Subflow, offset: number, now: Micros): boolean {
    if (!this.reassembly.handleFin(offset)) return false;
    if (this.reassembly.isFinished) this.#handleReadFinished(subflow, now);
    return true;
  }

  /** Plain TCP: the peer's FIN is in order. */
  handleStreamEnd(now: Micros): void {
    this.reassembly.handleFin(this.reassembly.next);
    this.context.notify(this);
    this.#checkFinished(now);
  }

  /** Plain TCP: our FIN is acknowledged. */
  handleStreamAcknowledged(now: Micros): void {
    this.queue.una = this.queue.finAt + 1;
    this.#checkFinished(now);
    this.context.notify(this);
  }

  /** Bytes in order have no mapping: the subflow cannot go on (RFC 8684 section 3.3.1). */
  handleUnmapped(subflow: Subflow, now: Micros): void {
    this.context.counters.MPTcpExtDSSNotMatching++;
    subflow.tcp.abort("closed", now);
  }

  /** The peer ended `subflow` but not the connection. */
  handleSubflowFin(subflow: Subflow, now: Micros): void {
    this.#reinjectFrom(subflow);
    subflow.tcp.shutdown(now);
    subflow.tcp.orphan(now);
    this.#activate(now);
  }

  /** Acknowledgments came on `subflow`. */
  handleProgress(subflow: Subflow, now: Micros): void {
    if (subflow.isStaleTold && !subflow.stale) {
      subflow.isStaleTold = false;
      this.context.counters.MPTcpExtSubflowRecover++;
      this.paths.tell({ type: "stale", subflow }, now);
    }
    this.#activate(now);
  }

  /** The retransmission timer of `subflow` expired: what it carries goes again on another. */
  handleSubflowTimeout(subflow: Subflow, now: Micros): void {
    this.#reinjectFrom(subflow);
    if (!subflow.isStaleTold) {
      subflow.isStaleTold = true;
      this.context.counters.MPTcpExtSubflowStale++;
      this.paths.tell({ type: "stale", subflow }, now);
    }
    this.#activate(now);
  }

  /** `subflow` is closed, or lingers in TIME-WAIT. */
  handleSubflowClosed(subflow: Subflow, reason: SubflowCloseReason, now: Micros): void {
    if (subflow.closeReason !== null) return;
    subflow.closeReason = this.#lastReason = reason;
    this.#reinjectFrom(subflow);
    const { hooks } = subflow.tcp;
    if (hooks instanceof MultipathHooks) hooks.clear();
    this.#group.leave(subflow);
    this.paths.forget(subflow);
    this.#subflows.splice(this.#subflows.indexOf(subflow), 1);
    this.emit({ type: "subflow-closed", subflow, reason });
    if (this.#subflows.length === 0) this.#handleLastClosed(subflow, reason, now);
    if (this.#state === "established") this.paths.tell({ type: "subflow-closed", subflow, reason }, now);
    this.#activate(now);
  }

  /**
   * The peer closes the whole connection; false if it does not know our key (RFC 8684 section 3.5).
   *
   * @internal
   */
  handleFastclose(mptcp: MptcpOptions, now: Micros): boolean {
    if (!mptcp.fastcloseKey.equals(this.localKey.value)) return false;
    this.context.counters.MPTcpExtMPFastcloseRx++;
    this.#end(new MptcpError("reset", "Cannot use connection: the peer closed it with MP_FASTCLOSE"), now);
    return true;
  }

  /**
   * Carries on as plain TCP on the only subflow; a joining one cannot (RFC 8684 section 3.7).
   *
   * @internal
   */
  fallBack(subflow: Subflow, cause: FallbackCause, _now: Micros): Verdict {
    if (subflow.isJoin) return "reset";
    if (cause === "no-dss") this.context.counters.MPTcpExtDssFallback++;
    this.#makePlain(subflow, cause);
    this.emit({ type: "fallback", cause });
    return "accept";
  }

  /** The flag C of the peer's MP_CAPABLE. */
  noteCapableFlags(noJoinFlag: number): void {
    this.joinsToPrimaryAllowed = noJoinFlag === 0;
  }

  /**
   * The peer's key is known.
   *
   * @internal
   */
  setRemoteKey(key: Key): void {
    this.remoteKey = key;
  }

  /**
   * Options of a reset on one of the subflows (RFC 8684 sections 3.5 and 3.6).
   *
   * @internal
   */
  writeReset(mptcp: MptcpOptions): void {
    if (!this.isMultipath) return;
    if (this.#isFastclosing) {
      mptcp.present |= MP_FASTCLOSE;
      mptcp.fastcloseKey.copy(this.remoteKey.value);
      this.context.counters.MPTcpExtMPFastcloseTx++;
    } else {
      mptcp.present |= MP_TCPRST;
      mptcp.resetFlags = 0;
      mptcp.resetReason = this.resetCode;
      this.context.counters.MPTcpExtMPRstTx++;
    }
  }

  // ----------------------------------------------------------------------------------------- driven by the stack

  /** Assigns what waits to subflows, as the scheduler says. */
  schedule(now: Micros): void {
    const { queue, context } = this;
    if (this.#state !== "established") return;
    if (queue.hasReinjections && this.#collect(false)) context.batch.ask(this, "reinjection", this.#choices, now);
    if (!this.#collect(true)) return this.#timers.update();
    if (queue.waiting > 0) {
      if (!this.#isHeld()) context.batch.ask(this, "data", this.#choices, now);
    } else if (queue.una < queue.next) {
      if (this.scheduler.redundant) context.batch.ask(this, "data", this.#choices, now);
      else if (queue.next < queue.end) context.batch.ask(this, "window-limited", this.#choices, now);
    }
    if (queue.next === queue.finAt) this.#sendFin(now);
    this.#timers.handleScheduled(now);
  }

  /** The deadline has come. */
  handleTimeout(now: Micros): void {
    this.#timers.handleTimeout(now);
  }

  /** Recomputes the deadline. */
  updateDeadline(): void {
    this.#timers.update();
  }

  /** Sends DATA_FIN, again if need be, on every usable subflow: a bare acknowledgment is not repaired by TCP. */
  sendDataFin(now: Micros): void {
    if (!this.isDataFinSendable) return;
    for (const subflow of this.#subflows) {
      const { hooks } = subflow.tcp;
      if (!subflow.usable || !(hooks instanceof MultipathHooks)) continue;
      hooks.isDataFinDue = true;
      this.context.activate(subflow.tcp);
    }
    this.#timers.armDataFin(now);
  }

  /** Nothing more is heard from the peer and no path is left, or nobody reads what it still sends. */
  handleLingerExpired(now: Micros): void {
    if (this.#subflows.length > 0) {
      this.#isFastclosing = this.isMultipath;
      return this.#end(null, now);
    }
    this.#fail(this.#lastReason === "finished" ? "timeout" : ERROR_OF_REASON[this.#lastReason], now);
  }

  /** Adds to what `pollEvent` returns. */
  emit(event: ConnectionEvent): void {
    (this.#events ??= []).push(event);
    this.context.notify(this);
  }

  // ------------------------------------------------------------------------------------------------- helpers

  #createSubflow(path: Path, role: SubflowRole, localAddressId: number, remoteAddressId: number): Subflow {
    const subflow = new Subflow(this, this.#nextSubflowId++, role, localAddressId, remoteAddressId);
    const hooks = new MultipathHooks(subflow);
    subflow.tcp = this.context.createTcp(path, this, hooks);
    hooks.localNonce = Math.floor(this.context.env.random() * 2 ** 32);
    subflow.tcp.recovery.controller = this.#group.join(subflow);
    this.#subflows.push(subflow);
    return subflow;
  }

  #makePlain(subflow: Subflow, cause: FallbackCause): void {
    this.isMultipath = false;
    this.#fallbackCause = cause;
    subflow.isConfirmed = true;
    subflow.tcp.hooks = new PlainHooks(subflow);
    subflow.tcp.updateMss();
  }

  #activate(_now: Micros): void {
    if (this.#state === "established") this.context.activateMeta(this);
  }

  #welcome(subflow: Subflow, now: Micros): void {
    if (!subflow.wasUsable && subflow.usable) {
      subflow.wasUsable = true;
      this.#subflowsTotal++;
      this.emit({ type: "subflow-established", subflow });
      if (subflow.isJoin) this.paths.tell({ type: "subflow-established", subflow }, now);
      this.#timers.cancelLinger(this.#isOrphan);
    }
    const isKnown = this.isMultipath && subflow.isConfirmed && subflow.tcp.state === "established";
    if (!this.#isPathsStarted && isKnown) {
      this.#isPathsStarted = true;
      this.paths.start(this.isServer, now);
    }
    this.#activate(now);
  }

  /** Fills `#choices` with the usable subflows; false if there is none. Stale ones are no place for reinjections. */
  #collect(includesStale: boolean): boolean {
    const choices = this.#choices;
    choices.length = 0;
    for (let i = 0; i < this.#subflows.length; i++) {
      const subflow = this.#subflows[i] as Subflow;
      if (subflow.usable && (includesStale || !subflow.stale)) choices.push(subflow);
    }
    return choices.length > 0;
  }

  /** Nagle's algorithm and the sender's half of silly-window avoidance (RFC 9293 sections 3.7.4 and 3.8.6.2.1). */
  #isHeld(): boolean {
    const { queue } = this;
    if (queue.una >= queue.next) return false;
    let mss = Infinity;
    for (const { tcp } of this.#choices) mss = Math.min(mss, tcp.mss);
    if (queue.waiting >= mss) return false;
    const isAll = queue.waiting === queue.end - queue.next;
    return !(isAll && (this.#options.noDelay || this.writeEnded));
  }

  #sendFin(now: Micros): void {
    if (!this.isMultipath) return this.#subflows[0]?.tcp.shutdown(now);
    if (this.#hasFinTold) return;
    this.#hasFinTold = true;
    this.sendDataFin(now);
  }

  #reinjectFrom(subflow: Subflow): void {
    const { hooks } = subflow.tcp;
    if (this.isMultipath && hooks instanceof MultipathHooks) hooks.reinjectAll();
  }

  #updateWindow(_now: Micros): void {
    for (const subflow of this.#subflows) if (subflow.wasUsable) subflow.tcp.requestAck();
  }

  #handleReadFinished(subflow: Subflow, now: Micros): void {
    subflow.tcp.requestAck();
    this.context.notify(this);
    this.#checkFinished(now);
  }

  /** Both directions are done: the subflows end too (RFC 8684 section 3.3.3). */
  #checkFinished(now: Micros): void {
    if (!this.isFinished || this.#state === "closed") return;
    this.#close(now);
    for (const subflow of [...this.#subflows]) {
      subflow.tcp.shutdown(now);
      subflow.tcp.orphan(now);
    }
  }

  #handleLastClosed(subflow: Subflow, reason: SubflowCloseReason, now: Micros): void {
    if (this.#state === "closed") return this.context.forget(this);
    if (this.#state === "connecting") return this.#fail(reason === "reset" ? "refused" : ERROR_OF_REASON[reason], now);
    if (this.isFinished) return this.#close(now);
    // No other path can come up before the peer has shown that it knows the connection.
    if (!this.isMultipath || !subflow.isConfirmed) return this.#fail(ERROR_OF_REASON[reason], now);
    this.#timers.armLinger(now);
  }

  #endConnecting(now: Micros): void {
    this.#end(new MptcpError("aborted", "Cannot connect: the connection was closed by this end"), now);
  }

  #fail(code: ErrorCode, now: Micros): void {
    const verb = this.#state === "connecting" ? "connect" : "use connection";
    this.#end(new MptcpError(code, `Cannot ${verb}: ${FAILURES[code]}`), now);
  }

  #end(error: MptcpError | null, now: Micros): void {
    this.#error = error;
    this.#close(now);
    for (const subflow of [...this.#subflows]) subflow.tcp.abort("closed", now);
    this.queue.clear();
  }

  #close(_now: Micros): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#timers.clear();
    this.emit({ type: "closed", error: this.#error });
    if (this.#subflows.length === 0) this.context.forget(this);
  }
}

const FAILURES: { readonly [code in ErrorCode]: string } = {
  "refused": "the peer refused it",
  "reset": "the peer reset it",
  "timeout": "the peer does not answer on any path",
  "unreachable": "the network cannot reach the peer",
  "aborted": "it was aborted by this end",
  "closed": "it is closed",
  "address-in-use": "the address and port are in use",
  "address-not-available": "this host has no such address",
  "protocol": "the peer broke the protocol",
};

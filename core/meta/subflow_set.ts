/**
 * The subflows of a connection: how they come, fail and go.
 *
 * @module
 */

import type { CongestionGroup, LocalAddress, Micros, RemoteAddress, SubflowCloseReason } from "../plugin.ts";
import type { Path } from "../tcp/path.ts";
import { IpAddress } from "../wire/address.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { MultipathHooks } from "./multipath.ts";
import type { MetaSocket } from "./socket.ts";
import { Places } from "./places.ts";
import { SubflowTotals } from "./stats.ts";
import { Subflow, type SubflowRole } from "./subflow.ts";
import type { ReinjectionCause } from "./trace.ts";

/** The subflows of one connection, in order of creation. */
export class SubflowSet {
  /** Those that exist, those being opened included. */
  readonly all: Subflow[] = [];
  /** What those counted that exist no longer. */
  readonly past: SubflowTotals = new SubflowTotals();
  /** How many were ever usable. */
  established = 0;
  /** The peer may know a join, even if it has not said so: plain TCP would no longer be the whole stream. */
  hasJoined = false;

  readonly #meta: MetaSocket;
  readonly #group: CongestionGroup;
  readonly #places = new Places();
  #nextId = 0;
  #isPathsStarted = false;

  /** `group` governs the congestion windows of the subflows of `meta`. */
  constructor(meta: MetaSocket, group: CongestionGroup) {
    this.#meta = meta;
    this.#group = group;
  }

  /** Makes a subflow with its TCP socket. */
  create(path: Path, role: SubflowRole, localAddressId: number, remoteAddressId: number): Subflow {
    const { context } = this.#meta;
    const subflow = new Subflow(this.#meta, this.#nextId++, role, localAddressId, remoteAddressId);
    const hooks = new MultipathHooks(subflow);
    subflow.tcp = context.createTcp(path, this.#meta, hooks);
    subflow.tcp.recovery.tracer = this.#meta.tracer?.subflow(subflow) ?? null;
    if (this.#meta.usesChecksums) hooks.useChecksums();
    hooks.localNonce = Math.floor(context.env.random() * 2 ** 32);
    subflow.tcp.recovery.controller = this.#group.join(subflow);
    this.all.push(subflow);
    return subflow;
  }

  /** Opens a subflow; false if there is no such path. */
  open(local: LocalAddress, remote: RemoteAddress, isBackup: boolean, now: Micros): boolean {
    const { context, joinsToPrimaryAllowed } = this.#meta;
    if (!this.#mayGrow || (remote.id === 0 && !joinsToPrimaryAllowed)) return false;
    const path = context.openPath(IpAddress.parse(local.address), IpAddress.parse(remote.address), remote.port);
    if (path === null) return false;
    const subflow = this.create(path, "join-active", local.id, remote.id);
    subflow.isLocalBackup = isBackup;
    subflow.tcp.connect(now);
    return true;
  }

  /** Takes a subflow that the peer opens with the MP_JOIN in `header`; false if it may not. */
  accept(path: Path, header: TcpHeader, now: Micros): boolean {
    const { context, options, local } = this.#meta;
    if (!this.#mayGrow) return false;
    const accepted = this.all.filter(({ role }) => role === "join-passive");
    if (!this.#places.isFree(accepted, options.acceptedSubflows, now)) return false;
    const known = context.localAddresses.find(({ address }) => address.equals(path.local));
    const id = path.local.equals(local.address) ? 0 : known?.id ?? 0;
    const subflow = this.create(path, "join-passive", id, header.options.mptcp.joinAddressId);
    subflow.tcp.accept(header, now);
    return true;
  }

  /** The peer has shown that it knows `subflow` as part of this connection. */
  confirm(subflow: Subflow, now: Micros): void {
    if (subflow.isConfirmed) return;
    subflow.isConfirmed = true;
    subflow.confirmAt = Infinity;
    this.welcome(subflow, now);
  }

  /** `subflow` has come further: tells everybody who waits for that. */
  welcome(subflow: Subflow, now: Micros): void {
    const meta = this.#meta;
    if (!subflow.wasUsable && subflow.usable) {
      subflow.wasUsable = true;
      subflow.usableAt = now;
      this.established++;
      meta.emit({ type: "subflow-established", subflow });
      if (subflow.isJoin) meta.paths.tell({ type: "subflow-established", subflow }, now);
      meta.timers.cancelLinger();
      meta.paths.handleSubflow(now);
    }
    const isKnown = meta.isMultipath && subflow.isConfirmed && subflow.tcp.state === "established";
    if (!this.#isPathsStarted && isKnown) {
      this.#isPathsStarted = true;
      meta.emit({ type: "confirmed" });
      meta.paths.start(meta.isServer, now);
    }
    meta.activate();
  }

  /** Acknowledgments came on `subflow`. */
  handleProgress(subflow: Subflow, now: Micros): void {
    if (subflow.isStaleTold && !subflow.stale) {
      subflow.isStaleTold = false;
      this.#meta.context.counters.MPTcpExtSubflowRecover++;
      this.#meta.paths.tell({ type: "stale", subflow }, now);
    }
    this.#meta.activate();
  }

  /** The retransmission timer of `subflow` expired: what it carries goes again on another. */
  handleTimeout(subflow: Subflow, now: Micros): void {
    this.#reinjectFrom(subflow, "timeout");
    if (!subflow.isStaleTold) {
      subflow.isStaleTold = true;
      this.#meta.context.counters.MPTcpExtSubflowStale++;
      this.#meta.paths.tell({ type: "stale", subflow }, now);
    }
    this.#meta.activate();
  }

  /**
   * Ends `subflow` while the connection goes on. To a peer that knows no other it may be plain TCP, or become that before
   * the FIN arrives, which would then end the stream; a reset cannot be taken for that.
   */
  end(subflow: Subflow, now: Micros): void {
    if (!this.#meta.isMultipath) return;
    if (subflow.isJoin || this.established > 1) subflow.tcp.shutdown(now);
    else subflow.tcp.abort("closed", now);
  }

  /** The peer ended `subflow` but not the connection. */
  handleFin(subflow: Subflow, now: Micros): void {
    this.#reinjectFrom(subflow, "fin");
    subflow.tcp.shutdown(now);
    subflow.tcp.orphan(now);
    this.#meta.activate();
  }

  /** `subflow` is closed, or lingers in TIME-WAIT. */
  handleClosed(subflow: Subflow, reason: SubflowCloseReason, now: Micros): void {
    if (subflow.closeReason !== null) return;
    const meta = this.#meta;
    subflow.closeReason = reason;
    const failure = meta.failure?.subflow === subflow ? meta.failure : null;
    if (failure !== null) meta.failure = null;
    this.#reinjectFrom(subflow, "closed");
    const { hooks } = subflow.tcp;
    if (hooks instanceof MultipathHooks) hooks.clear();
    this.#group.leave(subflow);
    this.past.add(subflow.tcp.figures);
    meta.paths.forget(subflow);
    this.all.splice(this.all.indexOf(subflow), 1);
    meta.emit({ type: "subflow-closed", subflow, reason });
    // Another subflow would go on behind bytes that were handed on from the wrong place.
    if (failure?.cause === "length-changed" && meta.state !== "closed") meta.closing.handleAltered(now);
    else if (this.all.length === 0) meta.closing.handleLastClosed(subflow, reason, now);
    else if (reason === "timeout") meta.closing.handleTimedOut(subflow, now);
    if (meta.state === "established") meta.paths.tell({ type: "subflow-closed", subflow, reason }, now);
    meta.activate();
  }

  get #mayGrow(): boolean {
    const { isMultipath, failure, state, isFinished } = this.#meta;
    return isMultipath && failure === null && state === "established" && !isFinished;
  }

  /** Hands what `subflow` has not delivered to the connection, to be sent again, unless another has it, too. */
  #reinjectFrom(subflow: Subflow, cause: ReinjectionCause): void {
    const { queue, repetition } = this.#meta;
    if (!repetition.isPossible) return;
    for (const [start, end] of outstanding(subflow)) repetition.reinject(subflow, cause, start, end);
    if (!queue.hasReinjections) return;
    for (const other of this.all) {
      if (other === subflow || !other.usable || other.stale) continue;
      for (const [start, end] of outstanding(other)) queue.reinjections.remove(start, end);
    }
  }
}

function outstanding({ tcp: { hooks } }: Subflow): Iterable<readonly [number, number]> {
  return hooks instanceof MultipathHooks ? hooks.outstanding() : [];
}

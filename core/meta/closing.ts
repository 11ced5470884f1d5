/**
 * How a connection ends: in order through DATA_FIN or FIN, at once through MP_FASTCLOSE or a reset, or because no path
 * is left (RFC 8684 sections 3.3.3, 3.5 and 3.6).
 *
 * @module
 */

import { type ErrorCode, MptcpError } from "../errors.ts";
import type { Micros, SubflowCloseReason } from "../plugin.ts";
import { MP_FASTCLOSE, MP_TCPRST, type MptcpOptions } from "../wire/mptcp.ts";
import { writeFail } from "./failure.ts";
import { fallBack } from "./fallback.ts";
import { MultipathHooks } from "./multipath.ts";
import type { MetaSocket } from "./socket.ts";
import type { Subflow } from "./subflow.ts";

/** Where a connection is in its life. */
export type MetaState = "connecting" | "established" | "closed";

/** What the end of a subflow means for a connection that had no other. */
const ERROR_OF_REASON: { readonly [reason in SubflowCloseReason]: ErrorCode } = {
  "finished": "closed",
  "reset": "reset",
  "timeout": "timeout",
  "unreachable": "unreachable",
  "refused": "refused",
  "protocol": "protocol",
  "address-removed": "address-not-available",
  "closed": "aborted",
};

const FAILURES: { readonly [code in ErrorCode]: string } = {
  "refused": "the peer refused it",
  "reset": "the peer reset it",
  "timeout": "the peer does not answer on any path",
  "unreachable": "the network cannot reach the peer",
  "aborted": "it was aborted by this end",
  "closed": "it is closed",
  "address-in-use": "the address and port are in use",
  "address-not-available": "this host has that address no more",
  "protocol": "what arrived was no Multipath TCP and could not go on as plain TCP",
};

/** Losses of the last subflow in a row after which a connection is given up: new ones come up, but carry nothing. */
const MOST_LOSSES = 8;
/** For how many of them one counts that went on for all retransmissions. */
const WEIGHT_OF_TIMEOUT = 4;

/** The life of one connection. */
export class Closing {
  /** See {@linkcode MetaState}. */
  state: MetaState = "connecting";
  /** Why the connection did not end in order, or null. */
  error: MptcpError | null = null;
  /** Nobody reads any more. */
  isOrphan = false;

  readonly #meta: MetaSocket;
  #isFastclosing = false;
  #hasSentFin = false;
  /** Among the connections that are open. */
  #isCounted = false;
  #lastReason: SubflowCloseReason = "timeout";
  /** Subflows that were the last one and were lost, since the peer acknowledged something, or came up after others in vain. */
  #losses = 0;
  /** When the first since then was given up after all retransmissions; Infinity for none. */
  #inVainSince: Micros = Infinity;
  /** What the network said of the peer when the last subflow failed; empty for nothing. */
  #explanation = "";

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** The connection can be used. */
  begin(): void {
    this.state = "established";
    this.#isCounted = this.#meta.isMultipath;
    if (this.#isCounted) this.#meta.context.counters.MPTcpExtMPCurrEstab++;
  }

  /** DATA_FIN may leave: all before it is assigned, and it is not acknowledged. */
  get isDataFinSendable(): boolean {
    const { next, una, finAt } = this.#meta.queue;
    return next === finAt && una <= finAt;
  }

  /** Ends the writing direction behind what is written. */
  shutdown(now: Micros): void {
    const { queue, isServer } = this.#meta;
    if (this.#meta.writeEnded || this.state === "closed") return;
    queue.finAt = queue.end;
    if (this.state === "connecting" && !isServer && queue.end === 0) {
      return this.#end(new MptcpError("aborted", "Cannot connect: the connection was closed by this end"), now);
    }
    this.#meta.activate();
  }

  /** Ends both directions. Unread bytes make it an abort, so that the peer learns that they were lost. */
  close(now: Micros): void {
    if (this.state === "closed") return this.#meta.reassembly.discard();
    if (this.#meta.readable > 0) return this.abort(now);
    this.shutdown(now);
    this.isOrphan = true;
    this.#meta.timers.armLinger(now);
    if (!this.#meta.isMultipath) this.#meta.subflows[0]?.tcp.orphan(now);
  }

  /** Ends both directions at once; the peer gets MP_FASTCLOSE or a reset. */
  abort(now: Micros): void {
    if (this.state === "closed") return this.#meta.reassembly.discard();
    this.#isFastclosing = this.#meta.isMultipath && this.state === "established";
    this.#end(new MptcpError("aborted", "Cannot use connection: it was aborted by this end"), now);
  }

  /** All is assigned and the stream ends: sends the end. */
  sendFin(now: Micros): void {
    const { failure } = this.#meta;
    // Nothing is left that could be mapped infinitely: the end itself says that this is plain TCP now.
    if (failure?.isAgreed && this.isDataFinSendable) fallBack(failure.subflow, "checksum-failed", now);
    if (!this.#meta.isMultipath) return this.#meta.subflows[0]?.tcp.shutdown(now);
    if (this.#hasSentFin) return;
    this.#hasSentFin = true;
    this.sendDataFin(now);
  }

  /** Sends DATA_FIN, again if need be, on every usable subflow: a bare acknowledgment is not repaired by TCP. */
  sendDataFin(now: Micros): void {
    if (!this.isDataFinSendable) return;
    for (const subflow of this.#meta.subflows) {
      const { hooks } = subflow.tcp;
      if (!subflow.usable || !(hooks instanceof MultipathHooks)) continue;
      hooks.isDataFinDue = true;
      this.#meta.context.activate(subflow.tcp);
    }
    this.#meta.timers.armDataFin(now);
  }

  /** The peer's direction is complete, as `subflow` has shown. */
  handleReadFinished(subflow: Subflow, now: Micros): void {
    subflow.tcp.requestAck();
    this.#meta.context.notify(this.#meta);
    this.checkFinished(now);
  }

  /** Ends the subflows too once both directions are done (RFC 8684 section 3.3.3). */
  checkFinished(now: Micros): void {
    if (!this.#meta.isFinished || this.state === "closed") return;
    this.#close();
    for (const subflow of [...this.#meta.subflows]) {
      subflow.tcp.shutdown(now);
      subflow.tcp.orphan(now);
    }
  }

  /** `subflow` was the last one, and is gone. */
  handleLastClosed(subflow: Subflow, reason: SubflowCloseReason, now: Micros): void {
    // What becomes of attempts to open others is not why the connection ended.
    if (subflow.wasUsable || !subflow.isJoin) {
      const { networkError, networkErrorText } = subflow.tcp;
      const isExplained = networkError !== null && (reason === "unreachable" || reason === "refused");
      this.#lastReason = reason;
      this.#explanation = isExplained ? `: ${networkErrorText}` : "";
    }
    if (this.state === "closed") return this.#meta.context.forget(this.#meta);
    const code = ERROR_OF_REASON[reason];
    if (this.state === "connecting") return this.#fail(reason === "reset" ? "refused" : code, now, this.#explanation);
    if (this.#meta.isFinished) return this.#close();
    // No other path can come up before the peer has shown that it knows the connection.
    const isHopeless = !this.#meta.isMultipath || (!subflow.isJoin && !subflow.isConfirmed);
    if (isHopeless || this.#isInVain(subflow, reason)) return this.#fail(code, now, this.#explanation);
    this.#meta.timers.armLinger(now);
  }

  /** The peer has acknowledged something. */
  noteProgress(): void {
    this.#losses = 0;
    this.#inVainSince = Infinity;
  }

  /**
   * `subflow`, one of several, was given up after all retransmissions. What takes its place may be no better: where a box lets
   * through all but what carries bytes, there is always a subflow, and never an acknowledgment.
   */
  handleTimedOut(subflow: Subflow, now: Micros): void {
    const isReplacement = subflow.usableAt > this.#inVainSince;
    this.#inVainSince = Math.min(this.#inVainSince, now);
    if (this.state === "established" && isReplacement && this.#isInVain(subflow, "timeout")) this.handleStalled(now);
  }

  /** Nothing more is heard from the peer and no path is left, or nobody reads what it still sends. */
  handleLingerExpired(now: Micros): void {
    if (this.isOrphan && this.#meta.subflows.length > 0) {
      this.#isFastclosing = this.#meta.isMultipath;
      return this.#end(null, now);
    }
    // Another address, of either end, might have come up in the meantime.
    const wasReplaceable = this.#lastReason === "finished" || this.#lastReason === "address-removed";
    this.#fail(wasReplaceable ? "timeout" : ERROR_OF_REASON[this.#lastReason], now, this.#explanation);
  }

  /** Nothing that is sent to the peer has an effect any more. */
  handleStalled(now: Micros): void {
    this.#isFastclosing = this.#meta.isMultipath;
    this.#fail("timeout", now);
  }

  /** Something on the way changes the stream, and nobody can tell which of its bytes. */
  handleAltered(now: Micros): void {
    this.#isFastclosing = this.#meta.isMultipath;
    this.#fail("protocol", now, ": something on the way changes the length of what it carries");
  }

  /** The peer closes the whole connection; false if it does not know our key (RFC 8684 section 3.5). */
  handleFastclose(mptcp: MptcpOptions, now: Micros): boolean {
    const { context, localKey } = this.#meta;
    if (!mptcp.fastcloseKey.equals(localKey.value)) return false;
    context.counters.MPTcpExtMPFastcloseRx++;
    this.#end(new MptcpError("reset", "Cannot use connection: the peer closed it with MP_FASTCLOSE"), now);
    return true;
  }

  /** Options of a reset that ends `subflow` (RFC 8684 sections 3.5 to 3.7). */
  writeReset(subflow: Subflow, mptcp: MptcpOptions): void {
    const { context, isMultipath, remoteKey } = this.#meta;
    if (!isMultipath) return;
    // Before the third ACK the key that it takes is not known.
    if (this.#isFastclosing && !remoteKey.value.isZero()) {
      mptcp.present |= MP_FASTCLOSE;
      mptcp.fastcloseKey.copy(remoteKey.value);
      context.counters.MPTcpExtMPFastcloseTx++;
    } else {
      mptcp.present |= MP_TCPRST;
      mptcp.resetFlags = 0;
      mptcp.resetReason = subflow.resetCode;
      context.counters.MPTcpExtMPRstTx++;
      if (subflow.failedAt >= 0) writeFail(this.#meta, mptcp, subflow.failedAt);
    }
  }

  /** Whether `subflow` is one of too many that came up and went while the peer acknowledged nothing of what waits. */
  #isInVain(subflow: Subflow, reason: SubflowCloseReason): boolean {
    const { una, next } = this.#meta.queue;
    const isWaiting = una < next || this.isDataFinSendable;
    if (!subflow.wasUsable || !isWaiting || reason === "address-removed") return false;
    this.#losses += reason === "timeout" ? WEIGHT_OF_TIMEOUT : 1;
    return this.#losses >= MOST_LOSSES;
  }

  #fail(code: ErrorCode, now: Micros, explanation = ""): void {
    const verb = this.state === "connecting" ? "connect" : "use connection";
    this.#end(new MptcpError(code, `Cannot ${verb}: ${FAILURES[code]}${explanation}`), now);
  }

  #end(error: MptcpError | null, now: Micros): void {
    this.error = error;
    this.#close();
    for (const subflow of [...this.#meta.subflows]) subflow.tcp.abort("closed", now);
    this.#meta.queue.clear();
    // What came in order before the peer or the network ended the connection can still be read.
    this.#meta.reassembly.discardAhead();
    if (this.isOrphan || error?.code === "aborted") this.#meta.reassembly.discard();
  }

  #close(): void {
    if (this.state === "closed") return;
    if (this.#isCounted) this.#meta.context.counters.MPTcpExtMPCurrEstab--;
    this.state = "closed";
    this.#meta.timers.clear();
    this.#meta.emit({ type: "closed", error: this.error });
    if (this.#meta.subflows.length === 0) this.#meta.context.forget(this.#meta);
  }
}

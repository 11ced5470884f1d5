/**
 * Multipath TCP on one subflow: its options and the mapping between its bytes and the data stream.
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { SegmentKind, TcpHooks, TroubleCause, Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import { DSS, MP_CAPABLE, MP_FAIL, MP_FASTCLOSE, MP_JOIN, MP_TCPRST } from "../wire/mptcp.ts";
import type { TcpOptions } from "../wire/options.ts";
import { FIN, RST, type TcpHeader } from "../wire/tcp.ts";
import { acknowledgesBare, acquit, breakSubflow, handleSuspicion, mayBeOnly, mayBePlain, suspect } from "./bare.ts";
import { suspectBlackHole } from "./black_holes.ts";
import { handleDss, mapFirstData, writeDss } from "./dss.ts";
import { type Failure, handleFail } from "./failure.ts";
import { fallBack } from "./fallback.ts";
import { handleHandshake, needsHandshake, writeHandshake } from "./handshake.ts";
import { mapInfinitely } from "./infinite.ts";
import { handleData, handleEarly, handleEarlySent, handleEstablished, handleWindow } from "./input.ts";
import { Mappings } from "./mappings.ts";
import { mayEstablish } from "./opening.ts";
import { handlePathOptions, PATH_OPTIONS } from "./path_options.ts";
import type { Subflow } from "./subflow.ts";
import { Undelivered } from "./undelivered.ts";
import { Unmapped } from "./unmapped.ts";
import { Verifier } from "./verifier.ts";

/** DSS with 8-byte data acknowledgment and 8-byte data sequence number, padded. */
const DSS_LENGTH = 28;
/** Options of a bare acknowledgment beside which a DSS with an 8-byte acknowledgment still fits. */
const MAXIMUM_BESIDE_DSS = 28;

/** The layer above one subflow of a multipath connection. */
export class MultipathHooks implements TcpHooks {
  readonly optionsLength: number = DSS_LENGTH;
  /** There would be no DATA_ACK without the peer's key, and a peer on Linux takes that for the end of Multipath TCP. */
  readonly maySendEarly = false;
  /** The subflow. */
  readonly subflow: Subflow;
  /** What of the peer's bytes is mapped. */
  readonly mappings: Mappings = new Mappings();
  /** Random number of this end in MP_JOIN. */
  localNonce = 0;
  /** Random number of the peer in MP_JOIN. */
  remoteNonce = 0;
  /** DATA_FIN must leave on this subflow. */
  isDataFinDue = false;
  /** An acknowledgment with the keys left since the last DATA_FIN. */
  haveKeysLeft = false;
  /** A DSS was received: the peer's options come through. */
  hasSeenDss = false;
  /** Data offset of the DATA_ACK in the segment at hand; NaN if it has none. */
  dataAck = NaN;
  /** Of what TCP has received in order, a FIN included, how much is still to be taken. */
  pending = 0;
  /** Bytes in order that no mapping covers yet. */
  unmapped: Unmapped | null = null;

  /** The segment at hand has no option of Multipath TCP. */
  #isBare = false;
  /** The FIN had none; it may be in order much later. */
  #isFinBare = false;
  /** Data of ours was acknowledged without a DSS, and none has come since. */
  #isAnsweredBare = false;
  /** Right edge of the window that was last told here. */
  #toldEdge = 0;
  readonly #undelivered: Undelivered;

  /** `subflow` gets these hooks when its TCP socket is made. */
  constructor(subflow: Subflow) {
    const { context, queue } = subflow.meta;
    this.subflow = subflow;
    this.#undelivered = new Undelivered(context.segments, queue);
  }

  /** Mappings carry checksums, in both directions. */
  useChecksums(): void {
    const { subflow } = this;
    subflow.meta.usesChecksums = true;
    subflow.verifier ??= new Verifier(subflow, this.mappings);
  }

  get hasOptionsDue(): boolean {
    if (this.subflow.meta.failure?.isDue) return true;
    return this.isDataFinDue || (this.subflow.isConfirmed && this.subflow.meta.paths.signals.isDue(this.subflow));
  }

  writeOptions(options: TcpOptions, kind: SegmentKind, segment: Segment | null, now: Micros): void {
    const { mptcp } = options;
    if (kind === "reset") return this.subflow.meta.closing.writeReset(this.subflow, mptcp);
    if (needsHandshake(this, kind, segment)) return writeHandshake(this, mptcp, kind, segment);
    if (this.subflow.meta.failure !== null && this.#writeFailure(options, kind, segment, now)) return;
    // The mapping of DATA_FIN leaves no room for a path option, which then rides on an acknowledgment of its own.
    const isRoomy = kind === "ack" && !this.isDataFinDue;
    if (isRoomy && this.subflow.meta.paths.signals.writeNext(this.subflow, options)) {
      if (options.byteLength() > MAXIMUM_BESIDE_DSS) return;
    }
    writeDss(this, mptcp, segment);
  }

  handleOptions(header: TcpHeader, now: Micros): Verdict {
    const { mptcp } = header.options;
    this.dataAck = NaN;
    this.#isBare = mptcp.present === 0;
    if (header.flags & FIN) this.#isFinBare = this.#isBare;
    const { meta, tcp } = this.subflow;
    const isReset = (header.flags & RST) !== 0;
    if (isReset) this.handleRefusal(header);
    if (tcp.state === "closed" || tcp.state === "syn-sent" || tcp.state === "syn-received") {
      if (isReset) return "accept";
      const verdict = handleHandshake(this, header, now);
      if (verdict !== "accept" || !meta.isMultipath) return verdict;
    }
    // The peer has not seen our fourth ACK.
    if (mptcp.present & MP_JOIN && tcp.state === "established") tcp.requestAck();
    if (mptcp.present & MP_FASTCLOSE) return meta.closing.handleFastclose(mptcp, now) ? "drop" : "accept";
    // Whoever speaks of failures or paths has our keys.
    const isKnown = (mptcp.present & (MP_FAIL | PATH_OPTIONS)) !== 0 && !this.subflow.isJoin;
    if (isKnown) meta.subflowSet.confirm(this.subflow, now);
    if (mptcp.present & MP_FAIL && handleFail(this.subflow, header, now) !== "accept") return "drop";
    if (mptcp.present & DSS) return this.#handleDss(header, now);
    if (mptcp.present & MP_CAPABLE) {
      if (!mapFirstData(this, mptcp)) return "reset";
    } else if (mptcp.present === 0 && acknowledgesBare(this.subflow, header, this.hasSeenDss)) {
      if (mayBePlain(this.subflow)) return fallBack(this.subflow, "no-dss", now);
      this.#isAnsweredBare = true;
      suspect(this.subflow, now);
    }
    if (mptcp.present & PATH_OPTIONS) handlePathOptions(this.subflow, mptcp, now);
    return "accept";
  }

  handleRefusal({ options: { mptcp } }: TcpHeader): void {
    if ((mptcp.present & MP_TCPRST) === 0) return;
    this.subflow.resetReason = mptcp.resetReason;
    this.subflow.meta.context.counters.MPTcpExtMPRstRx++;
  }

  /** Nobody else has our key (RFC 8684 section 3.5). */
  provesReset({ options: { mptcp } }: TcpHeader): boolean {
    return (mptcp.present & MP_FASTCLOSE) !== 0 && mptcp.fastcloseKey.equals(this.subflow.meta.localKey.value);
  }

  handleWindow(_header: TcpHeader, acknowledged: number, window: number): void {
    // The segments of the first handshake carry a window but no DATA_ACK; both streams are at their beginning.
    const isHandshake = !this.hasSeenDss && !this.subflow.isJoin;
    const base = Number.isNaN(this.dataAck) && isHandshake ? acknowledged - 1 : this.dataAck;
    if (!Number.isNaN(base)) handleWindow(this.subflow.meta, base, window);
  }

  handleData(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const { subflow } = this;
    // What came with the SYN has no mapping.
    if (offset <= subflow.earlyReceived) return handleData(subflow, offset - 1, bytes, from, to, now);
    if (this.unmapped !== null) this.#releaseUnmapped(now);
    let at = from;
    while (at < to && subflow.closeReason === null) {
      const position = offset + (at - from);
      const length = this.#mappedAt(position, to - at);
      if (length === 0) return this.#handleUnmapped(position, bytes, at, to, now);
      this.pending = to - at - length;
      this.#take(position, bytes, at, at + length, now);
      at += length;
    }
  }

  handleEarlySent(length: number, now: Micros): void {
    const { subflow } = this;
    subflow.earlySent = length;
    subflow.meta.localKey.skip(-length);
    handleEarlySent(subflow.meta, length, now);
  }

  handleEarly(length: number, now: Micros): void {
    this.subflow.earlyReceived = length;
    handleEarly(this.subflow.meta, now);
  }

  handleFin(now: Micros): void {
    const { subflow } = this;
    this.pending = 1;
    if (this.#isFinBare && this.#fallsBack(now)) return subflow.tcp.hooks.handleFin(now);
    this.pending = 0;
    // A FIN in return would tell a peer that has gone over to plain TCP that its stream has arrived.
    if (this.unmapped !== null || (this.#isFinBare && mayBeOnly(subflow))) return breakSubflow(subflow, now);
    subflow.meta.subflowSet.handleFin(subflow, now);
  }

  handleAcknowledged(segment: Segment): boolean {
    return this.#undelivered.add(segment);
  }

  mayEstablish(): boolean {
    return mayEstablish(this.subflow);
  }

  handleEstablished(now: Micros): void {
    handleEstablished(this.subflow, now);
  }

  handleProgress(now: Micros): void {
    this.#undelivered.release();
    if (!Number.isNaN(this.dataAck)) this.subflow.meta.repetition.handleAnswer(this.subflow);
    this.subflow.meta.subflowSet.handleProgress(this.subflow, now);
  }

  handleRoom(): void {
    this.subflow.meta.activate();
  }

  handleSynRetry(tries: number): void {
    suspectBlackHole(this.subflow, tries);
  }

  handleTimeout(now: Micros): void {
    this.subflow.meta.subflowSet.handleTimeout(this.subflow, now);
  }

  handleTrouble(cause: TroubleCause): void {
    const { subflow } = this;
    subflow.meta.emit({ type: "trouble", subflow, cause });
  }

  handleClosed(reason: SubflowCloseReason, now: Micros): void {
    this.subflow.meta.subflowSet.handleClosed(this.subflow, reason, now);
  }

  /** The data-level window is what counts; bytes already delivered through another subflow may lie outside of it. */
  acceptableWindow(): number {
    return this.subflow.meta.reassembly.widest;
  }

  advertiseWindow(): number {
    const { reassembly, context } = this.subflow.meta;
    const { edge } = reassembly;
    const window = reassembly.advertise();
    if (reassembly.edge === edge && this.#toldEdge < edge) context.counters.MPTcpExtRcvWndShared++;
    this.#toldEdge = reassembly.edge;
    return window;
  }

  /** Options were missing for a while. */
  handleSuspicion(now: Micros): void {
    handleSuspicion(this.subflow, this.unmapped === null, now);
  }

  /** The data ranges [start, end) that were given to this subflow and that DATA_ACK does not cover. */
  *outstanding(): Iterable<readonly [number, number]> {
    yield* this.subflow.carried();
    yield* this.#undelivered.ranges();
  }

  /** Gives back what is remembered. */
  clear(): void {
    this.#undelivered.clear();
    this.unmapped?.clear();
    this.subflow.verifier?.clear();
  }

  /** Options come through, whatever came without them before. */
  #handleDss(header: TcpHeader, now: Micros): Verdict {
    this.hasSeenDss = true;
    this.#isAnsweredBare = false;
    if (this.unmapped === null) acquit(this.subflow);
    return handleDss(this, header, now);
  }

  /** How many of `length` bytes from subflow offset `offset` on can be taken at once; 0 if no mapping covers the first. */
  #mappedAt(offset: number, length: number): number {
    const { mappings, subflow: { verifier } } = this;
    if (verifier === null) {
      if (!mappings.find(offset)) return 0;
      if (mappings.length >= length) return length;
      // What sticks out may be there because something before it grew: the next segment tells.
      return mappings.coverage(offset, length) === length ? mappings.length : 0;
    }
    // After a wrong checksum mappings mean nothing.
    return verifier.hasFailed ? length : mappings.coverage(offset, length);
  }

  /** Takes bytes that are mapped: those of one mapping, found last, or whatever there is with checksums. */
  #take(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const { mappings, subflow } = this;
    if (subflow.verifier !== null) return subflow.verifier.handleData(offset, bytes, from, to, now);
    handleData(subflow, mappings.data, bytes, from, to, now);
    mappings.removeBelow(offset + (to - from));
  }

  /** Bytes in order that no mapping covers: plain TCP, a mapping that comes later, or the end of the subflow. */
  #handleUnmapped(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const { subflow } = this;
    const { tcp } = subflow;
    this.pending = to - from;
    if (this.#isBare && this.#fallsBack(now)) return tcp.hooks.handleData(offset, bytes, from, to, now);
    this.pending = 0;
    this.unmapped ??= new Unmapped(tcp.context.blocks);
    if (this.unmapped.hold(offset, bytes, from, to)) suspect(subflow, now);
    else breakSubflow(subflow, now);
  }

  /** Something came without options: goes over to plain TCP if the peer may have done so. */
  #fallsBack(now: Micros): boolean {
    return mayBePlain(this.subflow) && fallBack(this.subflow, "no-dss", now) === "accept";
  }

  #releaseUnmapped(now: Micros): void {
    const unmapped = this.unmapped as Unmapped;
    unmapped.release(this.mappings, (offset, bytes, from, to) => this.#take(offset, bytes, from, to, now));
    if (unmapped.held > 0) return;
    this.unmapped = null;
    if (!this.#isAnsweredBare) acquit(this.subflow);
  }

  /** Adds MP_FAIL, or goes over to plain TCP with new data; true if nothing else is to be written. */
  #writeFailure(options: TcpOptions, kind: SegmentKind, segment: Segment | null, now: Micros): boolean {
    const { subflow } = this;
    const failure = subflow.meta.failure as Failure;
    if (segment === null) {
      // Beside the mapping of DATA_FIN there is no room; the two take turns.
      if (failure.isDue || !this.isDataFinDue) failure.writeOption(options.mptcp);
      return false;
    }
    if (!failure.isTurn(segment) || !mapInfinitely(subflow, now)) return false;
    subflow.tcp.hooks.writeOptions(options, kind, segment, now);
    return true;
  }
}

/**
 * Plain TCP as a connection with one subflow: the data stream is the subflow's stream.
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { SegmentKind, TcpHooks, TroubleCause, Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import { DSS } from "../wire/mptcp.ts";
import type { TcpOptions } from "../wire/options.ts";
import { unwrap32 } from "../wire/seq.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { confirmBlackHole } from "./black_holes.ts";
import type { FallbackCause } from "./events.ts";
import {
  handleData,
  handleDataAck,
  handleEarly,
  handleEarlySent,
  handleEstablished,
  handleStreamAcknowledged,
  handleStreamEnd,
  handleWindow,
} from "./input.ts";
import { mayEstablish } from "./opening.ts";
import type { Subflow } from "./subflow.ts";

/** Data offset less subflow offset of what is sent: no byte leaves twice on a subflow that is the only one. */
const SEND_SHIFT = -1;

/** The layer above a subflow that does not speak Multipath TCP, or has fallen back (RFC 8684 section 3.7). */
export class PlainHooks implements TcpHooks {
  readonly optionsLength: number = 0;
  readonly maySendEarly = true;
  readonly #subflow: Subflow;
  readonly #receiveShift: number;

  /** `receiveShift` is data offset less subflow offset of what comes; less than -1 if some of it came twice before. */
  constructor(subflow: Subflow, receiveShift = SEND_SHIFT) {
    this.#subflow = subflow;
    this.#receiveShift = receiveShift;
  }

  get hasOptionsDue(): boolean {
    return false;
  }

  writeOptions(_options: TcpOptions, _kind: SegmentKind, _segment: Segment | null): void {}

  /** What the peer maps to elsewhere, as it did before it had agreed, would be wrong bytes here. */
  handleOptions({ options: { mptcp } }: TcpHeader): Verdict {
    const { meta, tcp } = this.#subflow;
    if ((mptcp.present & DSS) === 0 || mptcp.mappingBytes === 0 || !isAgreed(meta.fallbackCause)) return "accept";
    const length = mptcp.dataLength - (mptcp.dataFin ? 1 : 0);
    const start = unwrap32(tcp.receiver.next, mptcp.subflowSequence);
    if (length <= 0 || start + length <= tcp.receiver.next) return "accept";
    const expected = (meta.remoteKey.firstSequence.low + start + this.#receiveShift) >>> 0;
    return mptcp.dataSequence.low === expected ? "accept" : "reset";
  }

  handleWindow(_header: TcpHeader, acknowledged: number, window: number, now: Micros): void {
    const { meta, tcp } = this.#subflow;
    const isFinAcknowledged = tcp.isFinQueued && acknowledged === tcp.recovery.board.end;
    handleDataAck(meta, acknowledged + SEND_SHIFT - (isFinAcknowledged ? 1 : 0), now);
    handleWindow(meta, acknowledged + SEND_SHIFT, window);
    if (isFinAcknowledged) handleStreamAcknowledged(meta, now);
  }

  handleData(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    handleData(this.#subflow, offset + this.#receiveShift, bytes, from, to, now);
  }

  handleEarlySent(length: number, now: Micros): void {
    handleEarlySent(this.#subflow.meta, length, now);
  }

  handleEarly(_length: number, now: Micros): void {
    handleEarly(this.#subflow.meta, now);
  }

  handleFin(now: Micros): void {
    handleStreamEnd(this.#subflow.meta, now);
  }

  handleAcknowledged(_segment: Segment): boolean {
    return false;
  }

  mayEstablish(): boolean {
    return mayEstablish(this.#subflow);
  }

  handleEstablished(now: Micros): void {
    this.#subflow.isConfirmed = true;
    confirmBlackHole(this.#subflow, now);
    handleEstablished(this.#subflow, now);
  }

  handleProgress(now: Micros): void {
    this.#subflow.meta.subflowSet.handleProgress(this.#subflow, now);
  }

  handleRoom(): void {
    this.#subflow.meta.activate();
  }

  handleTimeout(): void {}

  handleTrouble(cause: TroubleCause): void {
    const subflow = this.#subflow;
    subflow.meta.emit({ type: "trouble", subflow, cause });
  }

  handleClosed(reason: SubflowCloseReason, now: Micros): void {
    this.#subflow.meta.subflowSet.handleClosed(this.#subflow, reason, now);
  }

  acceptableWindow(): number {
    const { reassembly } = this.#subflow.meta;
    return Math.max(0, reassembly.edge - reassembly.next);
  }

  advertiseWindow(): number {
    return this.#subflow.meta.reassembly.advertise();
  }
}

/** Whether both ends have the keys, and it is Multipath TCP that they end. */
function isAgreed(cause: FallbackCause | null): boolean {
  return cause === "checksum-failed" || cause === "infinite-mapping";
}

/**
 * Plain TCP as a connection with one subflow: the data stream is the subflow's stream.
 *
 * @module
 */

import type { Micros, SubflowCloseReason } from "../plugin.ts";
import type { SegmentKind, TcpHooks, Verdict } from "../tcp/hooks.ts";
import type { Segment } from "../tcp/segment.ts";
import type { TcpOptions } from "../wire/options.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { confirmBlackHole } from "./black_holes.ts";
import { mayEstablish } from "./opening.ts";
import type { Subflow } from "./subflow.ts";

/** The layer above a subflow that does not speak Multipath TCP, or has fallen back (RFC 8684 section 3.7). */
export class PlainHooks implements TcpHooks {
  readonly optionsLength: number = 0;
  readonly maySendEarly = true;
  readonly #subflow: Subflow;
  /** Data offset less subflow offset, in each direction: the bytes that were exchanged before the fallback. */
  readonly #sendShift: number;
  readonly #receiveShift: number;

  /** `sendShift` and `receiveShift` are data offset less subflow offset; -1 when plain from the start. */
  constructor(subflow: Subflow, sendShift = -1, receiveShift = -1) {
    this.#subflow = subflow;
    this.#sendShift = sendShift;
    this.#receiveShift = receiveShift;
  }

  get hasOptionsDue(): boolean {
    return false;
  }

  writeOptions(_options: TcpOptions, _kind: SegmentKind, _segment: Segment | null): void {}

  handleOptions(_header: TcpHeader): Verdict {
    return "accept";
  }

  handleWindow(_header: TcpHeader, acknowledged: number, window: number, now: Micros): void {
    const { meta, tcp } = this.#subflow;
    const isFinAcknowledged = tcp.isFinQueued && acknowledged === tcp.recovery.board.end;
    meta.handleDataAck(acknowledged + this.#sendShift - (isFinAcknowledged ? 1 : 0), now);
    meta.handleWindowEdge(acknowledged + this.#sendShift + window, now);
    if (isFinAcknowledged) meta.handleStreamAcknowledged(now);
  }

  handleData(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    this.#subflow.meta.handleData(this.#subflow, offset + this.#receiveShift, bytes, from, to, now);
  }

  handleEarlySent(length: number, now: Micros): void {
    this.#subflow.meta.handleEarlySent(length, now);
  }

  handleEarly(_length: number, now: Micros): void {
    this.#subflow.meta.handleEarly(now);
  }

  handleFin(now: Micros): void {
    this.#subflow.meta.handleStreamEnd(now);
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
    this.#subflow.meta.handleEstablished(this.#subflow, now);
  }

  handleProgress(now: Micros): void {
    this.#subflow.meta.subflowSet.handleProgress(this.#subflow, now);
  }

  handleTimeout(): void {}

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

/**
 * Mappings are whole and right before their bytes are handed on (RFC 8684 section 3.3.1).
 *
 * @module
 */

import { StreamBuffer } from "../buffer/stream_buffer.ts";
import type { Micros } from "../plugin.ts";
import { addChecksumAt, dssChecksumPseudoHeader, foldChecksum, internetChecksum } from "../wire/checksum.ts";
import type { MptcpOptions } from "../wire/mptcp.ts";
import { Uint64 } from "../wire/seq.ts";
import { handleChecksumFailure } from "./failure.ts";
import { handleData, handleDataFin } from "./input.ts";
import type { Mappings } from "./mappings.ts";
import type { Subflow } from "./subflow.ts";

/** The one's complement sum of something together with its checksum. */
const RIGHT = 0xffff;
/** In a seal: the mapping ends with DATA_FIN, which is believed once the checksum is. */
const FIN = 0x1_0000;

/** Data sequence number at hand. */
const sequence = new Uint64();

/** Whether `sum`, that of the mapped bytes, is what `seal` wants. */
export function isSealed(seal: number, sum: number): boolean {
  return foldChecksum((seal & 0xffff) + sum) === RIGHT;
}

/** Stands between one subflow and the data stream, and lets nothing pass that is not checked. */
export class Verifier {
  /** A checksum was wrong: nothing passes any more, and mappings mean nothing. */
  hasFailed = false;

  readonly #subflow: Subflow;
  readonly #mappings: Mappings;
  /** Bytes of a mapping that is not whole yet, by subflow offset. */
  readonly #buffer: StreamBuffer;
  #heldFrom = 0;
  #heldTo = 0;
  #sum = 0;

  /** For the bytes of `subflow`, declared in `mappings`. */
  constructor(subflow: Subflow, mappings: Mappings) {
    this.#subflow = subflow;
    this.#mappings = mappings;
    this.#buffer = new StreamBuffer(subflow.meta.context.blocks);
  }

  /** Bytes kept back: at most a mapping of 64 KiB, and after a failure what the receive window lets in. */
  get held(): number {
    return this.#heldTo - this.#heldFrom;
  }

  /**
   * What the mapping in `mptcp`, of data offset `data` and subflow sequence number `ssn`, says beside its bytes: pseudo-header
   * and checksum summed, to which the sum of the bytes must be the complement. -1 without a checksum.
   */
  seal(mptcp: MptcpOptions, data: number, ssn: number): number {
    if (!mptcp.hasChecksum) return -1;
    // The 64-bit number counts even when the option carries the lower half (RFC 8684 section 3.3.1).
    sequence.setSum(this.#subflow.meta.remoteKey.firstSequence, data);
    return dssChecksumPseudoHeader(mptcp.checksum, sequence, ssn, mptcp.dataLength) + (mptcp.dataFin ? FIN : 0);
  }

  /** Takes bytes in the order of the subflow, as `TcpHooks.handleData` does; all of them are mapped. */
  handleData(offset: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const subflow = this.#subflow;
    const mappings = this.#mappings;
    let at = from;
    while (at < to && subflow.closeReason === null) {
      const position = offset + (at - from);
      if (this.hasFailed) return this.#hold(position, bytes, at, to);
      mappings.find(position);
      const end = Math.min(to, at + mappings.length);
      const isWhole = end === at + mappings.length;
      this.#sum = addChecksumAt(this.#sum, internetChecksum(bytes, at, end), position - mappings.start);
      if (!isWhole) this.#hold(position, bytes, at, end);
      else if (isSealed(mappings.seal, this.#sum)) this.#pass(bytes, at, end, now);
      else return this.#fail(position, bytes, at, to, now);
      at = end;
    }
  }

  /** Hands on what is kept, unchecked: plain TCP takes bytes as they come (RFC 8684 section 3.7). */
  release(now: Micros): void {
    const to = this.#heldTo;
    const { reassembly } = this.#subflow.meta;
    // What is kept of a subflow that carries the whole stream is what the stream lacks.
    this.#handOn(Math.min(reassembly.next, reassembly.finAt), to, now);
    this.#drop(to);
  }

  /** Gives everything up. */
  clear(): void {
    this.#drop(this.#heldTo);
  }

  /** The mapping that was found last is right: its bytes are those kept and `bytes[from..to)`. */
  #pass(bytes: Uint8Array, from: number, to: number, now: Micros): void {
    const { data, length, start, seal } = this.#mappings;
    const kept = this.held;
    this.#sum = 0;
    if (kept > 0) {
      this.#handOn(data - kept, this.#heldTo, now);
      this.#drop(this.#heldTo);
    }
    this.#mappings.removeBelow(start + kept + length);
    handleData(this.#subflow, data, bytes, from, to, now);
    if (seal < FIN || this.#subflow.closeReason !== null) return;
    if (!handleDataFin(this.#subflow, data + length, now)) this.#subflow.tcp.abort("protocol", now);
  }

  /** Nothing from the beginning of this mapping on is to be trusted. */
  #fail(position: number, bytes: Uint8Array, from: number, to: number, now: Micros): void {
    this.hasFailed = true;
    this.#hold(position, bytes, from, to);
    handleChecksumFailure(this.#subflow, this.#mappings.data - (position - this.#heldFrom), now);
  }

  #hold(position: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.held === 0) {
      this.#buffer.clear(position);
      this.#heldFrom = position;
    }
    this.#buffer.write(position, bytes, from, to);
    this.#heldTo = position + (to - from);
  }

  /** The kept bytes below `to` are those of the data stream from `data` on. */
  #handOn(data: number, to: number, now: Micros): void {
    const from = this.#heldFrom;
    // What is handed on may end the connection, and with it what is kept.
    for (let at = from; at < to && this.#heldTo === to;) {
      const block = this.#buffer.blockAt(at);
      const within = at - block.start;
      const stop = Math.min(within + (to - at), block.bytes.length);
      handleData(this.#subflow, data + (at - from), block.bytes, within, stop, now);
      at += stop - within;
    }
  }

  #drop(to: number): void {
    this.#buffer.clear(to);
    this.#heldFrom = this.#heldTo = 0;
    this.#sum = 0;
  }
}

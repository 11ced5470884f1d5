/**
 * The option list of a TCP header (RFC 9293 section 3.2).
 *
 * @module
 */

import { MPTCP_OPTION_KIND, MptcpOptions } from "./mptcp.ts";

/** Bytes of options that a TCP header has room for. */
export const MAXIMUM_OPTIONS_LENGTH = 40;
/** SACK blocks that fit when there is nothing else but padding (RFC 2018 section 3). */
export const MAXIMUM_SACK_BLOCKS = 4;
/** The largest shift count in force, whatever larger one is received (RFC 7323 section 2.3). */
export const MAXIMUM_WINDOW_SCALE = 14;

// Option kinds, from the IANA registry that RFC 9293 section 6 describes.
const END_OF_LIST = 0;
const NO_OPERATION = 1;
const MAXIMUM_SEGMENT_SIZE = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const USER_TIMEOUT = 28;
const FAST_OPEN = 34;

/** NOP NOP and the first two bytes of the timestamps option: how RFC 7323 appendix A lays it out. */
const PADDED_TIMESTAMPS = NO_OPERATION << 24 | NO_OPERATION << 16 | TIMESTAMPS << 8 | 10;
/** SACK-permitted in the place of the two NOPs. */
const SACK_PERMITTED_TIMESTAMPS = SACK_PERMITTED << 24 | 2 << 16 | TIMESTAMPS << 8 | 10;

/** The options of one segment. An option that is absent has the value its field's sentence names. */
export class TcpOptions {
  /** Maximum segment size in bytes (RFC 9293 section 3.7.1); 0 = absent. */
  maximumSegmentSize = 0;
  /** Window shift count, 0 to 14 (RFC 7323 section 2.2); -1 = absent. */
  windowScale: number = -1;
  /** Whether SACK is permitted (RFC 2018 section 2). */
  sackPermitted = false;
  /** Whether the two timestamps are there (RFC 7323 section 3.2). */
  hasTimestamp = false;
  /** TSval, unsigned 32 bits. */
  timestampValue = 0;
  /** TSecr, unsigned 32 bits. */
  timestampEcho = 0;
  /** Number of SACK blocks (RFC 2018 section 3), at most 4; 0 = absent. */
  sackCount = 0;
  /** Edges of the SACK blocks, unsigned 32 bits: left 0, right 0, left 1, right 1, … */
  readonly sackEdges: Float64Array = new Float64Array(2 * MAXIMUM_SACK_BLOCKS);
  /** User timeout in seconds (RFC 5482 section 3), rounded up to minutes above 32767 seconds; 0 = absent. */
  userTimeout = 0;
  /** Bytes of the Fast Open cookie (RFC 7413 section 4.1.1), 0 or 4 to 16 and even; 0 = a request, -1 = absent. */
  fastOpenLength: number = -1;
  /** The Fast Open cookie; only the first `fastOpenLength` bytes mean anything. */
  readonly fastOpenCookie: Uint8Array = new Uint8Array(16);
  /** The MPTCP options. */
  readonly mptcp: MptcpOptions = new MptcpOptions();

  /** Makes every option absent. */
  reset(): void {
    this.maximumSegmentSize = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.hasTimestamp = false;
    this.sackCount = 0;
    this.userTimeout = 0;
    this.fastOpenLength = -1;
    this.mptcp.reset();
  }

  /** Bytes that {@linkcode TcpOptions.emit} takes with padding, a multiple of 4; above 40 it does not fit. */
  byteLength(): number {
    let length = this.hasTimestamp ? 12 : this.sackPermitted ? 4 : 0;
    if (this.maximumSegmentSize !== 0) length += 4;
    if (this.windowScale >= 0) length += 4;
    if (this.sackCount !== 0) length += 4 + 8 * this.sackCount;
    if (this.userTimeout !== 0) length += 4;
    if (this.fastOpenLength >= 0) length += 2 + this.fastOpenLength;
    if (this.mptcp.present !== 0) length += this.mptcp.byteLength();
    return (length + 3) & ~3;
  }

  /** Reads the list in `view` from `start` to `end`. False when an option is shorter than 2 bytes or overruns the end. */
  parse(view: DataView, start: number, end: number): boolean {
    this.reset();
    let at = start;
    // Nearly every segment begins so.
    if (end - at >= 12 && view.getInt32(at) === PADDED_TIMESTAMPS) {
      this.#readTimestamps(view, at + 2);
      at += 12;
    }
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind === NO_OPERATION) {
        at++;
        continue;
      }
      if (kind === END_OF_LIST) return true;
      if (at + 2 > end) return false;
      const length = view.getUint8(at + 1);
      if (length < 2 || at + length > end) return false;
      if (kind === MPTCP_OPTION_KIND) this.mptcp.parseOne(view, at, length);
      else this.#parseOne(view, at, kind, length);
      at += length;
    }
    return true;
  }

  /** An option of a length that it cannot have is ignored, as if unknown. */
  #parseOne(view: DataView, at: number, kind: number, length: number): void {
    switch (kind) {
      case MAXIMUM_SEGMENT_SIZE:
        if (length === 4) this.maximumSegmentSize = view.getUint16(at + 2);
        break;
      case WINDOW_SCALE:
        if (length === 3) this.windowScale = Math.min(view.getUint8(at + 2), MAXIMUM_WINDOW_SCALE);
        break;
      case SACK_PERMITTED:
        if (length === 2) this.sackPermitted = true;
        break;
      case SACK:
        this.#readSack(view, at, length);
        break;
      case TIMESTAMPS:
        if (length === 10) this.#readTimestamps(view, at);
        break;
      case USER_TIMEOUT:
        if (length === 4) {
          const field = view.getUint16(at + 2);
          this.userTimeout = (field & 0x7fff) * (field & 0x8000 ? 60 : 1);
        }
        break;
      case FAST_OPEN:
        if (length === 2 || (length >= 6 && length <= 18 && length % 2 === 0)) {
          this.fastOpenLength = length - 2;
          for (let i = 0; i < length - 2; i++) this.fastOpenCookie[i] = view.getUint8(at + 2 + i);
        }
        break;
    }
  }

  #readTimestamps(view: DataView, at: number): void {
    this.hasTimestamp = true;
    this.timestampValue = view.getUint32(at + 2);
    this.timestampEcho = view.getUint32(at + 6);
  }

  #readSack(view: DataView, at: number, length: number): void {
    const edges = (length - 2) / 4;
    if (edges < 2 || edges > 2 * MAXIMUM_SACK_BLOCKS || edges % 2 !== 0) return;
    for (let i = 0; i < edges; i++) this.sackEdges[i] = view.getUint32(at + 2 + 4 * i);
    this.sackCount = edges / 2;
  }

  /**
   * Writes the options at `start`, padded to a multiple of 4 (RFC 9293 section 3.2), and returns the index behind them.
   * Throws `RangeError` when they take more than 40 bytes.
   */
  emit(view: DataView, start: number): number {
    let at = start;
    if (this.maximumSegmentSize !== 0) {
      view.setInt32(at, MAXIMUM_SEGMENT_SIZE << 24 | 4 << 16 | this.maximumSegmentSize);
      at += 4;
    }
    if (this.hasTimestamp) {
      view.setInt32(at, this.sackPermitted ? SACK_PERMITTED_TIMESTAMPS : PADDED_TIMESTAMPS);
      view.setUint32(at + 4, this.timestampValue);
      view.setUint32(at + 8, this.timestampEcho);
      at += 12;
    } else if (this.sackPermitted) {
      view.setInt32(at, NO_OPERATION << 24 | NO_OPERATION << 16 | SACK_PERMITTED << 8 | 2);
      at += 4;
    }
    if (this.windowScale >= 0) {
      view.setInt32(at, NO_OPERATION << 24 | WINDOW_SCALE << 16 | 3 << 8 | this.windowScale);
      at += 4;
    }
    if (this.sackCount !== 0) at = this.#emitSack(view, at);
    if (this.userTimeout !== 0) at = this.#emitUserTimeout(view, at);
    if (this.fastOpenLength >= 0) at = this.#emitFastOpen(view, at);
    if (this.mptcp.present !== 0) at = this.mptcp.emit(view, at);
    while (((at - start) & 3) !== 0) view.setUint8(at++, END_OF_LIST);
    if (at - start > MAXIMUM_OPTIONS_LENGTH) {
      throw new RangeError(`Cannot emit options: ${at - start} bytes, at most ${MAXIMUM_OPTIONS_LENGTH} fit`);
    }
    return at;
  }

  #emitSack(view: DataView, at: number): number {
    const edges = 2 * this.sackCount;
    view.setInt32(at, NO_OPERATION << 24 | NO_OPERATION << 16 | SACK << 8 | (2 + 4 * edges));
    for (let i = 0; i < edges; i++) view.setUint32(at + 4 + 4 * i, this.sackEdges[i]!);
    return at + 4 + 4 * edges;
  }

  #emitUserTimeout(view: DataView, at: number): number {
    const inMinutes = this.userTimeout > 0x7fff;
    const field = inMinutes ? 0x8000 | Math.min(Math.ceil(this.userTimeout / 60), 0x7fff) : this.userTimeout;
    view.setInt32(at, USER_TIMEOUT << 24 | 4 << 16 | field);
    return at + 4;
  }

  #emitFastOpen(view: DataView, at: number): number {
    view.setUint16(at, FAST_OPEN << 8 | (2 + this.fastOpenLength));
    for (let i = 0; i < this.fastOpenLength; i++) view.setUint8(at + 2 + i, this.fastOpenCookie[i]!);
    return at + 2 + this.fastOpenLength;
  }
}

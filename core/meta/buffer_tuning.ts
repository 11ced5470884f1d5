/**
 * How much of its buffers a connection uses: as much as its paths can fill, and no more. Both limits only grow, up to the
 * options `receiveBuffer` and `sendBuffer`.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { SocketOptions } from "./options.ts";
import type { MetaSocket } from "./socket.ts";

/** Receive window before anything is known of the paths; what tcp_rmem makes of it on Linux. */
const FIRST_WINDOW = 65_536;
/** What an application reads in the first round trip at most: an initial window of Linux. */
const FIRST_MEASURE = 14_600;
/** Beyond twice what was read: so many segments, for the first round trips. */
const EXTRA_SEGMENTS = 16;
/** Bytes that a connection may have unacknowledged before anything is known of the paths. */
const FIRST_SEND_LIMIT = 87_040;

/** Bytes that the peer of a connection with `options` may send first. */
export function firstWindow(options: SocketOptions): number {
  return limitOf(options, FIRST_WINDOW);
}

/** The limits of one connection. */
export class BufferTuning {
  readonly #meta: MetaSocket;
  #sendLimit = FIRST_SEND_LIMIT;
  #receiveLimit = FIRST_WINDOW;
  #measured = FIRST_MEASURE;
  #read = 0;
  #readSince: Micros = NaN;

  /** For `meta`. */
  constructor(meta: MetaSocket) {
    this.#meta = meta;
  }

  /** Bytes that may wait for the application. */
  get receiveLimit(): number {
    return limitOf(this.#meta.options, this.#receiveLimit);
  }

  /** Bytes that may wait for their acknowledgment: twice the congestion windows of all subflows, as on Linux. */
  get sendLimit(): number {
    const { options: { sendBuffer, sendTuning }, subflows } = this.#meta;
    if (!sendTuning || this.#sendLimit >= sendBuffer) return sendBuffer;
    let windows = 0;
    for (let i = 0; i < subflows.length; i++) windows += subflows[i]?.tcp.recovery.controller.cwnd ?? 0;
    if (2 * windows > this.#sendLimit) this.#sendLimit = 2 * windows;
    return Math.min(this.#sendLimit, sendBuffer);
  }

  /** The application took `length` bytes: the window may grow, and open so far that the peer is to be told. */
  handleRead(length: number, now: Micros): void {
    this.#measure(length, now);
    const { reassembly, subflows } = this.#meta;
    if (!reassembly.isUpdateDue) return;
    for (let i = 0; i < subflows.length; i++) if (subflows[i]?.wasUsable) subflows[i]?.tcp.requestAck();
  }

  /**
   * The window must hold twice what is read in a round trip of the slowest subflow, since the sender may double it in the
   * next (dynamic right-sizing; Linux's mptcp_rcv_space_adjust).
   */
  #measure(length: number, now: Micros): void {
    const { options, reassembly } = this.#meta;
    if (!options.receiveTuning || this.#receiveLimit >= options.receiveBuffer) return;
    if (Number.isNaN(this.#readSince)) this.#readSince = now;
    this.#read += length;
    const rtt = this.#longestRoundTrip();
    if (rtt === 0 || now - this.#readSince < rtt) return;
    if (this.#read > this.#measured) {
      const wanted = 2 * this.#read + EXTRA_SEGMENTS * this.#longestSegment();
      const growth = wanted * (this.#read - this.#measured) / this.#measured;
      this.#receiveLimit = Math.max(this.#receiveLimit, Math.floor(wanted + 2 * growth));
      reassembly.limit = Math.max(reassembly.limit, this.receiveLimit);
      this.#measured = this.#read;
    }
    this.#read = 0;
    this.#readSince = now;
  }

  #longestRoundTrip(): Micros {
    const { subflows } = this.#meta;
    let longest = 0;
    for (let i = 0; i < subflows.length; i++) longest = Math.max(longest, subflows[i]?.tcp.recovery.rtt.smoothed ?? 0);
    return longest;
  }

  #longestSegment(): number {
    const { subflows } = this.#meta;
    let longest = 0;
    for (let i = 0; i < subflows.length; i++) longest = Math.max(longest, subflows[i]?.tcp.mss ?? 0);
    return longest;
  }
}

/** What of its buffer a connection uses that has found `tuned` to be enough. */
function limitOf({ receiveBuffer, receiveTuning }: SocketOptions, tuned: number): number {
  return receiveTuning ? Math.min(tuned, receiveBuffer) : receiveBuffer;
}

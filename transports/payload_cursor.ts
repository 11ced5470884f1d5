/**
 * Walks through the payload of a packet wherever it lies.
 *
 * @module
 */

import type { Packet } from "../core/wire/packet.ts";

/** A place in the payload of one packet. Reused. */
export class PayloadCursor {
  /** Where the latest part lies. */
  array: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Index of its first byte there. */
  start = 0;
  /** Its length in bytes. */
  length = 0;
  #packet: Packet | null = null;
  /** Which piece is next, -1 for the packet itself, and the index in its array. */
  #piece = -1;
  #at = 0;

  /** Begins behind the TCP header of `packet`, which is `headerLength` bytes long. */
  begin(packet: Packet, headerLength: number): void {
    this.#packet = packet;
    this.#piece = -1;
    this.#at = packet.start + headerLength;
  }

  /** Steps to the next part that lies in one place, at most `most` bytes long; there must be some left. */
  step(most: number): void {
    const { pieces, bytes, end } = this.#packet!;
    let stop = this.#stop(end);
    while (this.#at === stop) {
      this.#at = pieces.starts[++this.#piece]!;
      stop = this.#stop(end);
    }
    this.array = (this.#piece < 0 ? bytes : pieces.arrays[this.#piece]!) as Uint8Array<ArrayBuffer>;
    this.start = this.#at;
    this.length = Math.min(most, stop - this.#at);
    this.#at += this.length;
  }

  /** Index behind the piece, or behind what is in the packet itself, which ends at `end`. */
  #stop(end: number): number {
    if (this.#piece < 0) return end;
    const { starts, lengths } = this.#packet!.pieces;
    return starts[this.#piece]! + lengths[this.#piece]!;
  }
}

/**
 * Walks through the payload of a packet wherever it lies.
 *
 * @module
 */

import type { Packet } from "../core/wire/packet.ts";
import { Pieces } from "../core/wire/pieces.ts";

/** A place in the payload of one packet. Reused. */
export class PayloadCursor {
  /** Where the latest part lies. */
  array: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Index of its first byte there. */
  start = 0;
  #pieces = new Pieces();
  /** Which piece is next. */
  #piece = 0;
  /** What is left of the present one. */
  #at = 0;
  #end = 0;

  /** Begins behind the TCP header of `packet`, which is `headerLength` bytes long. */
  begin(packet: Packet, headerLength: number): void {
    this.#pieces = packet.pieces;
    this.#piece = 0;
    this.array = packet.bytes as Uint8Array<ArrayBuffer>;
    this.#at = packet.start + headerLength;
    this.#end = packet.end;
  }

  /** Steps to the next part that lies in one place, at most `most` bytes, and returns its length; there must be some left. */
  step(most: number): number {
    while (this.#at === this.#end) this.#enterPiece();
    const start = this.start = this.#at;
    const end = this.#at = Math.min(start + most, this.#end);
    return end - start;
  }

  #enterPiece(): void {
    const { arrays, starts, lengths } = this.#pieces;
    const piece = this.#piece++;
    this.array = arrays[piece]!;
    this.#at = starts[piece]!;
    this.#end = this.#at + lengths[piece]!;
  }
}

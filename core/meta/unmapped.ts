/**
 * Bytes in order whose mapping has not come.
 *
 * A box that cuts or joins segments may move an option to a later one (RFC 8684 section 3.3.1), so they are kept for a
 * while. A mapping covers 65,535 bytes at most and leaves with the first of them: beyond that none is going to come.
 *
 * @module
 */

import type { BlockPool } from "../buffer/blocks.ts";
import { StreamBuffer } from "../buffer/stream_buffer.ts";
import type { Mappings } from "./mappings.ts";

/** Bytes that can be kept: as many as a mapping covers. */
const MOST_HELD = 0xffff;

/** Takes bytes of one mapping, the one that was found last: `bytes[from..to)` at subflow offset `offset`. */
export type MappedSink = (offset: number, bytes: Uint8Array, from: number, to: number) => void;

/** What one subflow has received in order and cannot place yet. */
export class Unmapped {
  readonly #buffer: StreamBuffer;
  #from = 0;
  #to = 0;

  /** Bytes are kept in blocks of `pool`. */
  constructor(pool: BlockPool) {
    this.#buffer = new StreamBuffer(pool);
  }

  /** Bytes kept. */
  get held(): number {
    return this.#to - this.#from;
  }

  /** Keeps `bytes[from..to)`, which are at subflow offset `offset` and follow what is kept; false if that is too much. */
  hold(offset: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.held + (to - from) > MOST_HELD) return false;
    if (this.held === 0) {
      this.#buffer.clear(offset);
      this.#from = offset;
    }
    this.#buffer.write(offset, bytes, from, to);
    this.#to = offset + (to - from);
    return true;
  }

  /**
   * Hands on what is mapped meanwhile. What stands before something that is mapped is given up: mappings come in order, so
   * its own was lost, and the peer sends it again under another (RFC 8684 section 3.3.6).
   */
  release(mappings: Mappings, sink: MappedSink): void {
    // What is handed on may close the subflow, and with it clear what is kept.
    while (this.held > 0) {
      if (!mappings.find(this.#from)) {
        const next = mappings.nextFrom(this.#from);
        if (next === Infinity) return;
        this.#forgetBelow(Math.min(next, this.#to));
        continue;
      }
      const block = this.#buffer.blockAt(this.#from);
      const within = this.#from - block.start;
      const length = Math.min(this.held, mappings.length, block.bytes.length - within);
      const offset = this.#from;
      sink(offset, block.bytes, within, within + length);
      if (this.held > 0) this.#forgetBelow(offset + length);
    }
  }

  /** Hands on everything, mapped or not. */
  drain(sink: MappedSink): void {
    for (let offset = this.#from; offset < this.#to;) {
      const block = this.#buffer.blockAt(offset);
      const within = offset - block.start;
      const length = Math.min(this.#to - offset, block.bytes.length - within);
      sink(offset, block.bytes, within, within + length);
      offset += length;
    }
    this.clear();
  }

  /** Gives all up. */
  clear(): void {
    this.#buffer.clear(this.#to);
    this.#from = this.#to;
  }

  #forgetBelow(offset: number): void {
    this.#from = offset;
    if (offset === this.#to) this.#buffer.clear(offset);
    else this.#buffer.releaseBelow(offset);
  }
}

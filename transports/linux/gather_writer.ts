/**
 * Writes packets whose payload lies in several places with one call.
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import type { Libc } from "./libc.ts";
import { addressOf, NativeMemory } from "./memory.ts";

/** Bytes of struct iovec: an address and a length of 64 bits each. */
const VECTOR_LENGTH = 16;
/** What one call of the kernel takes (IOV_MAX). */
const MOST_VECTORS = 1024;

/** Writes to one descriptor. */
export class GatherWriter {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #memory = new NativeMemory(MOST_VECTORS * VECTOR_LENGTH);
  readonly #words = new Uint32Array(this.#memory.bytes.buffer);
  /** Where storage lies that was written before; asking costs as much as a short write. */
  readonly #addresses = new WeakMap<Uint8Array, number>();

  /** `descriptor` stays the caller's. */
  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Writes `packet` from index `start` on with its pieces; returns what the kernel does, below 0 for a failure. */
  write(packet: Packet, start: number): number {
    const { pieces, end } = packet;
    const address = this.#addressOf(packet.bytes as Uint8Array<ArrayBuffer>) + start;
    const { count } = pieces;
    if (count === 0) return this.#libc.write(this.#descriptor, address, end - start);
    this.#put(0, address, end - start);
    for (let i = 0; i < count; i++) {
      this.#put(i + 1, this.#addressOf(pieces.arrays[i]!) + pieces.starts[i]!, pieces.lengths[i]!);
    }
    return this.#libc.writev(this.#descriptor, this.#memory.address, count + 1);
  }

  /** Gives back what native code knows. */
  close(): void {
    this.#memory.free();
  }

  /** In two halves, for a bigint would be garbage. Machines that Deno runs on have the lower half first. */
  #put(index: number, address: number, length: number): void {
    const at = index * (VECTOR_LENGTH / 4);
    this.#words[at] = address;
    this.#words[at + 1] = address / 2 ** 32;
    this.#words[at + 2] = length;
  }

  #addressOf(bytes: Uint8Array<ArrayBuffer>): number {
    let address = this.#addresses.get(bytes);
    if (address === undefined) this.#addresses.set(bytes, address = addressOf(bytes));
    return address;
  }
}

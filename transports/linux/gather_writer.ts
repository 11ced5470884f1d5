/**
 * Writes packets whose payload lies in several places with one call.
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import type { Libc } from "./libc.ts";
import { StorageAddresses } from "./memory.ts";
import { Vectors } from "./vectors.ts";

/** Writes to one descriptor. */
export class GatherWriter {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #vectors = new Vectors();
  readonly #storage = new StorageAddresses();

  /** `descriptor` stays the caller's. */
  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Writes `packet` from index `start` on with its pieces; returns what the kernel does, below 0 for a failure. */
  write(packet: Packet, start: number): number {
    const { pieces, end } = packet;
    const vectors = this.#vectors;
    vectors.clear();
    vectors.add(this.#storage.of(packet.bytes as Uint8Array<ArrayBuffer>) + start, end - start);
    for (let i = 0; i < pieces.count; i++) {
      vectors.add(this.#storage.of(pieces.arrays[i]!) + pieces.starts[i]!, pieces.lengths[i]!);
    }
    return this.#libc.writev(this.#descriptor, vectors.pointer, vectors.count);
  }

  /** Gives back what native code knows. */
  close(): void {
    this.#vectors.free();
  }
}

/**
 * Where bytes lie that one call of the kernel takes or fills in (struct iovec).
 *
 * @module
 */

import { NativeMemory } from "./memory.ts";

/** What one call of the kernel takes (IOV_MAX). */
const MOST_VECTORS = 1024;
/** An address and a length of 64 bits each. */
const VECTOR_LENGTH = 16;
const WORD = 2 ** 32;

/** A list of vectors, used again and again. */
export class Vectors {
  /** How many there are. */
  count = 0;
  readonly #memory: NativeMemory;
  readonly #words: Uint32Array<ArrayBuffer>;

  /** Room for `most` vectors. */
  constructor(most: number = MOST_VECTORS) {
    this.#memory = new NativeMemory(most * VECTOR_LENGTH);
    this.#words = new Uint32Array(this.#memory.bytes.buffer);
  }

  /** Where the first one lies. */
  get address(): number {
    return this.#memory.address;
  }

  /** The same for hot functions. */
  get pointer(): Deno.PointerObject {
    return this.#memory.pointer;
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
  }

  /** Appends one. */
  add(address: number, length: number): void {
    const at = this.count++ * (VECTOR_LENGTH / 4);
    // In two halves, for a bigint would be garbage. Machines that Deno runs on have the lower half first.
    this.#words[at] = address;
    this.#words[at + 1] = address / WORD;
    this.#words[at + 2] = length;
  }

  /** Lets the memory go. */
  free(): void {
    this.#memory.free();
  }
}

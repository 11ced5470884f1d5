/**
 * A hash of the two ends of a subflow for which nobody can find ends that collide who does not know the secret: a table in
 * which strangers choose the entries must not become a list.
 *
 * @module
 */

import { SipHash } from "../siphash.ts";
import type { IpAddress } from "../wire/address.ts";

/** Two addresses, and both ports as one. */
const WORDS = 9;

/** The universal hash NH (Black, Halevi, Krawczyk, Krovetz and Rogaway, 1999) of 16-bit halves: any two ends collide with 2^-16. */
export class FlowHash {
  readonly #keys = new Int32Array(WORDS);

  /** The secret is 16 bytes from `at` on. */
  constructor(secret: Uint8Array, at = 0) {
    const source = new SipHash(secret, at);
    for (let i = 0; i < WORDS; i++) this.#keys[i] = source.digest(Int32Array.of(i), 1).low;
  }

  /** A signed 32-bit number. */
  of(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
    let sum = this.#product(0, local.a) + this.#product(1, local.b);
    sum = (sum + this.#product(2, local.c) + this.#product(3, local.d)) | 0;
    sum = (sum + this.#product(4, remote.a) + this.#product(5, remote.b)) | 0;
    sum = (sum + this.#product(6, remote.c) + this.#product(7, remote.d)) | 0;
    return (sum + this.#product(8, (localPort << 16) | remotePort)) | 0;
  }

  #product(index: number, word: number): number {
    const key = this.#keys[index] as number;
    return Math.imul((word + key) & 0xffff, ((word >>> 16) + (key >>> 16)) & 0xffff);
  }
}

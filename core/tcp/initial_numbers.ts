/**
 * Where the sequence numbers and timestamps of a subflow begin (RFC 6528, RFC 7323 section 5.4).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import { SipHash } from "../siphash.ts";
import type { IpAddress } from "../wire/address.ts";

/** Numbers that only who knows the secret can predict. */
export class InitialNumbers {
  /** Initial sequence number: a clock of 4 µs plus a keyed hash of the ends (RFC 6528 section 3). */
  sequence = 0;
  /** Added to the clock in timestamps: another part of the same hash. */
  timestampOffset = 0;

  readonly #hash: SipHash;
  readonly #words = new Int32Array(9);

  /** The secret is the first 16 bytes. */
  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  /** Sets the numbers for a subflow between these ends that begins now. */
  draw(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number, now: Micros): this {
    const words = this.#words;
    words[0] = local.a;
    words[1] = local.b;
    words[2] = local.c;
    words[3] = local.d;
    words[4] = remote.a;
    words[5] = remote.b;
    words[6] = remote.c;
    words[7] = remote.d;
    words[8] = (localPort << 16) | remotePort;
    const hash = this.#hash.digest(words, words.length);
    this.sequence = (hash.high + Math.floor(now / 4)) >>> 0;
    this.timestampOffset = hash.low;
    return this;
  }
}

/**
 * Where the sequence numbers and timestamps of a subflow begin (RFC 6528, RFC 7323 section 5.4).
 *
 * @module
 */

import { FLOW_WORDS, writeFlow } from "../flow_words.ts";
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
  readonly #words = new Int32Array(FLOW_WORDS);

  /** The secret is the first 16 bytes. */
  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  /** Sets the numbers for a subflow between these ends that begins now. */
  draw(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number, now: Micros): this {
    const words = this.#words;
    writeFlow(words, local, localPort, remote, remotePort);
    const hash = this.#hash.digest(words, words.length);
    this.sequence = (hash.high + Math.floor(now / 4)) >>> 0;
    this.timestampOffset = hash.low;
    return this;
  }
}

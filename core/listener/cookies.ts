/**
 * SYN cookies: sequence numbers that bring back what a SYN said, so that nothing has to be remembered of it before its
 * sender has shown that it receives what is sent to its address (RFC 4987 section 3.6).
 *
 * @module
 */

import { FLOW_WORDS, writeFlow } from "../flow_words.ts";
import type { Micros } from "../plugin.ts";
import { SipHash } from "../siphash.ts";
import { LEAST_MSS, peerMss } from "../tcp/mss.ts";
import type { IpAddress } from "../wire/address.ts";
import type { Uint64 } from "../wire/seq.ts";

/** How long a cookie is new; it is good for as long again. Linux's TCP_SYNCOOKIE_PERIOD. */
const PERIOD: Micros = 60_000_000;
/** How long after a cookie was made it may still be good. */
export const LONGEST_LIFE: Micros = 2 * PERIOD;
/** Periods in which a cookie is good; Linux's MAX_SYNCOOKIE_AGE. */
const MOST_PERIODS = 2;
/** Bits of a cookie below the number of its period; Linux's COOKIEBITS. */
const BITS = 24;
const MASK = (1 << BITS) - 1;
/** What can be said of a peer's MSS: what it offers, or the next below. */
const SIZES: readonly number[] = [LEAST_MSS, 536, 1200, 1300, 1400, 1440, 1460, 8940];

/** What is hashed; each has a number of its own so that none says anything about another. */
const FLOW = 1;
const LOW = 2;
const KEY = 3;

/** The ends of a segment that arrived. */
export interface Ends {
  /** This end. */
  readonly local: IpAddress;
  /** Port of this end. */
  readonly localPort: number;
  /** The other end. */
  readonly remote: IpAddress;
  /** Port of the other end. */
  readonly remotePort: number;
}

/** Makes cookies and knows its own. Of 2^28 guesses one is right, for the minute or two that it is good. */
export class SynCookies {
  readonly #hash: SipHash;
  readonly #words = new Int32Array(FLOW_WORDS + 3);

  /** The secret is 16 bytes from `at` on. */
  constructor(secret: Uint8Array, at: number) {
    this.#hash = new SipHash(secret, at);
  }

  /** The sequence number that answers a SYN with `clientSequence` and the MSS option `size`, 0 without one. */
  make(ends: Ends, clientSequence: number, size: number, now: Micros): number {
    const offered = peerMss(size, ends.remote.family);
    let index = SIZES.length - 1;
    while (index > 0 && (SIZES[index] as number) > offered) index--;
    const period = Math.floor(now / PERIOD);
    // It grows with the client's sequence number and with time, as those of consecutive connections should.
    const low = (this.#sum(ends, LOW, period, clientSequence) + index) & MASK;
    return (this.#sum(ends, FLOW) + clientSequence + (period << BITS) + low) >>> 0;
  }

  /** The MSS of the peer to which `cookie` was sent, or what below it could be said; 0 if the cookie is none or too old. */
  check(ends: Ends, clientSequence: number, cookie: number, now: Micros): number {
    const rest = (cookie - this.#sum(ends, FLOW) - clientSequence) | 0;
    const period = Math.floor(now / PERIOD);
    const age = (period - (rest >>> BITS)) & 0xff;
    if (age >= MOST_PERIODS) return 0;
    // Nor is it good for the number next to the client's, which would begin the stream a byte later.
    return SIZES[(rest - this.#sum(ends, LOW, period - age, clientSequence)) & MASK] ?? 0;
  }

  /** The key of this end that goes with `cookie`: the third ACK repeats it (RFC 8684 section 3.1). */
  writeKey(ends: Ends, clientSequence: number, cookie: number, into: Uint64): void {
    this.#sum(ends, KEY, clientSequence, cookie);
    into.set(this.#hash.high, this.#hash.low);
  }

  #sum({ local, localPort, remote, remotePort }: Ends, purpose: number, first = 0, second = 0): number {
    const words = this.#words;
    writeFlow(words, local, localPort, remote, remotePort);
    words[FLOW_WORDS] = purpose;
    words[FLOW_WORDS + 1] = first;
    words[FLOW_WORDS + 2] = second;
    return this.#hash.digest(words, words.length).low;
  }
}

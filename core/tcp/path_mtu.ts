/**
 * The longest packet that the path of one subflow takes: learned from routers (RFC 1191, RFC 8201), or by trying where
 * they keep silent (RFC 4821, RFC 8899).
 *
 * Sizes are those of whole IP packets, in bytes. Nothing is sent or timed here; `mtu_probe.ts` sends the probes.
 *
 * @module
 */

import type { Micros } from "../plugin.ts";

/** Bytes of the IP and TCP headers without options. */
const HEADERS = { 4: 40, 6: 60 } as const;
/** A router is not believed to need less: Linux's min_pmtu, and the least that IPv6 allows (RFC 8201 section 4). */
const LEAST_REPORTED = { 4: 552, 6: 1280 } as const;
/** Not even silence means less: for IPv4 the least MSS that is believed, 88. */
const LEAST = { 4: 128, 6: 1280 } as const;
/** Where a search begins after a black hole, as TCP payload: Linux's tcp_base_mss (RFC 4821 section 7.2). */
const BASE_PAYLOAD = 1024;
/** A search ends when what is left to find is less; Linux's tcp_probe_threshold. */
const SEARCH_THRESHOLD = 8;
/** What was learned holds for this long, then more is tried; Linux's mtu_expires and tcp_probe_interval. */
export const PATH_MTU_LIFETIME: Micros = 600_000_000;
/** Usual sizes, for routers that do not say theirs (RFC 1191 section 7.1). */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/** What is known of the path MTU of one subflow. */
export class PathMtu {
  /** Longest packet that leaves. */
  size: number;
  /** When what was learned is to be doubted; Infinity while nothing was. */
  expiresAt: Micros = Infinity;
  /** Something longer than `size` may get through, and is to be tried. */
  isSearching = false;

  readonly #family: 4 | 6;
  #ceiling: number;
  /** See `highest`; valid while searching. */
  #high = 0;
  /** The search has just begun, or was told where to look: the highest size is tried first. */
  #isFresh = false;

  /** Packets of `family` whose payload, without TCP options, is `mss` bytes at most at either end. */
  constructor(family: 4 | 6, mss: number) {
    this.#family = family;
    this.size = this.#ceiling = mss + HEADERS[family];
  }

  /** Payload of the longest packet, TCP options included. */
  get mss(): number {
    return this.size - HEADERS[this.#family];
  }

  /** Longest packet that both ends take. */
  get ceiling(): number {
    return this.#ceiling;
  }

  /** Longest packet that is not known to fail. */
  get highest(): number {
    return this.isSearching ? this.#high : this.size;
  }

  /** What to try next; 0 while there is nothing to try. */
  get probeSize(): number {
    if (!this.isSearching) return 0;
    return this.#isFresh ? this.#high : (this.size + this.#high + 1) >>> 1;
  }

  /** Both ends now take payloads of up to `mss` bytes, TCP options included. */
  limit(mss: number): void {
    const ceiling = mss + HEADERS[this.#family];
    const isUnlimited = this.size === this.#ceiling && !this.isSearching;
    if (isUnlimited || this.size > ceiling) this.size = ceiling;
    this.#ceiling = ceiling;
    if (this.#high > ceiling) this.#high = ceiling;
  }

  /**
   * A router says that packets of `length` bytes are too long for the next link, which takes `mtu` (0 if it does not say).
   * True if that is news, and believable.
   */
  handleTooBig(mtu: number, length: number, now: Micros): boolean {
    // A node must discard what IPv6 forbids (RFC 8201 section 4); IPv4 links may be as short as 68 bytes.
    if (this.#family === 6 && mtu < LEAST_REPORTED[6]) return false;
    const told = mtu > 0 ? mtu : plateauBelow(Math.min(length, this.size));
    const size = Math.max(told, LEAST_REPORTED[this.#family]);
    if (size >= this.highest) return false;
    this.#high = size;
    if (size < this.size) {
      this.size = size;
      this.isSearching = false;
      this.expiresAt = now + PATH_MTU_LIFETIME;
    } else this.#narrow(true, now);
    return true;
  }

  /**
   * Packets of `length` bytes vanish again and again: shorter ones leave, and the search for more begins (RFC 4821 section
   * 7.7). False if nothing shorter is left to try.
   */
  handleBlackHole(length: number): boolean {
    const limit = Math.min(length, this.size);
    let size = this.#shorter(this.size);
    while (size >= limit && size > this.#shorter(size)) size = this.#shorter(size);
    if (size >= limit) return false;
    this.#high = Math.max(this.highest, this.size);
    this.size = size;
    this.isSearching = this.#isFresh = true;
    this.expiresAt = Infinity;
    return true;
  }

  /** Begins with short packets and searches for more, whatever may happen (RFC 4821 section 7.2). */
  startLow(): void {
    this.handleBlackHole(this.size);
  }

  /** A packet of `size` bytes got through. */
  handleArrived(size: number, now: Micros): void {
    this.size = Math.max(this.size, Math.min(size, this.#ceiling));
    this.#narrow(this.#isFresh, now);
  }

  /** A packet of `size` bytes was lost while shorter ones arrived. */
  handleLost(size: number, now: Micros): void {
    this.#high = Math.min(this.#high, size - 1);
    this.#narrow(false, now);
  }

  /** What was learned is old: with `mayProbe` longer packets are tried one by one, else all are as long as can be. */
  expire(mayProbe: boolean): void {
    this.expiresAt = Infinity;
    if (!mayProbe) this.isSearching = false;
    if (this.size === this.#ceiling) return;
    if (mayProbe) {
      this.#high = this.#ceiling;
      this.isSearching = this.#isFresh = true;
    } else this.size = this.#ceiling;
  }

  /** Nobody can probe: what the search was to find out is tried with everything, later. */
  stopSearching(now: Micros): void {
    this.isSearching = false;
    this.expiresAt = now + PATH_MTU_LIFETIME;
  }

  /** The next step below `size`: 1024 bytes of payload, then halves. */
  #shorter(size: number): number {
    const payload = size - HEADERS[this.#family];
    const shorter = payload > BASE_PAYLOAD ? BASE_PAYLOAD : payload >>> 1;
    return Math.min(size, Math.max(shorter + HEADERS[this.#family], LEAST[this.#family]));
  }

  #narrow(isFresh: boolean, now: Micros): void {
    this.#isFresh = isFresh;
    if (this.#high - this.size >= SEARCH_THRESHOLD) return;
    this.isSearching = false;
    this.expiresAt = this.size < this.#ceiling ? now + PATH_MTU_LIFETIME : Infinity;
  }
}

function plateauBelow(size: number): number {
  return PLATEAUS.find((plateau) => plateau < size) ?? 0;
}

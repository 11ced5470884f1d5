/**
 * Who may open with data in the SYN (RFC 7413 section 4.1.2), and how many at once (section 5.1).
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import { equalInConstantTime } from "../keys.ts";
import type { MetaSocket } from "../meta/socket.ts";
import type { Micros } from "../plugin.ts";
import { SipHash } from "../siphash.ts";
import type { FastOpenAnswer } from "../tcp/fast_open.ts";
import type { Path } from "../tcp/path.ts";
import type { TcpOptions } from "../wire/options.ts";

/** Bytes of a cookie; as on Linux. */
const COOKIE_LENGTH = 8;
/** How long a connection that the peer reset still counts: who has a cookie must not fill the host up by resets; Linux's. */
const RESET_PENALTY: Micros = 60_000_000;

const ACCEPTED: FastOpenAnswer = { isAccepted: true, cookie: null };

/** Makes cookies, which tell that a host has received a segment at its address, and nothing else. */
export class FastOpenGuard {
  readonly #counters: Counters;
  readonly #hash: SipHash;
  readonly #ends = new Int32Array(8);

  /** Cookies are keyed with the first 16 bytes of `secret`, and hold as long as that. */
  constructor(counters: Counters, secret: Uint8Array) {
    this.#counters = counters;
    this.#hash = new SipHash(secret);
  }

  /** The answer to a SYN with `options` that came over `path` to a listener with `quota`; null for none. */
  judge(path: Path, options: TcpOptions, quota: FastOpenQuota, now: Micros): FastOpenAnswer | null {
    const { fastOpenLength, fastOpenCookie } = options;
    if (quota.most === 0 || fastOpenLength < 0) return null;
    const cookie = this.#cookieOf(path);
    if (fastOpenLength === 0) {
      this.#counters.TcpExtTCPFastOpenCookieReqd++;
      return { isAccepted: false, cookie };
    }
    if (fastOpenLength !== COOKIE_LENGTH || !equalInConstantTime(fastOpenCookie, cookie, COOKIE_LENGTH)) {
      this.#counters.TcpExtTCPFastOpenPassiveFail++;
      return { isAccepted: false, cookie };
    }
    if (!quota.hasRoom(now)) {
      this.#counters.TcpExtTCPFastOpenListenOverflow++;
      return null;
    }
    this.#counters.TcpExtTCPFastOpenPassive++;
    return ACCEPTED;
  }

  #cookieOf({ local, remote }: Path): Uint8Array {
    this.#ends.set([remote.a, remote.b, remote.c, remote.d, local.a, local.b, local.c, local.d]);
    const { high, low } = this.#hash.digest(this.#ends, this.#ends.length);
    const cookie = new DataView(new ArrayBuffer(COOKIE_LENGTH));
    cookie.setUint32(0, high);
    cookie.setUint32(4, low);
    return new Uint8Array(cookie.buffer);
  }
}

/** Connections of one listener that carry data before their handshake is done. */
export class FastOpenQuota {
  /** How many there may be at once; 0 = none. */
  readonly most: number;

  readonly #pending = new Set<MetaSocket>();
  /** Until when those count that the peer reset, in ascending order. */
  readonly #penalties: Micros[] = [];

  /** For `most` at once. */
  constructor(most: number) {
    this.most = most;
  }

  /** Whether there may be another one. */
  hasRoom(now: Micros): boolean {
    while ((this.#penalties[0] ?? Infinity) <= now) this.#penalties.shift();
    return this.#pending.size + this.#penalties.length < this.most;
  }

  /** `socket` is one of them. */
  add(socket: MetaSocket): void {
    this.#pending.add(socket);
  }

  /** The handshake of `socket` is done. */
  handleEstablished(socket: MetaSocket): void {
    this.#pending.delete(socket);
  }

  /** `socket` failed, before that or after. */
  handleFailed(socket: MetaSocket, now: Micros): void {
    if (this.#pending.delete(socket) && socket.error?.code === "reset") this.#penalties.push(now + RESET_PENALTY);
  }
}

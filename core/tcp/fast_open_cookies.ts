/**
 * Cookies of Fast Open that peers gave to this host (RFC 7413 section 4.1.3).
 *
 * @module
 */

import type { Micros } from "../plugin.ts";
import type { TcpOptions } from "../wire/options.ts";
import type { Path } from "./path.ts";

/** Peers remembered at most; the oldest is forgotten first. */
const MOST_PEERS = 1024;
/** Payload of a SYN to a peer whose MSS is not known (RFC 7413 section 4.2.1). */
const DEFAULT_MSS = { 4: 536, 6: 1220 } as const;
/** How long Fast Open is left alone after two SYNs were lost, doubled for each more; as on Linux. */
const PAUSE: Micros = 60_000_000;
/** Losses in a row that may be chance. */
const TOLERATED_LOSSES = 1;
/** The pause is doubled so often at most. */
const MOST_DOUBLINGS = 10;

/** What is known of a peer. */
export interface FastOpenPeer {
  /** The cookie; empty for none, which asks for one. */
  readonly cookie: Uint8Array;
  /** The peer's MSS. */
  readonly mss: number;
}

interface Known extends FastOpenPeer {
  readonly losses: number;
  readonly lostAt: Micros;
}

/** What a stack remembers, for each pair of addresses: a cookie holds for the address that it was given to. */
export class FastOpenCookies {
  readonly #known = new Map<string, Known>();

  /** What is known of the peer at the other end of `path`. */
  find(path: Path): FastOpenPeer | undefined {
    return this.#known.get(nameOf(path));
  }

  /** Whether SYNs with the option seem to vanish on `path`, so that it is better left out (section 4.1.3.1). */
  isAvoided(path: Path, now: Micros): boolean {
    const known = this.#known.get(nameOf(path));
    if (known === undefined || known.losses <= TOLERATED_LOSSES) return false;
    return now < known.lostAt + PAUSE * 2 ** Math.min(known.losses, MOST_DOUBLINGS);
  }

  /** A SYN/ACK with `options` answered, `isLost` if only when the option was left out. */
  learn(path: Path, options: TcpOptions, isLost: boolean, now: Micros): void {
    const name = nameOf(path);
    const known = this.#known.get(name);
    const { fastOpenLength, fastOpenCookie, maximumSegmentSize } = options;
    const cookie = fastOpenLength > 0 ? fastOpenCookie.slice(0, fastOpenLength) : known?.cookie ?? new Uint8Array(0);
    if (cookie.length === 0 && !isLost) return void this.#known.delete(name);
    this.#known.delete(name);
    this.#known.set(name, {
      cookie,
      mss: maximumSegmentSize > 0 ? maximumSegmentSize : DEFAULT_MSS[path.remote.family],
      losses: isLost ? (known?.losses ?? 0) + 1 : 0,
      lostAt: isLost ? now : -Infinity,
    });
    if (this.#known.size > MOST_PEERS) this.#known.delete(this.#known.keys().next().value as string);
  }
}

function nameOf({ local, remote }: Path): string {
  return `${local} ${remote}`;
}

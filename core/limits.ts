/**
 * How much of a host strangers can take up.
 *
 * @module
 */

import { throwIfUnknown } from "./known_names.ts";

/** When SYNs are answered without remembering them (RFC 4987 section 3.6). */
export type CookieUse = "never" | "under-flood" | "always";

/** Limits of a listener. */
export interface ListenLimits {
  /** Established connections that may wait for `accept`; Linux's backlog of listen() and somaxconn. */
  readonly backlog: number;
  /** Connections that may be opening at once; `backlog` if not given, as on Linux. */
  readonly synBacklog: number;
  /** Whether SYNs are answered without remembering them when as many are opening, always, or never; Linux's tcp_syncookies 1, 2 and 0. */
  readonly synCookies: CookieUse;
  /** Connections that may be used before their handshake is done, with data in the SYN (RFC 7413); 0 for none; Linux's TCP_FASTOPEN. */
  readonly fastOpen: number;
}

/** Limits of a host: those of its listeners, and what it keeps of connections that are over. */
export interface HostLimits extends ListenLimits {
  /** Subflows that may linger in TIME-WAIT at once; the oldest goes for the next. Linux's tcp_max_tw_buckets. */
  readonly timeWaits: number;
}

/** Linux's values, but for memory: what lingers takes more of it here. */
export const DEFAULT_HOST_LIMITS: HostLimits = {
  backlog: 4096,
  synBacklog: 4096,
  synCookies: "under-flood",
  fastOpen: 0,
  timeWaits: 16_384,
};

const USES: readonly CookieUse[] = ["never", "under-flood", "always"];

/** Fills `given` up with `base`, that with the defaults, and checks it; a RangeError says what is wrong. */
export function resolveLimits(given: Partial<ListenLimits>, base: Partial<ListenLimits> = {}): ListenLimits {
  const backlog = given.backlog ?? base.backlog ?? DEFAULT_HOST_LIMITS.backlog;
  const synBacklog = given.synBacklog ?? base.synBacklog ?? backlog;
  const synCookies = given.synCookies ?? base.synCookies ?? DEFAULT_HOST_LIMITS.synCookies;
  checkNumbers("listen", { backlog, synBacklog });
  if (!USES.includes(synCookies)) {
    throw new RangeError(`Cannot listen: synCookies must be one of ${USES.join(", ")}, is ${synCookies}`);
  }
  const fastOpen = given.fastOpen ?? base.fastOpen ?? DEFAULT_HOST_LIMITS.fastOpen;
  if (!(Number.isInteger(fastOpen) && fastOpen >= 0)) {
    throw new RangeError(`Cannot listen: fastOpen must be a whole number from 0 on, is ${fastOpen}`);
  }
  return { backlog, synBacklog, synCookies, fastOpen };
}

/** Fills `given` up with the defaults and checks it; a RangeError or TypeError says what is wrong. */
export function resolveHostLimits(given: Partial<HostLimits>): HostLimits {
  throwIfUnknown("create host", "limit", given, Object.keys(DEFAULT_HOST_LIMITS));
  const timeWaits = given.timeWaits ?? DEFAULT_HOST_LIMITS.timeWaits;
  checkNumbers("create host", { timeWaits });
  return { ...resolveLimits(given), timeWaits };
}

function checkNumbers(action: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot ${action}: ${name} must be a whole number above 0, is ${value}`);
  }
}

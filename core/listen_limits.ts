/**
 * How much of a host strangers can take up at a listening port.
 *
 * @module
 */

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
}

/** Linux's values. */
export const DEFAULT_LISTEN_LIMITS: ListenLimits = { backlog: 4096, synBacklog: 4096, synCookies: "under-flood" };

const USES: readonly CookieUse[] = ["never", "under-flood", "always"];

/** Fills `given` up with `base`, that with the defaults, and checks it; a RangeError says what is wrong. */
export function resolveLimits(given: Partial<ListenLimits>, base: Partial<ListenLimits> = {}): ListenLimits {
  const backlog = given.backlog ?? base.backlog ?? DEFAULT_LISTEN_LIMITS.backlog;
  const synBacklog = given.synBacklog ?? base.synBacklog ?? backlog;
  const synCookies = given.synCookies ?? base.synCookies ?? DEFAULT_LISTEN_LIMITS.synCookies;
  for (const [name, value] of [["backlog", backlog], ["synBacklog", synBacklog]] as const) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot listen: ${name} must be a whole number above 0, is ${value}`);
  }
  if (!USES.includes(synCookies)) {
    throw new RangeError(`Cannot listen: synCookies must be one of ${USES.join(", ")}, is ${synCookies}`);
  }
  return { backlog, synBacklog, synCookies };
}

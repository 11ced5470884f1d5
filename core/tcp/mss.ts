/**
 * Maximum segment sizes (RFC 6691, RFC 9293 section 3.7.1).
 *
 * @module
 */

/** Payload that every network takes. */
const DEFAULT_MSS = { 4: 536, 6: 1220 } as const;
/** A smaller MSS option is not believed: it would leave no room beside the options; Linux's TCP_MIN_MSS. */
export const LEAST_MSS = 88;
const HEADERS = { 4: 40, 6: 60 } as const;

/** What a peer takes that says so in its MSS option `size`, 0 without one. */
export function peerMss(size: number, family: 4 | 6): number {
  return size > 0 ? Math.max(size, LEAST_MSS) : DEFAULT_MSS[family];
}

/** The largest payload without options that fits one packet of an interface, for its own MSS option. */
export function interfaceMss(mtu: number, family: 4 | 6): number {
  return Math.max(mtu - HEADERS[family], DEFAULT_MSS[4]);
}

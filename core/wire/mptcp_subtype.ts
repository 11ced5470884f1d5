/**
 * The kinds of MPTCP option, as bits of a set.
 *
 * @module
 */

/** TCP option kind of every MPTCP option (RFC 8684 section 3). */
export const MPTCP_OPTION_KIND = 30;

// The bit of each option is 1 << subtype (RFC 8684 section 7.2).

/** Opens a connection: keys and version. */
export const MP_CAPABLE: number = 1 << 0;
/** Opens a further subflow. */
export const MP_JOIN: number = 1 << 1;
/** Data sequence signal: mapping, data acknowledgment, DATA_FIN. */
export const DSS: number = 1 << 2;
/** Announces an address, or echoes the announcement. */
export const ADD_ADDR: number = 1 << 3;
/** Takes addresses back. */
export const REMOVE_ADDR: number = 1 << 4;
/** Changes the priority of a subflow. */
export const MP_PRIO: number = 1 << 5;
/** Reports a checksum failure or falls back. */
export const MP_FAIL: number = 1 << 6;
/** Aborts the connection. */
export const MP_FASTCLOSE: number = 1 << 7;
/** Says why a subflow is reset. */
export const MP_TCPRST: number = 1 << 8;

/** The first three bytes of an option and its low four bits: kind, length, subtype, `low`. */
export function emitOptionHead(view: DataView, at: number, length: number, subtype: number, low: number): void {
  view.setUint16(at, MPTCP_OPTION_KIND << 8 | length);
  view.setUint8(at + 2, subtype << 4 | low);
}

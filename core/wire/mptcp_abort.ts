/**
 * The options that end something early: MP_FAIL, MP_FASTCLOSE and MP_TCPRST.
 *
 * @module
 */

import type { MptcpOptions } from "./mptcp.ts";
import { emitOptionHead } from "./mptcp_subtype.ts";

/** MP_TCPRST flag T: the condition is transient, the subflow may be tried again (RFC 8684 section 3.6). */
export const RESET_TRANSIENT = 0x01;

// Reasons of MP_TCPRST (RFC 8684 section 7.4).

/** No reason given. */
export const RESET_UNSPECIFIED = 0;
/** An MPTCP-specific error, such as a missing or wrong option. */
export const RESET_MPTCP_ERROR = 1;
/** Too few resources for a further subflow. */
export const RESET_NO_RESOURCES = 2;
/** Forbidden by policy. */
export const RESET_PROHIBITED = 3;
/** Too much data outstanding: transmitted but not acknowledged at the data level. */
export const RESET_TOO_MUCH_OUTSTANDING = 4;
/** The path performs too badly. */
export const RESET_BAD_PERFORMANCE = 5;
/** A middlebox has interfered. */
export const RESET_MIDDLEBOX = 6;

/** Reads MP_FAIL: 12 bytes with the data sequence number where the failure began (RFC 8684 section 3.7). */
export function parseFail(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 12) return false;
  into.failSequence.readFrom(view, at + 4);
  return true;
}

/** Writes MP_FAIL and returns the index behind it. */
export function emitFail(from: MptcpOptions, view: DataView, at: number): number {
  emitOptionHead(view, at, 12, 6, 0);
  view.setUint8(at + 3, 0);
  from.failSequence.writeTo(view, at + 4);
  return at + 12;
}

/** Reads MP_FASTCLOSE: 12 bytes with the key of the host that receives it (RFC 8684 section 3.5). */
export function parseFastclose(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 12) return false;
  into.fastcloseKey.readFrom(view, at + 4);
  return true;
}

/** Writes MP_FASTCLOSE and returns the index behind it. */
export function emitFastclose(from: MptcpOptions, view: DataView, at: number): number {
  emitOptionHead(view, at, 12, 7, 0);
  view.setUint8(at + 3, 0);
  from.fastcloseKey.writeTo(view, at + 4);
  return at + 12;
}

/** Reads MP_TCPRST: 4 bytes (RFC 8684 section 3.6). */
export function parseReset(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 4) return false;
  into.resetFlags = view.getUint8(at + 2) & 0x0f;
  into.resetReason = view.getUint8(at + 3);
  return true;
}

/** Writes MP_TCPRST and returns the index behind it. */
export function emitReset(from: MptcpOptions, view: DataView, at: number): number {
  emitOptionHead(view, at, 4, 8, from.resetFlags);
  view.setUint8(at + 3, from.resetReason);
  return at + 4;
}

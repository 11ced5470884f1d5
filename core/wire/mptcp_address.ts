/**
 * The options of path management: ADD_ADDR, REMOVE_ADDR and MP_PRIO.
 *
 * @module
 */

import type { MptcpOptions } from "./mptcp.ts";
import { emitOptionHead } from "./mptcp_subtype.ts";

const ECHO = 0x01;
const BACKUP = 0x01;
const HMAC_LENGTH = 8;

/** Bytes of ADD_ADDR (RFC 8684 section 3.4.1): the port is optional, the HMAC is missing in an echo. */
export function addAddressLength(family: 4 | 6, hasPort: boolean, hasHmac: boolean): number {
  return (family === 4 ? 8 : 20) + (hasPort ? 2 : 0) + (hasHmac ? HMAC_LENGTH : 0);
}

/** Reads ADD_ADDR. Family, port and HMAC follow from the length; an echo with HMAC, or neither of them, is malformed. */
export function parseAddAddress(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length < 8) return false;
  const echo = (view.getUint8(at + 2) & ECHO) !== 0;
  const family = length >= 20 ? 6 : 4;
  const hasPort = length === addAddressLength(family, true, !echo);
  if (!hasPort && length !== addAddressLength(family, false, !echo)) return false;

  into.addAddressEcho = echo;
  into.addAddressId = view.getUint8(at + 3);
  if (family === 4) into.addAddress.readV4(view, at + 4);
  else into.addAddress.readV6(view, at + 4);
  into.addAddressPort = hasPort ? view.getUint16(at + (family === 4 ? 8 : 20)) : 0;
  into.addAddressHasHmac = !echo;
  if (!echo) into.addAddressHmac.readFrom(view, at + length - HMAC_LENGTH);
  return true;
}

/** Writes ADD_ADDR and returns the index behind it. */
export function emitAddAddress(from: MptcpOptions, view: DataView, at: number): number {
  const family = from.addAddress.family;
  const length = addAddressLength(family, from.addAddressPort !== 0, from.addAddressHasHmac);
  emitOptionHead(view, at, length, 3, from.addAddressEcho ? ECHO : 0);
  view.setUint8(at + 3, from.addAddressId);
  if (family === 4) from.addAddress.writeV4(view, at + 4);
  else from.addAddress.writeV6(view, at + 4);
  if (from.addAddressPort !== 0) view.setUint16(at + (family === 4 ? 8 : 20), from.addAddressPort);
  if (from.addAddressHasHmac) from.addAddressHmac.writeTo(view, at + length - HMAC_LENGTH);
  return at + length;
}

/** Reads REMOVE_ADDR: 3 bytes and one for each address identifier, at least one (RFC 8684 section 3.4.2). */
export function parseRemoveAddress(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  const count = length - 3;
  if (count < 1 || count > into.removeIds.length) return false;
  into.removeCount = count;
  for (let i = 0; i < count; i++) into.removeIds[i] = view.getUint8(at + 3 + i);
  return true;
}

/** Writes REMOVE_ADDR and returns the index behind it. */
export function emitRemoveAddress(from: MptcpOptions, view: DataView, at: number): number {
  const length = 3 + from.removeCount;
  emitOptionHead(view, at, length, 4, 0);
  for (let i = 0; i < from.removeCount; i++) view.setUint8(at + 3 + i, from.removeIds[i]!);
  return at + length;
}

/** Reads MP_PRIO: 3 bytes (RFC 8684 section 3.3.8). */
export function parsePriority(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 3) return false;
  into.priorityBackup = (view.getUint8(at + 2) & BACKUP) !== 0;
  return true;
}

/** Writes MP_PRIO and returns the index behind it. */
export function emitPriority(from: MptcpOptions, view: DataView, at: number): number {
  emitOptionHead(view, at, 3, 5, from.priorityBackup ? BACKUP : 0);
  return at + 3;
}

/**
 * The options that open a connection and a further subflow: MP_CAPABLE and MP_JOIN.
 *
 * @module
 */

import type { MptcpOptions } from "./mptcp.ts";
import { emitOptionHead } from "./mptcp_subtype.ts";

/** MP_CAPABLE flag A: the sender wants the DSS checksum (RFC 8684 section 3.1). */
export const CAPABLE_CHECKSUM = 0x80;
/** MP_CAPABLE flag B: extensibility; a receiver that sees it set does not speak MPTCP on this connection. */
export const CAPABLE_EXTENSIBILITY = 0x40;
/** MP_CAPABLE flag C: the sender takes no further subflow to this address and port. */
export const CAPABLE_NO_JOIN = 0x20;
/** MP_CAPABLE flag H: HMAC-SHA256. */
export const CAPABLE_HMAC_SHA256 = 0x01;

/** Bytes of the HMAC in the SYN/ACK and in the third ACK of MP_JOIN (RFC 8684 section 3.2). */
export const JOIN_HMAC_LENGTH = 20;
/** Bytes of it that the SYN/ACK carries. */
export const JOIN_TRUNCATED_HMAC_LENGTH = 8;

const BACKUP = 0x01;

/**
 * MP_CAPABLE (RFC 8684 section 3.1): 4 bytes in a SYN, 12 with the sender's key, 20 with both keys, 22 with the length of the
 * data in the same segment, 24 with its checksum as well.
 */
export function parseCapable(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 4 && length !== 12 && length !== 20 && length !== 22 && length !== 24) return false;
  into.capableLength = length;
  into.version = view.getUint8(at + 2) & 0x0f;
  into.capableFlags = view.getUint8(at + 3);
  if (length >= 12) into.senderKey.readFrom(view, at + 4);
  if (length >= 20) into.receiverKey.readFrom(view, at + 12);
  if (length >= 22) {
    into.dataLength = view.getUint16(at + 20);
    into.hasChecksum = length === 24;
    if (length === 24) into.checksum = view.getUint16(at + 22);
  }
  return true;
}

/** Writes MP_CAPABLE of `capableLength` bytes and returns the index behind it. */
export function emitCapable(from: MptcpOptions, view: DataView, at: number): number {
  const length = from.capableLength;
  emitOptionHead(view, at, length, 0, from.version);
  view.setUint8(at + 3, from.capableFlags);
  if (length >= 12) from.senderKey.writeTo(view, at + 4);
  if (length >= 20) from.receiverKey.writeTo(view, at + 12);
  if (length >= 22) view.setUint16(at + 20, from.dataLength);
  if (length >= 24) view.setUint16(at + 22, from.checksum);
  return at + length;
}

/**
 * MP_JOIN (RFC 8684 section 3.2): 12 bytes in a SYN (token, nonce), 16 in a SYN/ACK (truncated HMAC, nonce), 24 in the third
 * ACK (HMAC).
 */
export function parseJoin(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length !== 12 && length !== 16 && length !== 24) return false;
  into.joinLength = length;
  if (length === 24) {
    readHmac(into, view, at + 4, JOIN_HMAC_LENGTH);
    return true;
  }
  into.joinBackup = (view.getUint8(at + 2) & BACKUP) !== 0;
  into.joinAddressId = view.getUint8(at + 3);
  if (length === 12) into.joinToken = view.getUint32(at + 4);
  else readHmac(into, view, at + 4, JOIN_TRUNCATED_HMAC_LENGTH);
  into.joinNonce = view.getUint32(at + length - 4);
  return true;
}

/** Writes MP_JOIN of `joinLength` bytes and returns the index behind it. */
export function emitJoin(from: MptcpOptions, view: DataView, at: number): number {
  const length = from.joinLength;
  if (length === 24) {
    emitOptionHead(view, at, length, 1, 0);
    view.setUint8(at + 3, 0);
    writeHmac(from, view, at + 4, JOIN_HMAC_LENGTH);
    return at + length;
  }
  emitOptionHead(view, at, length, 1, from.joinBackup ? BACKUP : 0);
  view.setUint8(at + 3, from.joinAddressId);
  if (length === 12) view.setUint32(at + 4, from.joinToken);
  else writeHmac(from, view, at + 4, JOIN_TRUNCATED_HMAC_LENGTH);
  view.setUint32(at + length - 4, from.joinNonce);
  return at + length;
}

function readHmac(into: MptcpOptions, view: DataView, at: number, length: number): void {
  for (let i = 0; i < length; i++) into.joinHmac[i] = view.getUint8(at + i);
}

function writeHmac(from: MptcpOptions, view: DataView, at: number, length: number): void {
  for (let i = 0; i < length; i++) view.setUint8(at + i, from.joinHmac[i]!);
}

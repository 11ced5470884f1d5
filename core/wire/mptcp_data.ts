/**
 * The data sequence signal, the option of nearly every segment.
 *
 * @module
 */

import type { MptcpOptions } from "./mptcp.ts";
import { MPTCP_OPTION_KIND } from "./mptcp_subtype.ts";

// Flags of DSS (RFC 8684 section 3.3).
const DATA_ACK = 0x01;
const DATA_ACK_8 = 0x02;
const MAPPING = 0x04;
const SEQUENCE_8 = 0x08;
const DATA_FIN = 0x10;

/** Bytes of a DSS option with these parts (RFC 8684 section 3.3). */
export function dssLength(dataAckBytes: number, mappingBytes: number, hasChecksum: boolean): number {
  return 4 + dataAckBytes + (mappingBytes === 0 ? 0 : mappingBytes + (hasChecksum ? 8 : 6));
}

/** Reads DSS; the length alone says whether a checksum is there. */
export function parseDss(into: MptcpOptions, view: DataView, at: number, length: number): boolean {
  if (length < 4) return false;
  const flags = view.getUint8(at + 3);
  const dataAckBytes = (flags & DATA_ACK) === 0 ? 0 : (flags & DATA_ACK_8) === 0 ? 4 : 8;
  const mappingBytes = (flags & MAPPING) === 0 ? 0 : (flags & SEQUENCE_8) === 0 ? 4 : 8;
  const plainLength = dssLength(dataAckBytes, mappingBytes, false);
  const hasChecksum = mappingBytes !== 0 && length === plainLength + 2;
  if (length !== plainLength && !hasChecksum) return false;

  into.dataFin = (flags & DATA_FIN) !== 0;
  into.dataAckBytes = dataAckBytes;
  into.mappingBytes = mappingBytes;
  into.hasChecksum = hasChecksum;
  let next = at + 4;
  if (dataAckBytes !== 0) {
    into.dataAck.high = dataAckBytes === 8 ? view.getUint32(next) : 0;
    next += dataAckBytes;
    into.dataAck.low = view.getUint32(next - 4);
  }
  if (mappingBytes !== 0) {
    into.dataSequence.high = mappingBytes === 8 ? view.getUint32(next) : 0;
    next += mappingBytes;
    into.dataSequence.low = view.getUint32(next - 4);
    into.subflowSequence = view.getUint32(next);
    into.dataLength = view.getUint16(next + 4);
    if (hasChecksum) into.checksum = view.getUint16(next + 6);
  }
  return true;
}

/** Writes DSS and returns the index behind it. */
export function emitDss(from: MptcpOptions, view: DataView, at: number): number {
  const { dataAckBytes, mappingBytes, hasChecksum } = from;
  let flags = from.dataFin ? DATA_FIN : 0;
  if (dataAckBytes !== 0) flags |= dataAckBytes === 8 ? DATA_ACK | DATA_ACK_8 : DATA_ACK;
  if (mappingBytes !== 0) flags |= mappingBytes === 8 ? MAPPING | SEQUENCE_8 : MAPPING;
  const length = dssLength(dataAckBytes, mappingBytes, hasChecksum);
  view.setInt32(at, MPTCP_OPTION_KIND << 24 | length << 16 | 2 << 12 | flags);
  let next = at + 4;
  if (dataAckBytes !== 0) {
    if (dataAckBytes === 8) view.setUint32(next, from.dataAck.high);
    next += dataAckBytes;
    view.setUint32(next - 4, from.dataAck.low);
  }
  if (mappingBytes !== 0) {
    if (mappingBytes === 8) view.setUint32(next, from.dataSequence.high);
    next += mappingBytes;
    view.setUint32(next - 4, from.dataSequence.low);
    view.setUint32(next, from.subflowSequence);
    view.setUint16(next + 4, from.dataLength);
    if (hasChecksum) view.setUint16(next + 6, from.checksum);
  }
  return at + length;
}

/**
 * The MPTCP options of a segment (RFC 8684 section 3), version 1.
 *
 * @module
 */

import { IpAddress } from "./address.ts";
import { emitFail, emitFastclose, emitReset, parseFail, parseFastclose, parseReset } from "./mptcp_abort.ts";
import {
  addAddressLength,
  emitAddAddress,
  emitPriority,
  emitRemoveAddress,
  parseAddAddress,
  parsePriority,
  parseRemoveAddress,
} from "./mptcp_address.ts";
import { dssLength, emitDss, parseDss } from "./mptcp_data.ts";
import { emitCapable, emitJoin, JOIN_HMAC_LENGTH, parseCapable, parseJoin } from "./mptcp_handshake.ts";
import {
  ADD_ADDR,
  DSS,
  MP_CAPABLE,
  MP_FAIL,
  MP_FASTCLOSE,
  MP_JOIN,
  MP_PRIO,
  MP_TCPRST,
  REMOVE_ADDR,
} from "./mptcp_subtype.ts";
import { Uint64 } from "./seq.ts";

export {
  ADD_ADDR,
  DSS,
  MP_CAPABLE,
  MP_FAIL,
  MP_FASTCLOSE,
  MP_JOIN,
  MP_PRIO,
  MP_TCPRST,
  MPTCP_OPTION_KIND,
  REMOVE_ADDR,
} from "./mptcp_subtype.ts";
export {
  CAPABLE_CHECKSUM,
  CAPABLE_EXTENSIBILITY,
  CAPABLE_HMAC_SHA256,
  CAPABLE_NO_JOIN,
  JOIN_HMAC_LENGTH,
  JOIN_TRUNCATED_HMAC_LENGTH,
} from "./mptcp_handshake.ts";
export { addAddressLength } from "./mptcp_address.ts";
export { dssLength } from "./mptcp_data.ts";
export {
  RESET_BAD_PERFORMANCE,
  RESET_MIDDLEBOX,
  RESET_MPTCP_ERROR,
  RESET_NO_RESOURCES,
  RESET_PROHIBITED,
  RESET_TOO_MUCH_OUTSTANDING,
  RESET_TRANSIENT,
  RESET_UNSPECIFIED,
} from "./mptcp_abort.ts";

/** Address identifiers that one REMOVE_ADDR can hold in 40 bytes of options. */
const MAXIMUM_REMOVED = 37;

/**
 * The MPTCP options of one segment; several may stand side by side. A field means something only while the bit of its
 * option is set in `present`, and while the length or flag beside it says that it is there.
 */
export class MptcpOptions {
  /** OR of {@linkcode MP_CAPABLE} … {@linkcode MP_TCPRST}. */
  present = 0;

  /** MP_CAPABLE: protocol version, 4 bits. */
  version = 1;
  /** MP_CAPABLE: OR of {@linkcode CAPABLE_CHECKSUM}, {@linkcode CAPABLE_HMAC_SHA256} and the others. */
  capableFlags = 0;
  /** MP_CAPABLE: 4 (no key), 12 (sender's key), 20 (both), 22 (and data length) or 24 bytes (and checksum). */
  capableLength = 0;
  /** MP_CAPABLE: key of the sender of this segment. */
  readonly senderKey: Uint64 = new Uint64();
  /** MP_CAPABLE: key of the receiver of this segment. */
  readonly receiverKey: Uint64 = new Uint64();

  /** MP_JOIN: 12 bytes (SYN), 16 (SYN/ACK) or 24 (ACK). */
  joinLength = 0;
  /** MP_JOIN in SYN and SYN/ACK: the sender asks to use the subflow as backup only. */
  joinBackup = false;
  /** MP_JOIN in SYN and SYN/ACK: identifier of the sender's address. */
  joinAddressId = 0;
  /** MP_JOIN in SYN: token of the connection to join, unsigned 32 bits. */
  joinToken = 0;
  /** MP_JOIN in SYN and SYN/ACK: the sender's random number, unsigned 32 bits. */
  joinNonce = 0;
  /** MP_JOIN: HMAC; the SYN/ACK carries only the first 8 bytes. */
  readonly joinHmac: Uint8Array = new Uint8Array(JOIN_HMAC_LENGTH);

  /** DSS: DATA_FIN. */
  dataFin = false;
  /** DSS: size of the data acknowledgment in bytes; 0 = none. */
  dataAckBytes: 0 | 4 | 8 = 0;
  /** DSS: data acknowledgment; of 4 bytes only `low` counts. */
  readonly dataAck: Uint64 = new Uint64();
  /** DSS: size of the data sequence number in bytes; 0 = no mapping. */
  mappingBytes: 0 | 4 | 8 = 0;
  /** DSS: data sequence number of the first mapped byte; of 4 bytes only `low` counts. */
  readonly dataSequence: Uint64 = new Uint64();
  /** DSS: where the mapping begins, relative to the initial sequence number of the subflow, unsigned 32 bits. */
  subflowSequence = 0;
  /** DSS and MP_CAPABLE of 22 and 24 bytes: length of the mapping, 16 bits; 0 in DSS = infinite mapping. */
  dataLength = 0;
  /** DSS and MP_CAPABLE: whether the checksum is there; for MP_CAPABLE only set by parsing, `capableLength` decides. */
  hasChecksum = false;
  /** DSS and MP_CAPABLE of 24 bytes: checksum of the mapping, 16 bits. */
  checksum = 0;

  /** ADD_ADDR: this is the echo. */
  addAddressEcho = false;
  /** ADD_ADDR: identifier of the address. */
  addAddressId = 0;
  /** ADD_ADDR: the address. */
  readonly addAddress: IpAddress = new IpAddress();
  /** ADD_ADDR: the port; 0 = absent. */
  addAddressPort = 0;
  /** ADD_ADDR: whether the HMAC is there; it is exactly when this is no echo. */
  addAddressHasHmac = false;
  /** ADD_ADDR: the rightmost 64 bits of the HMAC. */
  readonly addAddressHmac: Uint64 = new Uint64();

  /** REMOVE_ADDR: how many identifiers, at least 1. */
  removeCount = 0;
  /** REMOVE_ADDR: the identifiers; only the first `removeCount` mean anything. */
  readonly removeIds: Uint8Array = new Uint8Array(MAXIMUM_REMOVED);

  /** MP_PRIO: use this subflow as backup only. */
  priorityBackup = false;

  /** MP_FAIL: data sequence number where the failed mapping begins. */
  readonly failSequence: Uint64 = new Uint64();

  /** MP_FASTCLOSE: key of the receiver. */
  readonly fastcloseKey: Uint64 = new Uint64();

  /** MP_TCPRST: flags U, V, W, T; {@linkcode RESET_TRANSIENT}. */
  resetFlags = 0;
  /** MP_TCPRST: {@linkcode RESET_UNSPECIFIED} … {@linkcode RESET_MIDDLEBOX}. */
  resetReason = 0;

  /** Makes every option absent, and with them mapping, data acknowledgment, DATA_FIN and checksum. */
  reset(): void {
    this.present = 0;
    this.dataFin = false;
    this.dataAckBytes = 0;
    this.mappingBytes = 0;
    this.hasChecksum = false;
  }

  /** Bytes that {@linkcode MptcpOptions.emit} writes, without padding. */
  byteLength(): number {
    const present = this.present;
    let length = (present & DSS) === 0 ? 0 : dssLength(this.dataAckBytes, this.mappingBytes, this.hasChecksum);
    if ((present & ~DSS) === 0) return length;
    if (present & MP_CAPABLE) length += this.capableLength;
    if (present & MP_JOIN) length += this.joinLength;
    if (present & ADD_ADDR) {
      length += addAddressLength(this.addAddress.family, this.addAddressPort !== 0, this.addAddressHasHmac);
    }
    if (present & REMOVE_ADDR) length += 3 + this.removeCount;
    if (present & MP_PRIO) length += 3;
    if (present & MP_FAIL) length += 12;
    if (present & MP_FASTCLOSE) length += 12;
    if (present & MP_TCPRST) length += 4;
    return length;
  }

  /**
   * Reads the one option of `length` bytes whose kind byte is at `start`. False when it is malformed or unknown; it is
   * then absent. Of several options of one subtype the last counts.
   */
  parseOne(view: DataView, start: number, length: number): boolean {
    if (length < 3) return false;
    const subtype = view.getUint8(start + 2) >>> 4;
    if (!this.#parseSubtype(view, start, length, subtype)) return false;
    this.present |= 1 << subtype;
    return true;
  }

  #parseSubtype(view: DataView, at: number, length: number, subtype: number): boolean {
    switch (1 << subtype) {
      case DSS:
        return !this.#mapsDataByCapable() && parseDss(this, view, at, length);
      case MP_CAPABLE:
        // Both say what the payload maps to; the first one stands.
        return !(length >= 22 && (this.present & DSS) !== 0) && parseCapable(this, view, at, length);
      case MP_JOIN:
        return parseJoin(this, view, at, length);
      case ADD_ADDR:
        return parseAddAddress(this, view, at, length);
      case REMOVE_ADDR:
        return parseRemoveAddress(this, view, at, length);
      case MP_PRIO:
        return parsePriority(this, view, at, length);
      case MP_FAIL:
        return parseFail(this, view, at, length);
      case MP_FASTCLOSE:
        return parseFastclose(this, view, at, length);
      case MP_TCPRST:
        return parseReset(this, view, at, length);
      default:
        return false;
    }
  }

  #mapsDataByCapable(): boolean {
    return (this.present & MP_CAPABLE) !== 0 && this.capableLength >= 22;
  }

  /** Writes what is present at `start` and returns the index behind it, unpadded. */
  emit(view: DataView, start: number): number {
    const present = this.present;
    let at = start;
    if (present & DSS) at = emitDss(this, view, at);
    if ((present & ~DSS) === 0) return at;
    if (present & MP_CAPABLE) at = emitCapable(this, view, at);
    if (present & MP_JOIN) at = emitJoin(this, view, at);
    if (present & ADD_ADDR) at = emitAddAddress(this, view, at);
    if (present & REMOVE_ADDR) at = emitRemoveAddress(this, view, at);
    if (present & MP_PRIO) at = emitPriority(this, view, at);
    if (present & MP_FAIL) at = emitFail(this, view, at);
    if (present & MP_FASTCLOSE) at = emitFastclose(this, view, at);
    if (present & MP_TCPRST) at = emitReset(this, view, at);
    return at;
  }
}

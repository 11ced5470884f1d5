/**
 * The TCP header (RFC 9293 section 3.1).
 *
 * @module
 */

import { TcpOptions } from "./options.ts";

/** No more data from the sender. */
export const FIN = 0x01;
/** Synchronise sequence numbers. */
export const SYN = 0x02;
/** Reset the connection. */
export const RST = 0x04;
/** Push to the application. */
export const PSH = 0x08;
/** The acknowledgment field is meaningful. */
export const ACK = 0x10;
/** The urgent pointer is meaningful; never emitted. */
export const URG = 0x20;
/** ECN echo (RFC 3168). */
export const ECE = 0x40;
/** Congestion window reduced (RFC 3168). */
export const CWR = 0x80;

/** Bytes of a TCP header without options. */
export const MINIMUM_HEADER_LENGTH = 20;
/** Bytes of the longest TCP header that the 4-bit data offset can express. */
export const MAXIMUM_HEADER_LENGTH = 60;
/** Where the sequence number stands, in bytes from the start of the header. */
export const SEQUENCE_OFFSET = 4;
/** Where the acknowledgment number stands. */
export const ACKNOWLEDGMENT_OFFSET = 8;
/** Where the length of the header stands, in words of 4 bytes in the upper half of a byte: the data offset. */
export const DATA_OFFSET = 12;
/** Where the flags stand. */
export const FLAGS_OFFSET = 13;
/** Where the checksum stands. */
export const CHECKSUM_OFFSET = 16;

/** The fields of one TCP header with its options. One object is reused for every segment. */
export class TcpHeader {
  /** Port of the sender. */
  sourcePort = 0;
  /** Port of the receiver. */
  destinationPort = 0;
  /** Sequence number, unsigned 32 bits. */
  sequence = 0;
  /** Acknowledgment number, unsigned 32 bits; meaningless without {@linkcode ACK}. */
  acknowledgment = 0;
  /** OR of {@linkcode FIN} … {@linkcode CWR}. */
  flags = 0;
  /** The window field as it stands on the wire, 16 bits, not scaled. */
  window = 0;
  /** Header and options in bytes; set by `parse` and `emit`. */
  headerLength: number = MINIMUM_HEADER_LENGTH;
  /** Index of the first payload byte in the parsed view; set by `parse`. */
  payloadStart = 0;
  /** Index behind the last payload byte in the parsed view; set by `parse`. */
  payloadEnd = 0;
  /** ECN field of the IP packet around it (RFC 3168 section 5); set by who received that, 0 = says nothing. */
  ecn = 0;
  /** See {@linkcode Packet.segmentSize}: on the way in, the payload of each segment that this one was put together of; 0 = one. */
  segmentSize = 0;
  /** The options. */
  readonly options: TcpOptions = new TcpOptions();

  /**
   * Reads the segment in `view` from `start` to `end`. False when header or option list is malformed; the fields are
   * then unspecified. An MPTCP option that is malformed in itself is treated as absent.
   */
  parse(view: DataView, start: number, end: number): boolean {
    if (end - start < MINIMUM_HEADER_LENGTH) return false;
    const offsetAndFlags = view.getUint16(start + 12);
    const headerLength = (offsetAndFlags >>> 12) << 2;
    const payloadStart = start + headerLength;
    if (headerLength < MINIMUM_HEADER_LENGTH || payloadStart > end) return false;
    this.sourcePort = view.getUint16(start);
    this.destinationPort = view.getUint16(start + 2);
    this.sequence = view.getUint32(start + 4);
    this.acknowledgment = view.getUint32(start + 8);
    this.flags = offsetAndFlags & 0xff;
    this.window = view.getUint16(start + 14);
    this.headerLength = headerLength;
    this.payloadStart = payloadStart;
    this.payloadEnd = end;
    return this.options.parse(view, start + MINIMUM_HEADER_LENGTH, payloadStart);
  }

  /**
   * Writes header and options at `start` and returns the index where the payload starts. Checksum and urgent pointer
   * are 0. Throws `RangeError` when the options are longer than 40 bytes.
   */
  emit(view: DataView, start: number): number {
    const payloadStart = this.options.emit(view, start + MINIMUM_HEADER_LENGTH);
    const headerLength = payloadStart - start;
    view.setUint16(start, this.sourcePort);
    view.setUint16(start + 2, this.destinationPort);
    view.setUint32(start + 4, this.sequence);
    view.setUint32(start + 8, this.acknowledgment);
    view.setUint16(start + 12, headerLength << 10 | this.flags);
    view.setUint16(start + 14, this.window);
    view.setUint32(start + CHECKSUM_OFFSET, 0);
    this.headerLength = headerLength;
    return payloadStart;
  }
}

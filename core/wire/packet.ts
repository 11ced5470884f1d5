/**
 * What passes between the stack and a transport.
 *
 * @module
 */

import { IpAddress } from "./address.ts";
import { Pieces } from "./pieces.ts";
import { CWR, DATA_OFFSET, FLAGS_OFFSET, SEQUENCE_OFFSET } from "./tcp.ts";

/** Bytes kept free before the TCP header so that a transport can put its own headers in front without a copy. */
export const HEADROOM = 64;

/** Routers that a packet passes at most unless somebody wants it otherwise; Linux's ip_default_ttl. */
export const DEFAULT_HOP_LIMIT = 64;

/**
 * A TCP segment between stack and transport. Reused. Header and payload are `bytes[start … end)`, and `pieces` behind
 * that.
 *
 * The stack never computes or verifies TCP checksums: it emits the field as 0, and the transport fills it in (or leaves
 * that to hardware or kernel) and, on the way in, drops what does not verify.
 */
export class Packet {
  /** The storage, `capacity` bytes. */
  readonly bytes: Uint8Array;
  /** The same storage, for fields of more than a byte. */
  readonly view: DataView;
  /** Index of the first byte of the TCP header. */
  start: number;
  /** Index behind the last byte of the payload, or of what of it is here. */
  end: number;
  /**
   * Payload that is left where it lies, so that nobody copies it before the transport does: only in what a transport is
   * given to send that can gather, and valid until `send` returns.
   */
  readonly pieces: Pieces;
  /** Address of the sender. */
  readonly source: IpAddress;
  /** Address of the receiver. */
  readonly destination: IpAddress;
  /** Payload bytes of each wire segment when this is a super-segment that a lower layer cuts; 0 means one segment. */
  segmentSize: number;
  /** The two ECN bits of the IP header (RFC 3168 section 5). */
  ecn: number;
  /** The six bits above them, the code point of differentiated services (RFC 2474). */
  dscp: number;
  /** Routers that it may still pass: time to live of IPv4, hop limit of IPv6. */
  hopLimit: number;
  /** A number by which a transport tells its interfaces apart; 0 where it has only one. */
  interfaceHint: number;

  /** `capacity` is the size of the whole storage in bytes, {@linkcode HEADROOM} included. */
  constructor(capacity: number) {
    if (!(capacity > HEADROOM)) {
      throw new RangeError(
        `Cannot create packet: capacity ${capacity} must be above the headroom of ${HEADROOM} bytes`,
      );
    }
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.start = HEADROOM;
    this.end = HEADROOM;
    this.pieces = new Pieces();
    this.source = new IpAddress();
    this.destination = new IpAddress();
    this.segmentSize = 0;
    this.ecn = 0;
    this.dscp = 0;
    this.hopLimit = DEFAULT_HOP_LIMIT;
    this.interfaceHint = 0;
  }

  /** Bytes of header and payload, wherever they lie. */
  get tcpLength(): number {
    return this.end - this.start + this.pieces.length;
  }

  /** Bytes of the TCP header, as it says itself. */
  get headerLength(): number {
    return this.view.getUint8(this.start + DATA_OFFSET) >>> 4 << 2;
  }

  /** Makes it empty again, with the whole headroom free; the addresses stay. */
  reset(): void {
    this.start = HEADROOM;
    this.end = HEADROOM;
    this.segmentSize = 0;
    this.ecn = 0;
    this.dscp = 0;
    this.hopLimit = DEFAULT_HOP_LIMIT;
    this.interfaceHint = 0;
    this.pieces.clear();
  }

  /** Takes over what stands in the IP header of `other`. */
  copyIpHeader(other: Packet): void {
    this.source.copy(other.source);
    this.destination.copy(other.destination);
    this.ecn = other.ecn;
    this.dscp = other.dscp;
    this.hopLimit = other.hopLimit;
  }

  /**
   * Takes the first `bytes` of the payload out, which have left as segments of their own: what they alone say, the answer to
   * congestion, goes with them.
   */
  dropPayload(bytes: number): void {
    const { view, start, headerLength } = this;
    const here = Math.min(bytes, this.end - start - headerLength);
    this.bytes.copyWithin(start + here, start, start + headerLength);
    this.start += here;
    this.pieces.drop(bytes - here);
    view.setUint32(this.start + SEQUENCE_OFFSET, view.getUint32(this.start + SEQUENCE_OFFSET) + bytes);
    view.setUint8(this.start + FLAGS_OFFSET, view.getUint8(this.start + FLAGS_OFFSET) & ~CWR);
    if (this.tcpLength - headerLength <= this.segmentSize) this.segmentSize = 0;
  }

  /** Takes the pieces in, so that the packet is whole by itself. */
  gather(): void {
    const { pieces } = this;
    if (pieces.count === 0) return;
    pieces.copyTo(this.bytes, this.end);
    this.end += pieces.length;
    pieces.clear();
  }
}

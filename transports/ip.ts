/**
 * The IP headers around a TCP segment, IPv4 (RFC 791) and IPv6 (RFC 8200), and the TCP checksum over their
 * pseudo-header.
 *
 * @module
 */

import type { IpAddress } from "../core/wire/address.ts";
import { addChecksumAt, finishChecksum, foldChecksum, internetChecksum } from "../core/wire/checksum.ts";
import type { IcmpError } from "../core/wire/icmp.ts";
import { DEFAULT_HOP_LIMIT, type Packet } from "../core/wire/packet.ts";
import { CHECKSUM_OFFSET, MINIMUM_HEADER_LENGTH } from "../core/wire/tcp.ts";

/** Bytes of an IPv4 header without options. */
export const IPV4_HEADER_LENGTH = 20;
/** Bytes of the fixed IPv6 header. */
export const IPV6_HEADER_LENGTH = 40;

/**
 * What {@linkcode parseIpPacket} found: a TCP segment, an ICMP or ICMPv6 message, another protocol, a fragment (never
 * reassembled here), or bytes that are no IP packet.
 */
export type IpPacketKind = "tcp" | "icmp" | "other" | "fragment" | "malformed";

/** What is left of a packet while its headers are read. */
interface Bounds {
  start: number;
  end: number;
}

/** How {@linkcode emitIpHeader} leaves the TCP checksum: whole, only the pseudo-header's part of it, or 0. */
export type TcpChecksumMode = "full" | "partial" | "none";

const MAXIMUM_LENGTH = 0xffff;

const PROTOCOL_ICMP = 1;
const PROTOCOL_TCP = 6;
const PROTOCOL_ICMPV6 = 58;

// IPv6 extension headers (RFC 8200 section 4, RFC 4302).
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

const DO_NOT_FRAGMENT = 0x4000;
/** The bits of the IPv4 flags and offset that only a fragment has set. */
const FRAGMENT_MASK = 0x3fff;
/** The bits of the IPv6 fragment header that only a true fragment has set; without them it is atomic (RFC 6946). */
const FRAGMENT_MASK_V6 = 0xfff9;

/**
 * Writes the IP header of the segment just in front of `packet.start` and the TCP checksum into the segment, and
 * returns the index of the first byte of the IP header. The "partial" checksum is what virtio's NEEDS_CSUM and
 * other checksum offload want to find. Throws `RangeError` when the packet is longer than IP can say.
 */
export function emitIpHeader(packet: Packet, checksum: TcpChecksumMode, hopLimit = packet.hopLimit): number {
  if (packet.source.family !== packet.destination.family) {
    throw new TypeError(`Cannot emit IP header: ${packet.source} and ${packet.destination} are of two families`);
  }
  if (checksum === "full") fillTcpChecksum(packet);
  else packet.view.setUint16(packet.start + CHECKSUM_OFFSET, checksum === "partial" ? pseudoHeaderSum(packet) : 0);
  return emitHeader(packet, PROTOCOL_TCP, hopLimit);
}

/** The same in front of an ICMP or ICMPv6 message, whose checksum is whole. */
export function emitIcmpHeader(packet: Packet, hopLimit = DEFAULT_HOP_LIMIT): number {
  return emitHeader(packet, packet.destination.family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6, hopLimit);
}

function emitHeader(packet: Packet, protocol: number, hopLimit: number): number {
  return packet.destination.family === 4 ? emitV4(packet, protocol, hopLimit) : emitV6(packet, protocol, hopLimit);
}

function emitV4(packet: Packet, protocol: number, hopLimit: number): number {
  const { view, bytes } = packet;
  const at = packet.start - IPV4_HEADER_LENGTH;
  const length = packet.start - at + packet.tcpLength;
  checkLength(length);
  view.setUint16(at, 0x4500 | packet.dscp << 2 | packet.ecn);
  view.setUint16(at + 2, length);
  // A packet that is never fragmented needs no identification (RFC 6864 section 4.1).
  view.setUint32(at + 4, DO_NOT_FRAGMENT);
  view.setUint32(at + 8, hopLimit << 24 | protocol << 16);
  packet.source.writeV4(view, at + 12);
  packet.destination.writeV4(view, at + 16);
  view.setUint16(at + 10, finishChecksum(internetChecksum(bytes, at, packet.start)));
  return at;
}

function emitV6(packet: Packet, protocol: number, hopLimit: number): number {
  const { view } = packet;
  const at = packet.start - IPV6_HEADER_LENGTH;
  const length = packet.tcpLength;
  checkLength(length);
  view.setInt32(at, 6 << 28 | packet.dscp << 22 | packet.ecn << 20);
  view.setUint16(at + 4, length);
  view.setUint16(at + 6, protocol << 8 | hopLimit);
  packet.source.writeV6(view, at + 8);
  packet.destination.writeV6(view, at + 24);
  return at;
}

function checkLength(length: number): void {
  if (length > MAXIMUM_LENGTH) {
    throw new RangeError(`Cannot emit IP header: ${length} bytes, at most ${MAXIMUM_LENGTH} fit in its length field`);
  }
}

/**
 * Reads the IP packet in `view` from `start` to `end`, usually within `into.view` itself. Unless it is malformed, `into`
 * then has what its header says, and `into.start` and `into.end` bound what IP carries (the segment, the ICMP message), as
 * indices into `view`; bytes behind the length that IP states are cut off. Nothing is copied.
 */
export function parseIpPacket(view: DataView, start: number, end: number, into: Packet): IpPacketKind {
  if (start >= end) return "malformed";
  into.segmentSize = 0;
  switch (view.getUint8(start) >>> 4) {
    case 4:
      return parseV4(view, start, end, into);
    case 6:
      return parseV6(view, start, end, into);
    default:
      return "malformed";
  }
}

function parseV4(view: DataView, start: number, end: number, into: Packet): IpPacketKind {
  if (end - start < IPV4_HEADER_LENGTH) return "malformed";
  const headerLength = (view.getUint8(start) & 0x0f) << 2;
  const length = view.getUint16(start + 2);
  if (headerLength < IPV4_HEADER_LENGTH || length < headerLength || length > end - start) return "malformed";
  if (!verifyV4Header(view, start, headerLength)) return "malformed";
  into.source.readV4(view, start + 12);
  into.destination.readV4(view, start + 16);
  into.ecn = view.getUint8(start + 1) & 0x03;
  into.dscp = view.getUint8(start + 1) >>> 2;
  into.hopLimit = view.getUint8(start + 8);
  into.start = start + headerLength;
  into.end = start + length;
  if ((view.getUint16(start + 6) & FRAGMENT_MASK) !== 0) return "fragment";
  const protocol = view.getUint8(start + 9);
  return protocol === PROTOCOL_TCP ? "tcp" : protocol === PROTOCOL_ICMP ? "icmp" : "other";
}

/** Whether the checksum of an IPv4 header of `length` bytes is right. */
export function verifyV4Header(view: DataView, start: number, length: number): boolean {
  let sum = 0;
  for (let at = start; at < start + length; at += 4) sum += view.getUint16(at) + view.getUint16(at + 2);
  return foldChecksum(sum) === 0xffff;
}

function parseV6(view: DataView, start: number, end: number, into: Packet): IpPacketKind {
  if (end - start < IPV6_HEADER_LENGTH) return "malformed";
  const payloadEnd = start + IPV6_HEADER_LENGTH + view.getUint16(start + 4);
  if (payloadEnd > end) return "malformed";
  into.source.readV6(view, start + 8);
  into.destination.readV6(view, start + 24);
  // A mapped address on the wire would pass for the IPv4 peer that it names (RFC 4942 section 2.2).
  if (into.source.family === 4 || into.destination.family === 4) return "malformed";
  into.ecn = (view.getUint8(start + 1) >>> 4) & 0x03;
  into.dscp = (view.getUint16(start) >>> 6) & 0x3f;
  into.hopLimit = view.getUint8(start + 7);
  into.start = start + IPV6_HEADER_LENGTH;
  into.end = payloadEnd;
  const protocol = view.getUint8(start + 6);
  return protocol === PROTOCOL_TCP ? "tcp" : skipExtensions(view, protocol, into);
}

/** Moves `into.start` behind the extension headers of RFC 8200 section 4 and says what follows them. */
function skipExtensions(view: DataView, first: number, into: Bounds): IpPacketKind {
  let protocol = first;
  for (;;) {
    const at = into.start;
    switch (protocol) {
      case PROTOCOL_TCP:
        return "tcp";
      case PROTOCOL_ICMPV6:
        return "icmp";
      case HOP_BY_HOP:
      case DESTINATION_OPTIONS:
      case ROUTING:
      case AUTHENTICATION:
      case FRAGMENT:
        break;
      default:
        return "other";
    }
    // Each is a multiple of 8 bytes (the authentication header of 4) and begins with what follows it.
    if (at + 8 > into.end) return "malformed";
    const units = view.getUint8(at + 1);
    const length = protocol === FRAGMENT ? 8 : protocol === AUTHENTICATION ? (units + 2) << 2 : (units + 1) << 3;
    if (at + length > into.end) return "malformed";
    if (protocol === FRAGMENT && (view.getUint16(at + 2) & FRAGMENT_MASK_V6) !== 0) return "fragment";
    // With segments left the destination address is not yet that of the pseudo-header.
    if (protocol === ROUTING && view.getUint8(at + 3) !== 0) return "other";
    protocol = view.getUint8(at);
    into.start = at + length;
  }
}

/** Ports and sequence number: what an ICMP error quotes at least of a segment (RFC 792). */
const LEAST_QUOTED = 8;
const quoted: Bounds = { start: 0, end: 0 };

/**
 * Reads the beginning of an IP packet with a TCP segment that stands in `view` from `start` to `end`, as an ICMP error quotes
 * it: cut short anywhere, and with checksums that need not be right any more. False if it is something else.
 */
export function readQuotedPacket(view: DataView, start: number, end: number, into: IcmpError): boolean {
  if (start >= end) return false;
  const version = view.getUint8(start) >>> 4;
  const at = version === 4 ? readQuotedV4(view, start, end, into) : readQuotedV6(view, start, end, into, version);
  if (at < 0 || at + LEAST_QUOTED > end) return false;
  into.localPort = view.getUint16(at);
  into.remotePort = view.getUint16(at + 2);
  into.sequence = view.getUint32(at + 4);
  return true;
}

/** Where the TCP header begins, or -1. */
function readQuotedV4(view: DataView, start: number, end: number, into: IcmpError): number {
  if (end - start < IPV4_HEADER_LENGTH) return -1;
  const headerLength = (view.getUint8(start) & 0x0f) << 2;
  if (headerLength < IPV4_HEADER_LENGTH || view.getUint8(start + 9) !== PROTOCOL_TCP) return -1;
  if ((view.getUint16(start + 6) & FRAGMENT_MASK) !== 0) return -1;
  into.local.readV4(view, start + 12);
  into.remote.readV4(view, start + 16);
  into.quotedLength = view.getUint16(start + 2);
  return start + headerLength;
}

/** Where the TCP header begins, or -1. */
function readQuotedV6(view: DataView, start: number, end: number, into: IcmpError, version: number): number {
  if (version !== 6 || end - start < IPV6_HEADER_LENGTH) return -1;
  into.local.readV6(view, start + 8);
  into.remote.readV6(view, start + 24);
  into.quotedLength = IPV6_HEADER_LENGTH + view.getUint16(start + 4);
  quoted.start = start + IPV6_HEADER_LENGTH;
  quoted.end = end;
  return skipExtensions(view, view.getUint8(start + 6), quoted) === "tcp" ? quoted.start : -1;
}

/** Writes the TCP checksum over pseudo-header, header and payload, wherever that lies. */
export function fillTcpChecksum(packet: Packet): void {
  const { view, bytes, start, end, pieces } = packet;
  view.setUint16(start + CHECKSUM_OFFSET, 0);
  let sum = internetChecksum(bytes, start, end, pseudoHeaderSum(packet));
  let offset = end - start;
  for (let i = 0; i < pieces.count; i++) {
    const from = pieces.starts[i]!;
    const length = pieces.lengths[i]!;
    sum = addChecksumAt(sum, internetChecksum(pieces.arrays[i]!, from, from + length), offset);
    offset += length;
  }
  view.setUint16(start + CHECKSUM_OFFSET, finishChecksum(sum));
}

/** Whether the TCP checksum is right; false as well for fewer bytes than a TCP header. */
export function verifyTcpChecksum(packet: Packet): boolean {
  const { bytes, start, end } = packet;
  return end - start >= MINIMUM_HEADER_LENGTH &&
    internetChecksum(bytes, start, end, pseudoHeaderSum(packet)) === 0xffff;
}

/**
 * The folded sum of the pseudo-header of `length` bytes of TCP (RFC 9293 section 3.1, RFC 8200 section 8.1), not
 * complemented.
 */
export function pseudoHeaderSum({ source, destination, tcpLength }: Packet, length = tcpLength): number {
  return foldChecksum(addressSum(source) + addressSum(destination) + PROTOCOL_TCP + length);
}

function addressSum(address: IpAddress): number {
  const { a, b, c, d } = address;
  if (address.family === 4) return (d >>> 16) + (d & 0xffff);
  return (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) + (c >>> 16) + (c & 0xffff) + (d >>> 16) + (d & 0xffff);
}

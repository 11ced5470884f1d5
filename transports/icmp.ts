/**
 * ICMP (RFC 792) and ICMPv6 (RFC 4443), as far as an end host needs them.
 *
 * @module
 */

import { finishChecksum, foldChecksum, internetChecksum } from "../core/wire/checksum.ts";
import type { IcmpError, IcmpErrorKind } from "../core/wire/icmp.ts";
import type { Packet } from "../core/wire/packet.ts";
import { IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH, readQuotedPacket } from "./ip.ts";

/** What an ICMP message is about, for a host. */
export type IcmpKind =
  | "echo-request"
  | "packet-too-big"
  | "unreachable"
  | "time-exceeded"
  | "parameter-problem"
  | "other"
  | "malformed";

const HEADER_LENGTH = 8;
const HOP_LIMIT = 64;

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const ECHO_REQUEST = 8;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const V6_UNREACHABLE = 1;
const V6_PACKET_TOO_BIG = 2;
const V6_TIME_EXCEEDED = 3;
const V6_PARAMETER_PROBLEM = 4;
const V6_ECHO_REQUEST = 128;
const V6_ECHO_REPLY = 129;

const KINDS: { readonly [type: number]: IcmpKind } = {
  [ECHO_REQUEST]: "echo-request",
  [UNREACHABLE]: "unreachable",
  [TIME_EXCEEDED]: "time-exceeded",
  [PARAMETER_PROBLEM]: "parameter-problem",
};
const V6_KINDS: { readonly [type: number]: IcmpKind } = {
  [V6_ECHO_REQUEST]: "echo-request",
  [V6_UNREACHABLE]: "unreachable",
  [V6_PACKET_TOO_BIG]: "packet-too-big",
  [V6_TIME_EXCEEDED]: "time-exceeded",
  [V6_PARAMETER_PROBLEM]: "parameter-problem",
};

/** Codes of "unreachable" in their order (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1); null: ignored. */
const UNREACHABLE_CODES: readonly (IcmpErrorKind | null)[] = [
  "network-unreachable",
  "host-unreachable",
  "protocol-unreachable",
  "port-unreachable",
  "too-big",
  null, // A source route failed; nothing is routed so here.
  "network-unreachable",
  "host-unreachable",
  "host-unreachable",
  "prohibited",
  "prohibited",
  "network-unreachable",
  "host-unreachable",
  "prohibited",
  "prohibited",
  "prohibited",
];
/** The same of ICMPv6 (RFC 4443 section 3.1). */
const V6_UNREACHABLE_CODES: readonly (IcmpErrorKind | null)[] = [
  "network-unreachable",
  "prohibited",
  "host-unreachable",
  "host-unreachable",
  "port-unreachable",
  "prohibited",
  "prohibited",
];
/** ICMPv6 "parameter problem": the next header is not known there, which is TCP's. */
const V6_UNKNOWN_NEXT_HEADER = 1;

const PROTOCOL_ICMPV6 = 58;

/** Classifies the message in `packet`, as `parseIpPacket` found it; `isTrusted` spares the checksum. */
export function icmpKind(packet: Packet, isTrusted: boolean): IcmpKind {
  const { view, start, end } = packet;
  if (end - start < HEADER_LENGTH) return "malformed";
  if (!isTrusted && !verifyIcmpChecksum(packet)) return "malformed";
  return kindOf(view.getUint8(start), view.getUint8(start + 1), packet.source.family);
}

/** What an ICMP error of this type and code says; null if nothing. For who is told by a socket instead of a packet. */
export function icmpErrorKind(type: number, code: number, family: 4 | 6): IcmpErrorKind | null {
  return errorOf(kindOf(type, code, family), code, family);
}

/** Reads the error in `packet`, of the kind that `icmpKind` gave; false if it is not about a TCP segment, or says nothing. */
export function readIcmpError(packet: Packet, kind: IcmpKind, into: IcmpError): boolean {
  const { view, start, end } = packet;
  const { family } = packet.source;
  const error = errorOf(kind, view.getUint8(start + 1), family);
  if (error === null || !readQuotedPacket(view, start + HEADER_LENGTH, end, into)) return false;
  into.kind = error;
  // RFC 1191 section 4 uses half of the word, RFC 4443 section 3.2 all of it.
  into.mtu = error !== "too-big" ? 0 : family === 4 ? view.getUint16(start + 6) : view.getUint32(start + 4);
  return into.local.family === family;
}

function kindOf(type: number, code: number, family: 4 | 6): IcmpKind {
  if (family === 6) return V6_KINDS[type] ?? "other";
  if (type === UNREACHABLE && code === FRAGMENTATION_NEEDED) return "packet-too-big";
  return KINDS[type] ?? "other";
}

function errorOf(kind: IcmpKind, code: number, family: 4 | 6): IcmpErrorKind | null {
  switch (kind) {
    case "packet-too-big":
      return "too-big";
    case "unreachable":
      return (family === 4 ? UNREACHABLE_CODES : V6_UNREACHABLE_CODES)[code] ?? null;
    case "time-exceeded":
      // The other code is about reassembly, and nothing is fragmented here.
      return code === 0 ? "time-exceeded" : null;
    case "parameter-problem":
      return family === 6 && code === V6_UNKNOWN_NEXT_HEADER ? "protocol-unreachable" : "parameter-problem";
    default:
      return null;
  }
}

/**
 * Turns the echo request whose IP header begins at `ipStart` into its reply, in place; false if it deserves none: sent
 * to or from many, or with IP options.
 */
export function turnIntoEchoReply(packet: Packet, ipStart: number): boolean {
  const { view, bytes, start, source, destination } = packet;
  const isV4 = source.family === 4;
  if (start - ipStart !== (isV4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH)) return false;
  if (destination.isMulticast() || source.isMulticast() || source.isUnspecified()) return false;
  view.setUint8(start, isV4 ? ECHO_REPLY : V6_ECHO_REPLY);
  fillIcmpChecksum(packet);
  if (!isV4) {
    view.setUint8(ipStart + 7, HOP_LIMIT);
    destination.writeV6(view, ipStart + 8);
    source.writeV6(view, ipStart + 24);
    return true;
  }
  view.setUint8(ipStart + 8, HOP_LIMIT);
  destination.writeV4(view, ipStart + 12);
  source.writeV4(view, ipStart + 16);
  view.setUint16(ipStart + 10, 0);
  view.setUint16(ipStart + 10, finishChecksum(internetChecksum(bytes, ipStart, ipStart + IPV4_HEADER_LENGTH)));
  return true;
}

/** Writes the checksum of the message in `packet`. */
export function fillIcmpChecksum(packet: Packet): void {
  const { view, start } = packet;
  view.setUint16(start + 2, 0);
  view.setUint16(start + 2, finishChecksum(sum(packet)));
}

/** Whether the checksum of the message in `packet` is right. */
export function verifyIcmpChecksum(packet: Packet): boolean {
  return sum(packet) === 0xffff;
}

/** Over the message, and with IPv6 over the pseudo-header too. */
function sum({ bytes, start, end, source, destination }: Packet): number {
  if (source.family === 4) return internetChecksum(bytes, start, end);
  let pseudo = PROTOCOL_ICMPV6 + (end - start);
  for (const { a, b, c, d } of [source, destination]) {
    for (const word of [a, b, c, d]) pseudo += (word >>> 16) + (word & 0xffff);
  }
  return internetChecksum(bytes, start, end, foldChecksum(pseudo));
}

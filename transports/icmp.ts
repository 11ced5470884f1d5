/**
 * ICMP (RFC 792) and ICMPv6 (RFC 4443), as far as an end host needs them.
 *
 * @module
 */

import { finishChecksum, foldChecksum, internetChecksum } from "../core/wire/checksum.ts";
import type { Packet } from "../core/wire/packet.ts";
import { IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH } from "./ip.ts";

/** What an ICMP message is about, for a host. */
export type IcmpKind = "echo-request" | "packet-too-big" | "unreachable" | "other" | "malformed";

const HEADER_LENGTH = 8;
const HOP_LIMIT = 64;

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const ECHO_REQUEST = 8;
const V6_UNREACHABLE = 1;
const V6_PACKET_TOO_BIG = 2;
const V6_ECHO_REQUEST = 128;
const V6_ECHO_REPLY = 129;
const PROTOCOL_ICMPV6 = 58;

/** Classifies the message in `packet`, as `parseIpPacket` found it; `isTrusted` spares the checksum. */
export function icmpKind(packet: Packet, isTrusted: boolean): IcmpKind {
  const { view, start, end } = packet;
  if (end - start < HEADER_LENGTH) return "malformed";
  if (!isTrusted && sum(packet) !== 0xffff) return "malformed";
  const type = view.getUint8(start);
  if (packet.source.family === 4) {
    if (type === ECHO_REQUEST) return "echo-request";
    if (type !== UNREACHABLE) return "other";
    return view.getUint8(start + 1) === FRAGMENTATION_NEEDED ? "packet-too-big" : "unreachable";
  }
  if (type === V6_ECHO_REQUEST) return "echo-request";
  return type === V6_PACKET_TOO_BIG ? "packet-too-big" : type === V6_UNREACHABLE ? "unreachable" : "other";
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
  view.setUint16(start + 2, 0);
  view.setUint16(start + 2, finishChecksum(sum(packet)));
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

/** Over the message, and with IPv6 over the pseudo-header too. */
function sum({ bytes, start, end, source, destination }: Packet): number {
  if (source.family === 4) return internetChecksum(bytes, start, end);
  let pseudo = PROTOCOL_ICMPV6 + (end - start);
  for (const { a, b, c, d } of [source, destination]) {
    for (const word of [a, b, c, d]) pseudo += (word >>> 16) + (word & 0xffff);
  }
  return internetChecksum(bytes, start, end, foldChecksum(pseudo));
}

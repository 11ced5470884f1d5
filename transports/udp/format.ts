/**
 * TCP inside UDP (draft-cheshire-tcp-over-udp-00): the ports are those of the datagram, so that translators work, and what
 * is left of the header comes in an order in which the first bits tell it from other protocols on the port.
 *
 * ```text
 * data offset, flags, window | sequence number | acknowledgment number | options | payload
 * ```
 *
 * It takes as many bytes as TCP without UDP, so both have the same MSS. The checksum is that of UDP; there is no urgent
 * pointer.
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import { MINIMUM_HEADER_LENGTH, URG } from "../../core/wire/tcp.ts";

/** Bytes of a UDP header (RFC 768). */
export const UDP_HEADER_LENGTH = 8;
/** Bytes before the options. */
export const SHORTEST_DATAGRAM: number = MINIMUM_HEADER_LENGTH - UDP_HEADER_LENGTH;

/** Bytes of the datagram for the segment in `packet`. */
export function datagramLength(packet: Packet): number {
  return packet.tcpLength - UDP_HEADER_LENGTH;
}

/** Writes the datagram for the segment in `packet` to `into[at…]`; returns its length. The packet stays as it is. */
export function emitDatagram(packet: Packet, into: DataView<ArrayBuffer>, at: number): number {
  const { view, bytes, start, end, pieces } = packet;
  into.setUint32(at, view.getUint32(start + 12) & ~(URG << 16));
  into.setUint32(at + 4, view.getUint32(start + 4));
  into.setUint32(at + 8, view.getUint32(start + 8));
  const target = new Uint8Array(into.buffer, into.byteOffset);
  target.set(bytes.subarray(start + MINIMUM_HEADER_LENGTH, end), at + SHORTEST_DATAGRAM);
  if (pieces.count > 0) pieces.copyTo(target, at + end - start - UDP_HEADER_LENGTH);
  return datagramLength(packet);
}

/**
 * Makes the datagram `packet.bytes[at…end)` the segment that it carries, `ports` being those of the UDP header; false if
 * it carries none. There must be room for a UDP header in front of it.
 */
export function parseDatagram(
  packet: Packet,
  at: number,
  end: number,
  ports: { readonly source: number; readonly destination: number },
): boolean {
  if (end - at < SHORTEST_DATAGRAM) return false;
  const { view } = packet;
  const offsetFlagsWindow = view.getUint32(at);
  const headerLength = offsetFlagsWindow >>> 28 << 2;
  const start = at - UDP_HEADER_LENGTH;
  if (headerLength < MINIMUM_HEADER_LENGTH || start + headerLength > end) return false;
  const sequence = view.getUint32(at + 4);
  const acknowledgment = view.getUint32(at + 8);
  view.setUint16(start, ports.source);
  view.setUint16(start + 2, ports.destination);
  view.setUint32(start + 4, sequence);
  view.setUint32(start + 8, acknowledgment);
  view.setUint32(start + 12, offsetFlagsWindow & ~(URG << 16));
  view.setUint32(start + 16, 0);
  packet.start = start;
  packet.end = end;
  packet.segmentSize = packet.ecn = 0;
  return true;
}

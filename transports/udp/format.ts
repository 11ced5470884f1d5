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
import { CWR, FIN, MINIMUM_HEADER_LENGTH, PSH, URG } from "../../core/wire/tcp.ts";

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
 * Writes the header of the datagram for segment `index` of the `count` that `packet` stands for to `into[at…]`; returns its
 * length. What ends the whole is on the last, the answer to congestion on the first.
 */
export function emitSegmentHeader(packet: Packet, index: number, count: number, into: DataView, at: number): number {
  const { view, bytes, start, segmentSize } = packet;
  let word = view.getUint32(start + 12) & ~(URG << 16);
  const length = (word >>> 28 << 2) - UDP_HEADER_LENGTH;
  if (index < count - 1) word &= ~((FIN | PSH) << 16);
  if (index > 0) word &= ~(CWR << 16);
  into.setUint32(at, word);
  into.setUint32(at + 4, view.getUint32(start + 4) + index * segmentSize);
  into.setUint32(at + 8, view.getUint32(start + 8));
  for (let i = SHORTEST_DATAGRAM; i < length; i++) into.setUint8(at + i, bytes[start + UDP_HEADER_LENGTH + i]!);
  return length;
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

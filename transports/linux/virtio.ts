/**
 * The header of virtio-net in front of each packet: what is left to the other side of a device, the checksum and the
 * cutting of super-segments (virtio 1.3 section 5.1.6).
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import { CHECKSUM_OFFSET, CWR, FLAGS_OFFSET } from "../../core/wire/tcp.ts";

/** Bytes of the header as a TUN device has it by default, in the byte order of the machine. */
export const VIRTIO_HEADER_LENGTH = 10;

const NEEDS_CHECKSUM = 1;
const DATA_VALID = 2;
const GSO_NONE = 0;
const GSO_TCP4 = 1;
const GSO_TCP6 = 4;
const GSO_ECN = 0x80;

// Offsets of the fields.
const FLAGS = 0;
const GSO_TYPE = 1;
const HEADER_LENGTH = 2;
const GSO_SIZE = 4;
const CHECKSUM_START = 6;
const CHECKSUM_AT = 8;

/**
 * Writes the header just in front of `ipStart`, where the IP header of `packet` begins; the TCP checksum is the pseudo-header's
 * part. Returns the index of its first byte.
 */
export function emitVirtioHeader(packet: Packet, ipStart: number): number {
  const { view, start } = packet;
  const at = ipStart - VIRTIO_HEADER_LENGTH;
  const isCut = packet.segmentSize > 0;
  view.setUint8(at + FLAGS, NEEDS_CHECKSUM);
  const type = packet.destination.family === 4 ? GSO_TCP4 : GSO_TCP6;
  // CWR belongs on the first segment only, which not every device that cuts knows.
  const ecn = view.getUint8(start + FLAGS_OFFSET) & CWR ? GSO_ECN : 0;
  view.setUint8(at + GSO_TYPE, isCut ? type | ecn : GSO_NONE);
  view.setUint16(at + HEADER_LENGTH, start - ipStart + packet.headerLength, true);
  view.setUint16(at + GSO_SIZE, packet.segmentSize, true);
  view.setUint16(at + CHECKSUM_START, start - ipStart, true);
  view.setUint16(at + CHECKSUM_AT, CHECKSUM_OFFSET, true);
  return at;
}

/** Writes a header that leaves nothing to the other side. */
export function clearVirtioHeader(view: DataView, at: number): void {
  for (let i = 0; i < VIRTIO_HEADER_LENGTH; i += 2) view.setUint16(at + i, 0);
}

/** Whether the sender on this machine vouches for the checksum, which then may not even be in the packet. */
export function isChecksumTrusted(view: DataView, at: number): boolean {
  return (view.getUint8(at + FLAGS) & (NEEDS_CHECKSUM | DATA_VALID)) !== 0;
}

/** Payload bytes of each segment in the super-segment behind the header at `at`; 0 for a single segment. */
export function readSegmentSize(view: DataView, at: number): number {
  return view.getUint8(at + GSO_TYPE) === GSO_NONE ? 0 : view.getUint16(at + GSO_SIZE, true);
}

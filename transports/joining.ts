/**
 * Which segments may be put together to a super-segment: as generic receive offload (GRO) of Linux has it, those whose
 * headers differ in nothing but what has to differ.
 *
 * @module
 */

import { internetChecksum } from "../core/wire/checksum.ts";
import type { Packet } from "../core/wire/packet.ts";
import {
  ACKNOWLEDGMENT_OFFSET,
  DATA_OFFSET,
  FIN,
  FLAGS_OFFSET,
  MINIMUM_HEADER_LENGTH,
  PSH,
  RST,
  SEQUENCE_OFFSET,
  SYN,
  URG,
} from "../core/wire/tcp.ts";
import { IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH, pseudoHeaderSum, verifyV4Header } from "./ip.ts";

/** A segment with one of these is the last of its super-segment, or stands alone. */
const ENDING = FIN | SYN | RST | PSH | URG;
/** What the last segment of a super-segment may have, in the word at DATA_OFFSET. */
const LAST_FLAGS = (FIN | PSH) << 16;

/**
 * Bytes of IP and TCP header if other segments may follow the one in `packet`, whose IP header begins at `ipAt`; 0 if it
 * stands alone: without payload, with a flag that ends it, or with something between the headers.
 */
export function leadingHeaderLength(packet: Packet, ipAt: number): number {
  const { view, start, end, source, headerLength } = packet;
  const length = start - ipAt + headerLength;
  if (headerLength < MINIMUM_HEADER_LENGTH || ipAt + length >= end) return 0;
  if (view.getUint8(start + FLAGS_OFFSET) & ENDING) return 0;
  return start - ipAt === (source.family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH) ? length : 0;
}

/**
 * Whether a packet of `length` bytes may be added to `packet`: its first `headerLength` bytes stand in `next` at `ipAt`, as
 * those of `packet` do there, and its payload where that of `packet` ends. Its checksums are verified.
 */
export function isContinuation(
  packet: Packet,
  ipAt: number,
  headerLength: number,
  next: Packet,
  length: number,
): boolean {
  const { view, start, end } = packet;
  const header = next.view;
  const payload = length - headerLength;
  const expected = view.getUint32(start + SEQUENCE_OFFSET) + end - ipAt - headerLength;
  return payload > 0 && header.getUint32(start + SEQUENCE_OFFSET) === expected >>> 0 &&
    isAlike(view, header, start, ipAt + headerLength) &&
    (packet.source.family === 4 ? isAlikeV4(view, header, ipAt, length) : isAlikeV6(view, header, ipAt, length)) &&
    internetChecksum(
        packet.bytes,
        end,
        end + payload,
        internetChecksum(next.bytes, start, ipAt + headerLength, pseudoHeaderSum(packet, length - (start - ipAt))),
      ) === 0xffff;
}

/** TCP headers from `start` to `end`: the same but for sequence number, checksum and what the last segment has. */
function isAlike(one: DataView, other: DataView, start: number, end: number): boolean {
  if ((one.getInt32(start + DATA_OFFSET) ^ other.getInt32(start + DATA_OFFSET)) & ~LAST_FLAGS) return false;
  return isSame(one, other, start, start + SEQUENCE_OFFSET) &&
    isSame(one, other, start + ACKNOWLEDGMENT_OFFSET, start + DATA_OFFSET) &&
    isSame(one, other, start + MINIMUM_HEADER_LENGTH, end);
}

/** IPv4 headers at `at`: the same but for length, which must be `length`, identification and checksum. */
function isAlikeV4(one: DataView, other: DataView, at: number, length: number): boolean {
  return other.getUint16(at + 2) === length && one.getUint16(at) === other.getUint16(at) &&
    one.getUint16(at + 6) === other.getUint16(at + 6) && one.getUint16(at + 8) === other.getUint16(at + 8) &&
    isSame(one, other, at + 12, at + IPV4_HEADER_LENGTH) && verifyV4Header(other, at, IPV4_HEADER_LENGTH);
}

/** IPv6 headers at `at`: the same but for the length, which must fit `length`. */
function isAlikeV6(one: DataView, other: DataView, at: number, length: number): boolean {
  return other.getUint16(at + 4) === length - IPV6_HEADER_LENGTH && one.getUint16(at + 6) === other.getUint16(at + 6) &&
    isSame(one, other, at, at + 4) && isSame(one, other, at + 8, at + IPV6_HEADER_LENGTH);
}

/** Whole words. */
function isSame(one: DataView, other: DataView, start: number, end: number): boolean {
  for (let at = start; at < end; at += 4) if (one.getInt32(at) !== other.getInt32(at)) return false;
  return true;
}

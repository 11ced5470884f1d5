/**
 * Options of Multipath TCP as an attacker would write them: well-formed, and wrong in what they say.
 *
 * @module
 */

import type { Frame } from "../../sim/frame.ts";
import { MPTCP_OPTION_KIND } from "../../core/wire/mptcp_subtype.ts";

/** Makes the bytes of an option, a multiple of 4 of them, from 32 bits of chance and the segment it goes with. */
export type ForgeOption = (random: number, frame: Frame) => Uint8Array;

/** One for each subtype and shape (RFC 8684 section 3). */
export const FORGED_OPTIONS: readonly ForgeOption[] = [
  (r) => option(0x0, 12, [0x01 | r & 0xe0, ...bytes(r, 8)], 1),
  (r) => option(0x0, 4, [0x01 | r & 0xe0], r & 1),
  (r) => option(0x0, 20, [0x01, ...bytes(r, 16)], 1),
  (r) => option(0x1, 12, [r & 0xff, ...bytes(r, 8)], r & 1),
  (r) => option(0x1, 16, [r & 0xff, ...bytes(r, 12)], r & 1),
  (r) => option(0x1, 24, [0, ...bytes(r, 20)], 0),
  // DSS: flags F, m, M, a and A, each with the lengths that they need.
  (r) => dss(r & 0x1f, r, false),
  (r) => dss(r & 0x1f, r, true),
  // ADD_ADDR for IPv4 with HMAC, its echo, with port; REMOVE_ADDR of one and of three; MP_PRIO.
  (r) => option(0x3, 16, [r & 0xff, 10, r >>> 8 & 3, 0, r >>> 16 & 7, ...bytes(r, 8)], 0),
  (r) => option(0x3, 8, [r & 0xff, 10, r >>> 8 & 3, 0, r >>> 16 & 7], 1),
  (r) => option(0x3, 18, [r & 0xff, 10, r >>> 8 & 3, 0, 1, r & 1 ? 0 : 80, r >>> 16 & 0xff, ...bytes(r, 8)], 0),
  (r) => option(0x4, 4, [r & 3], 0),
  (r) => option(0x4, 6, [r & 0xff, r >>> 8 & 0xff, 0], 0),
  (r) => option(0x5, 3, [], r & 1),
  (r) => option(0x6, 12, [0, ...bytes(r, 8)], 0),
  (r) => option(0x7, 12, [0, ...bytes(r, 8)], 0),
  (r) => option(0x8, 4, [r & 0xff], r & 1),
  // A subtype that does not exist.
  (r) => option(0x9 + r % 6, 4 + (r >>> 8) % 8, bytes(r, 8), r & 15),
];

function option(subtype: number, length: number, rest: readonly number[], low: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil(length / 4) * 4).fill(1);
  padded.set([MPTCP_OPTION_KIND, length, subtype << 4 | low & 0x0f]);
  padded.set(rest.slice(0, length - 3), 3);
  return padded;
}

/** A DSS whose numbers are near those of the segment, or far from them. */
function dss(flags: number, random: number, hasChecksum: boolean): Uint8Array {
  const ack = flags & 1 ? flags & 2 ? 8 : 4 : 0;
  const mapping = flags & 4 ? (flags & 8 ? 8 : 4) + 6 + (hasChecksum ? 2 : 0) : 0;
  return option(0x2, 4 + ack + mapping, [flags, ...bytes(random, ack + mapping)], 0);
}

/** `count` bytes out of `seed`: zeros, ones, or a mixture. */
function bytes(seed: number, count: number): number[] {
  if (seed % 5 === 0) return new Array(count).fill(0);
  if (seed % 5 === 1) return new Array(count).fill(0xff);
  return Array.from({ length: count }, (_, i) => Math.imul(seed ^ i * 0x9e3779b1, 0x85ebca6b) >>> 24);
}

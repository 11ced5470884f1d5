/**
 * Packets of a hostile or broken peer: valid ones of every kind with a few bytes changed where it hurts, and plain noise.
 *
 * @module
 */

import fc from "fast-check";
import { IpAddress } from "../../core/wire/address.ts";
import { ICMP_ERROR_KINDS, type IcmpErrorKind } from "../../core/wire/icmp.ts";
import { MP_CAPABLE, MP_FASTCLOSE, MP_JOIN } from "../../core/wire/mptcp.ts";
import { ACK, FIN, RST, SYN, TcpHeader } from "../../core/wire/tcp.ts";
import { Packet } from "../../core/wire/packet.ts";
import { FramePool } from "../../sim/frame.ts";
import { icmpErrorAbout } from "../../sim/icmp.ts";
import { fillIcmpChecksum } from "../../transports/icmp.ts";
import { fillTcpChecksum, parseIpPacket } from "../../transports/ip.ts";

/** Two ends of a connection. */
export interface Ends {
  /** Who seems to send. */
  readonly from: string;
  /** See `from`. */
  readonly fromPort: number;
  /** Whom it reaches. */
  readonly to: string;
  /** See `to`. */
  readonly toPort: number;
}

const SEGMENTS = ["syn", "capable", "join", "data", "ack", "fin", "rst", "fastclose"] as const;
const KINDS = [...SEGMENTS, ...ICMP_ERROR_KINDS, "echo", "fragment", "extended", "udp"] as const;

/** What a packet is before it is changed. */
export type Kind = typeof KINDS[number];

/** One change. */
export type Change =
  | { readonly type: "flip"; readonly at: number; readonly bit: number }
  | { readonly type: "byte"; readonly at: number; readonly value: number }
  | { readonly type: "word"; readonly at: number; readonly value: number }
  | { readonly type: "cut"; readonly length: number }
  | { readonly type: "pad"; readonly bytes: Uint8Array };

/** How to make one hostile packet. */
export interface Recipe {
  readonly kind: Kind;
  readonly numbers: readonly number[];
  readonly payload: number;
  readonly changes: readonly Change[];
  /** Checksums are made right again afterwards, so that what was changed is looked at. */
  readonly isRepaired: boolean;
}

/** Where the headers are: of IP, of TCP or ICMP, and of what an error quotes. */
const offset = fc.oneof(fc.nat(19), fc.nat(79), fc.nat(140));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant("flip" as const), at: offset, bit: fc.nat(7) }),
  fc.record({
    type: fc.constant("byte" as const),
    at: offset,
    value: fc.constantFrom(0, 1, 2, 30, 127, 128, 254, 255),
  }),
  fc.record({ type: fc.constant("word" as const), at: offset, value: fc.constantFrom(0, 1, 7, 8, 68, 0x7fff, 0xffff) }),
  fc.record({ type: fc.constant("cut" as const), length: fc.nat(100) }),
  fc.record({ type: fc.constant("pad" as const), bytes: fc.uint8Array({ maxLength: 64 }) }),
);
const number32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff));

/** Any recipe. */
export const anyRecipe: fc.Arbitrary<Recipe> = fc.record({
  kind: fc.constantFrom(...KINDS),
  numbers: fc.array(number32, { minLength: 6, maxLength: 6 }),
  payload: fc.oneof(fc.constant(0), fc.nat(1400)),
  changes: fc.array(change, { maxLength: 4 }),
  isRepaired: fc.boolean(),
});

/** Virtio-net headers: plausible ones, and noise. */
export const anyVirtioHeader: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array(10)),
  fc.tuple(
    fc.constantFrom(0, 1, 2, 3, 4, 255),
    fc.constantFrom(0, 1, 3, 4, 5, 0x81, 255),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
  ).map(([flags, type, rest]) => Uint8Array.of(flags, type, ...rest)),
);

const pool = new FramePool();

/** The IP packet that `recipe` makes between `ends`. */
export function cook(recipe: Recipe, ends: Ends): Uint8Array<ArrayBuffer> {
  let bytes = plain(recipe, ends);
  for (const change of recipe.changes) bytes = changed(bytes, change);
  if (recipe.isRepaired) repair(bytes);
  return bytes;
}

/** Whether `bytes` are a TCP segment between `ends`, in either direction, that a receiver would take. */
export function isSegmentOf(bytes: Uint8Array, ends: Ends): boolean {
  const packet = packetOf(bytes);
  if (parseIpPacket(packet.view, 0, bytes.length, packet) !== "tcp" || packet.end - packet.start < 4) return false;
  const found = [
    `${packet.source} ${packet.view.getUint16(packet.start)}`,
    `${packet.destination} ${packet.view.getUint16(packet.start + 2)}`,
  ];
  const known = [`${ends.from} ${ends.fromPort}`, `${ends.to} ${ends.toPort}`];
  return found.every((end) => known.includes(end));
}

function plain({ kind, numbers, payload }: Recipe, ends: Ends): Uint8Array<ArrayBuffer> {
  const frame = pool.take();
  const isError = (ICMP_ERROR_KINDS as readonly string[]).includes(kind);
  // An error is about what the other end has sent.
  frame.source.copy(IpAddress.parse(isError ? ends.to : ends.from));
  frame.destination.copy(IpAddress.parse(isError ? ends.from : ends.to));
  const header = new TcpHeader();
  const [sequence, acknowledgment, first, second, third, fourth] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  header.sourcePort = isError ? ends.toPort : ends.fromPort;
  header.destinationPort = isError ? ends.fromPort : ends.toPort;
  Object.assign(header, { sequence, acknowledgment, window: first & 0xffff, flags: flagsOf(kind) });
  const { options } = header;
  options.hasTimestamp = (second & 1) === 1;
  options.timestampValue = second;
  if (kind === "capable" || kind === "join" || kind === "fastclose") writeMptcp(options.mptcp, kind, third, fourth);
  else if (header.flags & SYN) options.maximumSegmentSize = third & 0xffff;
  else if (third & 1) {
    options.sackCount = 1;
    options.sackEdges.set([third, fourth]);
  }
  const isData = kind === "data" || isError;
  frame.end = header.emit(frame.view, frame.start) + (isData ? payload : 0);
  frame.seal();
  frame.fillChecksum();
  const bytes = isError
    ? takeBytes(icmpErrorAbout(frame, kind as IcmpErrorKind, { mtu: first & 0xffff })!)
    : frame.bytes.slice(frame.ipStart, frame.end) as Uint8Array<ArrayBuffer>;
  frame.release();
  return ofKind(bytes, kind);
}

function takeBytes(
  frame: { bytes: Uint8Array; ipStart: number; end: number; release(): void },
): Uint8Array<ArrayBuffer> {
  const bytes = frame.bytes.slice(frame.ipStart, frame.end) as Uint8Array<ArrayBuffer>;
  frame.release();
  return bytes;
}

function flagsOf(kind: Kind): number {
  switch (kind) {
    case "syn":
    case "capable":
    case "join":
      return SYN;
    case "fin":
      return FIN | ACK;
    case "rst":
    case "fastclose":
      return RST | ACK;
    default:
      return ACK;
  }
}

function writeMptcp(mptcp: TcpHeader["options"]["mptcp"], kind: Kind, first: number, second: number): void {
  if (kind === "capable") {
    Object.assign(mptcp, { present: MP_CAPABLE, version: 1, capableFlags: 1, capableLength: 4 });
  } else if (kind === "join") {
    Object.assign(mptcp, { present: MP_JOIN, joinLength: 12, joinToken: first, joinNonce: second });
  } else {
    mptcp.present = MP_FASTCLOSE;
    mptcp.fastcloseKey.set(first, second);
  }
}

/** Makes something else of a segment. */
function ofKind(bytes: Uint8Array<ArrayBuffer>, kind: Kind): Uint8Array<ArrayBuffer> {
  const isV4 = bytes[0]! >>> 4 === 4;
  if (kind === "fragment" && isV4) bytes[6] = 0x20;
  else if (kind === "udp") bytes[isV4 ? 9 : 6] = 17;
  else if (kind === "echo") {
    bytes[isV4 ? 9 : 6] = isV4 ? 1 : 58;
    bytes[isV4 ? 20 : 40] = isV4 ? 8 : 128;
  } else if ((kind === "extended" || kind === "fragment") && !isV4) {
    const extension = kind === "extended" ? [6, 0, 1, 4, 0, 0, 0, 0] : [6, 0, 0, 1, 0, 0, 0, 9];
    const extended = Uint8Array.of(...bytes.subarray(0, 40), ...extension, ...bytes.subarray(40));
    extended[6] = kind === "extended" ? 60 : 44;
    new DataView(extended.buffer).setUint16(4, extended.length - 40);
    return extended;
  } else return bytes;
  repair(bytes);
  return bytes;
}

function changed(bytes: Uint8Array<ArrayBuffer>, change: Change): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  if (change.type === "cut") return bytes.slice(0, Math.max(1, bytes.length - change.length));
  if (change.type === "pad") return Uint8Array.of(...bytes, ...change.bytes);
  const at = change.at % bytes.length;
  if (change.type === "flip") bytes[at] = bytes[at]! ^ 1 << change.bit;
  else if (change.type === "byte") bytes[at] = change.value;
  else if (at + 2 <= bytes.length) view.setUint16(at, change.value);
  return bytes;
}

/** Makes checksums right where they can be. */
function repair(bytes: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(bytes.buffer);
  const headerLength = (bytes[0]! & 0x0f) << 2;
  if (bytes[0]! >>> 4 === 4 && headerLength >= 20 && headerLength <= bytes.length) {
    view.setUint16(10, 0);
    let sum = 0;
    for (let at = 0; at < headerLength; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(10, ~sum & 0xffff);
  }
  const packet = packetOf(bytes);
  const kind = parseIpPacket(packet.view, 0, bytes.length, packet);
  if (kind === "tcp" && packet.end - packet.start >= 18) fillTcpChecksum(packet);
  else if (kind === "icmp" && packet.end - packet.start >= 4) fillIcmpChecksum(packet);
  bytes.set(packet.bytes.subarray(0, bytes.length));
}

function packetOf(bytes: Uint8Array): Packet {
  const packet = new Packet(4096);
  packet.bytes.set(bytes);
  return packet;
}

/**
 * The TCP segment in a frame: its fields, its options, and another in its place.
 *
 * @module
 */

import { MPTCP_OPTION_KIND } from "../../core/wire/mptcp_subtype.ts";
import { HEADROOM } from "../../core/wire/packet.ts";
import { ACK, CHECKSUM_OFFSET, MINIMUM_HEADER_LENGTH } from "../../core/wire/tcp.ts";
import type { Frame } from "../frame.ts";
import type { BoxPlace } from "./box.ts";

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
/** Option kind of SACK (RFC 2018 section 3). */
export const SACK = 5;
/** Option kind of timestamps (RFC 7323 section 3.2). */
export const TIMESTAMPS = 8;

/** Sequence number of the segment. */
export function sequenceOf({ view, start }: Frame): number {
  return view.getUint32(start + 4);
}

/** Acknowledgment number of the segment. */
export function acknowledgmentOf({ view, start }: Frame): number {
  return view.getUint32(start + 8);
}

/** The flags of the segment, the lower eight. */
export function flagsOf({ bytes, start }: Frame): number {
  return bytes[start + 13]!;
}

/** Index of the first byte of payload. */
export function payloadStartOf({ bytes, start, end }: Frame): number {
  return Math.min(start + Math.max(bytes[start + 12]! >>> 4 << 2, MINIMUM_HEADER_LENGTH), end);
}

/** Bytes of payload. */
export function payloadLengthOf(frame: Frame): number {
  return frame.end - payloadStartOf(frame);
}

/** Calls `visit` with the kind, the index and the length of each option that is no padding, until one is malformed. */
export function visitOptions(frame: Frame, visit: (kind: number, at: number, length: number) => void): void {
  const { bytes, start } = frame;
  const end = payloadStartOf(frame);
  for (let at = start + MINIMUM_HEADER_LENGTH; at < end && bytes[at] !== END_OF_OPTIONS;) {
    const kind = bytes[at]!;
    const length = kind === NO_OPERATION ? 1 : bytes[at + 1]!;
    if (kind !== NO_OPERATION && (length < 2 || at + length > end)) return;
    if (kind !== NO_OPERATION) visit(kind, at, length);
    at += length;
  }
}

/** Overwrites with no-operation what `isMeant`; true if that was any. */
export function blankOptions(frame: Frame, isMeant: (kind: number, at: number) => boolean): boolean {
  let isChanged = false;
  visitOptions(frame, (kind, at, length) => {
    if (!isMeant(kind, at)) return;
    frame.bytes.fill(NO_OPERATION, at, at + length);
    isChanged = true;
  });
  return isChanged;
}

/** Which Multipath TCP option stands at `at`, as a bit such as `DSS`; 0 if it is of another kind. */
export function mptcpBitAt({ bytes }: Frame, at: number): number {
  return bytes[at] === MPTCP_OPTION_KIND ? 1 << (bytes[at + 2]! >>> 4) : 0;
}

/** The Multipath TCP options of the segment: the OR of bits such as `DSS`. */
export function mptcpBitsOf(frame: Frame): number {
  let bits = 0;
  visitOptions(frame, (_, at) => bits |= mptcpBitAt(frame, at));
  return bits;
}

/** The option bytes of the segment, padding included. */
export function optionBytes(frame: Frame): Uint8Array {
  return frame.bytes.slice(frame.start + MINIMUM_HEADER_LENGTH, payloadStartOf(frame));
}

/** Changes the numbers of the segment; what `acknowledge` does to the acknowledgment it does to SACK blocks too. */
export function renumber(
  frame: Frame,
  sequence: (wire: number) => number,
  acknowledge: (wire: number) => number,
  hasSack = true,
): void {
  const { view, start } = frame;
  view.setUint32(start + 4, sequence(sequenceOf(frame)));
  if (flagsOf(frame) & ACK) view.setUint32(start + 8, acknowledge(acknowledgmentOf(frame)));
  visitOptions(frame, (kind, at, length) => {
    if (kind !== SACK || !hasSack) return;
    for (let edge = at + 2; edge + 4 <= at + length; edge += 4) {
      view.setUint32(edge, acknowledge(view.getUint32(edge)));
    }
  });
  frame.reseal();
}

/** What is different in a segment that {@linkcode makeSegment} makes. */
export interface SegmentChanges {
  /** Sequence number. */
  readonly sequence?: number;
  /** Acknowledgment number. */
  readonly acknowledgment?: number;
  /** Flags. */
  readonly flags?: number;
  /** Window field. */
  readonly window?: number;
  /** Option bytes, a multiple of 4 of them. */
  readonly options?: Uint8Array;
  /** Payload. */
  readonly payload?: Uint8Array;
}

/** A frame like `template`, which stays as it is, with a segment that differs from its own by `changes`. */
export function makeSegment({ simulator }: BoxPlace, template: Frame, changes: SegmentChanges): Frame {
  const { options = optionBytes(template) } = changes;
  const payload = changes.payload ?? template.bytes.slice(payloadStartOf(template), template.end);
  const optionsStart = HEADROOM + MINIMUM_HEADER_LENGTH;
  const payloadStart = optionsStart + options.length;
  const frame = simulator.frames.take(payloadStart + payload.length);
  const { bytes, view, start } = frame;
  frame.copyIpHeader(template);
  frame.isIntact = true;
  frame.ipStart = start - (template.start - template.ipStart);
  bytes.set(template.bytes.subarray(template.ipStart, template.start + MINIMUM_HEADER_LENGTH), frame.ipStart);
  bytes.set(options, optionsStart);
  bytes.set(payload, payloadStart);
  frame.end = payloadStart + payload.length;
  view.setUint16(start + CHECKSUM_OFFSET, 0);
  view.setUint8(start + 12, (payloadStart - start) << 2 | bytes[start + 12]! & 0x0f);
  if (changes.sequence !== undefined) view.setUint32(start + 4, changes.sequence);
  if (changes.acknowledgment !== undefined) view.setUint32(start + 8, changes.acknowledgment);
  if (changes.flags !== undefined) view.setUint8(start + 13, changes.flags);
  if (changes.window !== undefined) view.setUint16(start + 14, changes.window);
  frame.reseal();
  if (!template.verifies()) damage(frame);
  return frame;
}

/** Makes the checksum wrong: what comes of a segment that was damaged before is no better. */
function damage(frame: Frame): void {
  frame.fillChecksum();
  const at = frame.start + CHECKSUM_OFFSET;
  frame.view.setUint16(at, ~frame.view.getUint16(at));
  frame.isIntact = false;
}

/** The same as {@linkcode makeSegment}, going back where `template` comes from. */
export function makeAnswer(place: BoxPlace, template: Frame, changes: SegmentChanges): Frame {
  const frame = makeSegment(place, template, changes);
  const { view, start } = frame;
  frame.source.copy(template.destination);
  frame.destination.copy(template.source);
  view.setUint16(start, template.view.getUint16(template.start + 2));
  view.setUint16(start + 2, template.view.getUint16(template.start));
  frame.reseal();
  return frame;
}

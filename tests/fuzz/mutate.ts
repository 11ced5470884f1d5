/**
 * What can happen to a packet on its way.
 *
 * @module
 */

import type { BoxDirection, BoxPlace } from "../../sim/middlebox/mod.ts";
import {
  acknowledgmentOf,
  flagsOf,
  makeSegment,
  optionBytes,
  payloadLengthOf,
  payloadStartOf,
  type SegmentChanges,
  sequenceOf,
  visitOptions,
} from "../../sim/middlebox/segment.ts";
import type { Frame } from "../../sim/frame.ts";
import { FORGED_OPTIONS } from "./options.ts";

/** What a mutation knows beside the packet. */
export interface MutationPlace {
  /** Clock, chance and frames. */
  readonly place: BoxPlace;
  /** Where the packet goes. */
  readonly direction: BoxDirection;
  /** Earlier packets of all paths and both directions, the newest last. */
  readonly past: readonly Frame[];
}

/** Does it; false if the packet itself goes no further. */
export type Mutate = (frame: Frame, a: number, b: number, where: MutationPlace) => boolean;

const LONGEST_DELAY_MS = 2000;
const NO_OPERATION = 1;
/** Distances at which comparisons of sequence numbers change their mind. */
const DISTANCES = [1, -1, 1420, -1420, 65_535, 0x10000, 0x3fff_ffff, 0x7fff_ffff, -0x8000_0000, 0x55aa];

const mild = {
  drop: () => false,
  duplicate: (frame, a, _b, { place, direction }) => {
    later(place, frame.copy(), direction, a % 50);
    return true;
  },
  delay: (frame, a, _b, { place, direction }) => {
    later(place, frame.copy(), direction, a % LONGEST_DELAY_MS);
    return false;
  },
  damage: (frame, a) => {
    // Twice could cancel out in the checksum.
    if (!frame.isIntact) return true;
    const at = frame.start + a % (frame.end - frame.start);
    frame.fillChecksum();
    frame.isIntact = false;
    frame.bytes[at] = frame.bytes[at]! ^ 0x10;
    return true;
  },
} satisfies Record<string, Mutate>;

const wild = {
  "repeat an old one": (frame, a, _b, { place, direction, past }) => {
    const old = past[a % past.length];
    if (old !== undefined && isOfFlow(old, frame)) later(place, old.copy(), direction, 0);
    return true;
  },
  "move a number": (frame, a, b) => {
    const { view, start } = frame;
    const at = start + (a & 1 ? 4 : 8);
    view.setUint32(at, (view.getUint32(at) + DISTANCES[b % DISTANCES.length]!) >>> 0);
    frame.reseal();
    return true;
  },
  "flip a bit of the header": (frame, a) => {
    // Not of the ports: that would be another connection.
    const at = frame.start + 4 + (a >>> 3) % (payloadStartOf(frame) - frame.start - 4);
    frame.bytes[at] = frame.bytes[at]! ^ 1 << (a & 7);
    frame.reseal();
    return true;
  },
  "other flags": (frame, a) => {
    frame.bytes[frame.start + 13] = a & 0xff;
    frame.reseal();
    return true;
  },
  "another window": (frame, a) => {
    frame.view.setUint16(frame.start + 14, [0, 1, 536, 0xffff][a & 3]!);
    frame.reseal();
    return true;
  },
  "change a byte of an option": (frame, a, b) => {
    withOption(frame, a, (at, length) => frame.bytes[at + 2 + b % Math.max(length - 2, 1)] = b >>> 8 & 0xff);
    return true;
  },
  "change a number in an option": (frame, a, b) => {
    withOption(frame, a, (at, length) => {
      if (length < 8) return;
      const number = at + length - 4 - 2 * (b >>> 8) % (length - 6);
      const { view } = frame;
      view.setUint32(number, (view.getUint32(number) + DISTANCES[b % DISTANCES.length]!) >>> 0);
    });
    return true;
  },
  "change the length of an option": (frame, a, b) => {
    withOption(frame, a, (at) => frame.bytes[at + 1] = b % 45);
    return true;
  },
  "blank an option": (frame, a) => {
    withOption(frame, a, (at, length) => frame.bytes.fill(NO_OPERATION, at, at + length));
    return true;
  },
  "forge an option": (frame, a, b, { place, direction }) => {
    const options = FORGED_OPTIONS[a % FORGED_OPTIONS.length]!(b, frame);
    const kept = optionBytes(frame);
    const both = kept.length + options.length <= 40 ? Uint8Array.of(...kept, ...options) : options;
    return replaced(frame, { options: both }, place, direction);
  },
  "options of an old one": (frame, a, _b, { place, direction, past }) => {
    const old = past[a % past.length];
    return old === undefined || replaced(frame, { options: optionBytes(old) }, place, direction);
  },
  "payload of an old one": (frame, a, _b, { place, direction, past }) => {
    const old = past[a % past.length];
    return old === undefined ||
      replaced(frame, { payload: old.bytes.slice(payloadStartOf(old), old.end) }, place, direction);
  },
  "cut the payload": (frame, a, _b, { place, direction }) => {
    const payload = frame.bytes.slice(payloadStartOf(frame), frame.end);
    return replaced(frame, { payload: payload.subarray(0, a % (payload.length + 1)) }, place, direction);
  },
  "change the payload": (frame, a, b) => {
    const length = payloadLengthOf(frame);
    if (length === 0) return true;
    frame.bytes[payloadStartOf(frame) + a % length] = b;
    frame.reseal();
    return true;
  },
  "forge a segment": (frame, a, b, { place, direction }) => {
    const sequence =
      (sequenceOf(frame) + payloadLengthOf(frame) + (a & 0x100 ? DISTANCES[b % DISTANCES.length]! : 0)) >>> 0;
    const acknowledgment = (acknowledgmentOf(frame) + (a & 0x200 ? DISTANCES[(b >>> 8) % DISTANCES.length]! : 0)) >>> 0;
    const payload = new Uint8Array(a & 0x400 ? (b >>> 16) % 1400 : 0).fill(0x21);
    const options = a & 0x800 ? optionBytes(frame) : new Uint8Array(0);
    const forged = makeSegment(place, frame, { sequence, acknowledgment, flags: a & 0x3f, options, payload });
    later(place, forged, direction, a >>> 16 & 15);
    return true;
  },
  "mirror it": (frame, _a, _b, { place, direction }) => {
    const mirrored = makeSegment(place, frame, { flags: flagsOf(frame) });
    mirrored.source.copy(frame.destination);
    mirrored.destination.copy(frame.source);
    mirrored.view.setUint16(mirrored.start, frame.view.getUint16(frame.start + 2));
    mirrored.view.setUint16(mirrored.start + 2, frame.view.getUint16(frame.start));
    mirrored.reseal();
    later(place, mirrored, direction === "forward" ? "backward" : "forward", 0);
    return true;
  },
} satisfies Record<string, Mutate>;

/** Names a mutation. */
export type MutationKind = keyof typeof mild | keyof typeof wild;

/** All of them. */
export const MUTATIONS: Readonly<Record<MutationKind, Mutate>> = { ...mild, ...wild };
/** What any network does: every byte must arrive all the same. */
export const MILD: readonly MutationKind[] = Object.keys(mild) as MutationKind[];
/** What only somebody on the path can do. */
export const WILD: readonly MutationKind[] = Object.keys(wild) as MutationKind[];

function later(place: BoxPlace, frame: Frame, direction: BoxDirection, ms: number): void {
  const { simulator } = place;
  simulator.at(simulator.now() / 1000 + ms, () => place.inject(frame, direction));
}

/** Sends `frame` changed, in its place. */
function replaced(frame: Frame, changes: SegmentChanges, place: BoxPlace, direction: BoxDirection): false {
  place.inject(makeSegment(place, frame, changes), direction);
  return false;
}

/** Calls `change` with the `a`-th option, counted in a circle, if there is any. */
function withOption(frame: Frame, a: number, change: (at: number, length: number) => void): void {
  const found: [number, number][] = [];
  visitOptions(frame, (_, at, length) => found.push([at, length]));
  const chosen = found[a % found.length];
  if (chosen === undefined) return;
  change(...chosen);
  frame.reseal();
}

/** Whether both go the same way between the same ports. */
function isOfFlow(one: Frame, other: Frame): boolean {
  return one.source.equals(other.source) && one.destination.equals(other.destination) &&
    one.view.getUint32(one.start) === other.view.getUint32(other.start);
}

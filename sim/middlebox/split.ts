/**
 * Boxes that cut segments.
 *
 * @module
 */

import { FIN, PSH, SYN } from "../../core/wire/tcp.ts";
import type { Frame } from "../frame.ts";
import type { BoxFunction, BoxPlace } from "./box.ts";
import { type BoxScope, Scope } from "./scope.ts";
import {
  blankOptions,
  flagsOf,
  makeSegment,
  mptcpBitAt,
  optionBytes,
  payloadLengthOf,
  payloadStartOf,
  sequenceOf,
} from "./segment.ts";

/** What {@linkcode splitSegments} does. */
export interface SplitOptions extends BoxScope {
  /** Most bytes of payload of a piece. */
  readonly bytes: number;
  /**
   * Which pieces get the Multipath TCP options of the segment: all of them ("copy", the default, as network adapters do that
   * cut super-segments), one, or none. Other options are copied.
   */
  readonly mptcp?: "copy" | "first" | "last" | "drop";
}

/** Cuts segments with more payload than `bytes` into pieces. */
export function splitSegments(options: SplitOptions): BoxFunction {
  const { bytes, mptcp = "copy" } = options;
  if (!(bytes >= 1)) throw new RangeError(`Cannot split segments into ${bytes} bytes: give 1 or more`);
  const scope = new Scope(options);
  return (frame, direction, place) => {
    const isLong = (flagsOf(frame) & SYN) === 0 && payloadLengthOf(frame) > bytes;
    if (!scope.covers(frame, direction, place, isLong)) return true;
    const pieces = cut(frame, bytes, place);
    for (const [i, piece] of pieces.entries()) {
      const keeps = mptcp === "copy" || (mptcp === "first" && i === 0) ||
        (mptcp === "last" && i === pieces.length - 1);
      if (!keeps && blankOptions(piece, (_, at) => mptcpBitAt(piece, at) !== 0)) piece.reseal();
      place.inject(piece, direction);
    }
    return false;
  };
}

function cut(frame: Frame, bytes: number, place: BoxPlace): Frame[] {
  const options = optionBytes(frame);
  const payload = frame.bytes.slice(payloadStartOf(frame), frame.end);
  const flags = flagsOf(frame);
  const pieces: Frame[] = [];
  for (let at = 0; at < payload.length; at += bytes) {
    const isLast = at + bytes >= payload.length;
    pieces.push(makeSegment(place, frame, {
      sequence: (sequenceOf(frame) + at) >>> 0,
      flags: isLast ? flags : flags & ~(FIN | PSH),
      options,
      payload: payload.subarray(at, at + bytes),
    }));
  }
  return pieces;
}

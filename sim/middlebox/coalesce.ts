/**
 * Boxes that join segments.
 *
 * @module
 */

import { FIN, RST, SYN } from "../../core/wire/tcp.ts";
import type { Frame } from "../frame.ts";
import type { BoxDirection, BoxFunction, BoxPlace } from "./box.ts";
import { type BothWays, Flows } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import {
  acknowledgmentOf,
  blankOptions,
  flagsOf,
  makeSegment,
  mptcpBitAt,
  optionBytes,
  payloadLengthOf,
  payloadStartOf,
  sequenceOf,
} from "./segment.ts";

/** What {@linkcode coalesceSegments} does. */
export interface CoalesceOptions extends BoxScope {
  /** Most bytes of payload of a joined segment. */
  readonly bytes: number;
  /** How long a segment waits for the next, in milliseconds; 5 by default. */
  readonly wait?: number;
  /** Whose Multipath TCP options the joined segment has; those of the first by default. */
  readonly mptcp?: "first" | "last" | "drop";
}

/** What waits in one direction of a subflow. */
interface Waiting {
  frame: Frame | null;
  /** Takes back the end of the wait. */
  cancel: () => void;
}

/** Joins segments that follow each other closely into larger ones. */
export function coalesceSegments(options: CoalesceOptions): BoxFunction {
  const { bytes, wait = 5, mptcp = "first" } = options;
  if (!(bytes >= 1)) throw new RangeError(`Cannot join segments up to ${bytes} bytes: give 1 or more`);
  const scope = new Scope(options);
  const flows = new Flows<BothWays<Waiting>>(() => ({
    forward: { frame: null, cancel: () => {} },
    backward: { frame: null, cancel: () => {} },
  }));
  return (frame, direction, place) => {
    const waiting = flows.of(frame, direction)[direction];
    const isCovered = scope.covers(frame, direction, place);
    const isData = payloadLengthOf(frame) > 0 && (flagsOf(frame) & (SYN | FIN | RST)) === 0 && frame.verifies();
    const first = waiting.frame;
    if (first !== null && isCovered && isData && follows(frame, first, bytes)) {
      keep(waiting, join(first, frame, mptcp, place), direction, place, wait);
      first.release();
      return false;
    }
    // What waits stays in front.
    release(waiting, direction, place);
    if (!isCovered || !isData || payloadLengthOf(frame) >= bytes) return true;
    keep(waiting, frame.copy(), direction, place, wait);
    return false;
  };
}

function keep(waiting: Waiting, frame: Frame, direction: BoxDirection, place: BoxPlace, wait: number): void {
  waiting.cancel();
  waiting.frame = frame;
  const { simulator } = place;
  waiting.cancel = simulator.at(simulator.now() / 1000 + wait, () => release(waiting, direction, place));
}

function release(waiting: Waiting, direction: BoxDirection, place: BoxPlace): void {
  const { frame } = waiting;
  if (frame === null) return;
  waiting.cancel();
  waiting.frame = null;
  place.inject(frame, direction);
}

function follows(frame: Frame, first: Frame, bytes: number): boolean {
  const length = payloadLengthOf(first);
  return sequenceOf(frame) === (sequenceOf(first) + length) >>> 0 && length + payloadLengthOf(frame) <= bytes;
}

function join(first: Frame, second: Frame, mptcp: "first" | "last" | "drop", place: BoxPlace): Frame {
  const [firstAt, secondAt] = [payloadStartOf(first), payloadStartOf(second)];
  const payload = new Uint8Array(first.end - firstAt + second.end - secondAt);
  payload.set(first.bytes.subarray(firstAt, first.end));
  payload.set(second.bytes.subarray(secondAt, second.end), first.end - firstAt);
  const joined = makeSegment(place, first, {
    acknowledgment: acknowledgmentOf(second),
    flags: flagsOf(first) | flagsOf(second),
    options: optionBytes(mptcp === "last" ? second : first),
    payload,
  });
  if (mptcp === "drop" && blankOptions(joined, (_, at) => mptcpBitAt(joined, at) !== 0)) joined.reseal();
  return joined;
}

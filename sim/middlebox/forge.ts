/**
 * Attackers beside the path, who see nothing and guess.
 *
 * @module
 */

import { SYN } from "../../core/wire/tcp.ts";
import { sequenceDistance } from "../../core/wire/seq.ts";
import type { Frame } from "../frame.ts";
import type { BoxFunction } from "./box.ts";
import { type BothWays, Flows } from "./flows.ts";
import { type BoxScope, Scope } from "./scope.ts";
import { acknowledgmentOf, flagsOf, makeSegment, optionBytes, payloadLengthOf, sequenceOf } from "./segment.ts";

/** What {@linkcode forgeSegments} sends. */
export interface ForgeOptions extends BoxScope {
  /** Flags of the forged segment: letters out of S, A, F, R and P. */
  readonly flags: string;
  /** Its sequence number, counted from the next one that its alleged sender would send; 0 hits exactly. */
  readonly sequence?: number;
  /** Its acknowledgment number, counted from the last one that its alleged sender sent; 0 is right. */
  readonly acknowledgment?: number;
  /** Bytes of payload. */
  readonly bytes?: number;
  /**
   * Which options it has: none ("none", the default), those of the segment that it goes with ("copy"), or these bytes, a
   * multiple of 4 of them.
   */
  readonly options?: "none" | "copy" | Uint8Array;
  /** Milliseconds by which it comes after the segment that it goes with; 0 by default. */
  readonly delay?: number;
}

const FLAG_BITS: Readonly<Record<string, number>> = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, A: 0x10 };

/**
 * Sends a forged segment behind each segment in its scope, in the same direction and under the same addresses and ports: what
 * an attacker does who has guessed these, and more or less the numbers. Give a `count`, or there is one for each.
 */
export function forgeSegments(options: ForgeOptions): BoxFunction {
  const { sequence = 0, acknowledgment = 0, bytes = 0, delay = 0 } = options;
  const flags = flagBitsOf(options.flags);
  const payload = new Uint8Array(bytes).fill(FORGED_BYTE);
  const scope = new Scope(options);
  const flows = new Flows<BothWays<number>>(() => ({ forward: NaN, backward: NaN }));
  return (frame, direction, place) => {
    const flow = flows.of(frame, direction);
    const end = (sequenceOf(frame) + payloadLengthOf(frame) + (flagsOf(frame) & SYN ? 1 : 0)) >>> 0;
    if (flagsOf(frame) & SYN || !(sequenceDistance(end, flow[direction]) > 0)) flow[direction] = end;
    if (!scope.covers(frame, direction, place)) return true;
    const forged = makeSegment(place, frame, {
      sequence: (flow[direction] + sequence) >>> 0,
      acknowledgment: (acknowledgmentOf(frame) + acknowledgment) >>> 0,
      flags,
      options: optionsOf(options.options, frame),
      payload,
    });
    const { simulator } = place;
    simulator.at(simulator.now() / 1000 + delay, () => place.inject(forged, direction));
    return true;
  };
}

function optionsOf(given: ForgeOptions["options"], frame: Frame): Uint8Array {
  if (given === "copy") return optionBytes(frame);
  return given instanceof Uint8Array ? given : new Uint8Array(0);
}

/** What forged payload is made of. */
const FORGED_BYTE = 0x21;

function flagBitsOf(letters: string): number {
  let bits = 0;
  for (const letter of letters) {
    const bit = FLAG_BITS[letter];
    if (bit === undefined) throw new TypeError(`Cannot forge flag "${letter}": the flags are S, A, F, R and P`);
    bits |= bit;
  }
  return bits;
}

/**
 * Boxes that lose, repeat and hold up what comes.
 *
 * @module
 */

import type { BoxFunction } from "./box.ts";
import { type BoxScope, Scope } from "./scope.ts";

/** Drops the packets in its scope: all from a moment on, or the first few. */
export function dropPackets(options: BoxScope = {}): BoxFunction {
  const scope = new Scope(options);
  return (frame, direction, place) => !scope.covers(frame, direction, place);
}

/** What {@linkcode duplicatePackets} does. */
export interface DuplicateOptions extends BoxScope {
  /** By how much the second copy is later, in milliseconds; 0 by default. */
  readonly delay?: number;
}

/** Sends packets twice. */
export function duplicatePackets(options: DuplicateOptions = {}): BoxFunction {
  const { delay = 0 } = options;
  const scope = new Scope(options);
  return (frame, direction, place) => {
    if (!scope.covers(frame, direction, place)) return true;
    const { simulator } = place;
    const copy = frame.copy();
    simulator.at(simulator.now() / 1000 + delay, () => place.inject(copy, direction));
    return true;
  };
}

/** What {@linkcode delayPackets} does. */
export interface DelayOptions extends BoxScope {
  /** For how long, in milliseconds; others overtake. */
  readonly delay: number;
  /** One in so many packets; 1, each, by default. */
  readonly every?: number;
}

/** Holds packets up. */
export function delayPackets(options: DelayOptions): BoxFunction {
  const { delay, every = 1 } = options;
  const scope = new Scope(options);
  let seen = 0;
  return (frame, direction, place) => {
    if (!scope.covers(frame, direction, place) || seen++ % every !== 0) return true;
    const { simulator } = place;
    const copy = frame.copy();
    simulator.at(simulator.now() / 1000 + delay, () => place.inject(copy, direction));
    return false;
  };
}

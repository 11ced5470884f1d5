/**
 * The two units of time: milliseconds for those who write scenarios, microseconds inside.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** Whole microseconds from milliseconds. `purpose` begins the text of the error: "sleep" gives "Cannot sleep -1 ms …". */
export function microsOf(ms: number, purpose: string): Micros {
  if (!(ms >= 0 && ms < Infinity)) {
    throw new RangeError(`Cannot ${purpose} ${ms} ms: give a number of milliseconds from 0`);
  }
  return Math.round(ms * 1000);
}

/**
 * Names that an object may have, with a word to whoever writes another.
 *
 * @module
 */

import { kindOf } from "./shown.ts";
import { suggestion } from "./suggestion.ts";

/**
 * Throws a TypeError if `given` is no object, or has a field that is none of `known`; "Cannot `action`" begins its
 * message, and `what` is how one of its fields is called.
 */
export function throwIfUnknown(action: string, what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`Cannot ${action}: its ${what}s must be an object, is ${kindOf(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const likely = suggestion(name, known);
    const question = likely === null ? "" : ` did you mean ${likely}?`;
    throw new TypeError(`Cannot ${action}: there is no ${what} "${name}";${question} Known are ${known.join(", ")}`);
  }
}

/**
 * What somebody may have meant.
 *
 * @module
 */

import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * The one of `known` that `given` is a slip of the pen away from, or null.
 *
 * ```ts
 * import { suggestion } from "./suggestion.ts";
 *
 * console.assert(suggestion("dealy", ["rate", "delay"]) === "delay");
 * console.assert(suggestion("colour", ["rate", "delay"]) === null);
 * ```
 */
export function suggestion(given: string, known: Iterable<string>): string | null {
  const word = given.toLowerCase();
  // Two letters that changed places are a distance of 2.
  let least = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1) + 1;
  let closest: string | null = null;
  for (const candidate of known) {
    const distance = levenshteinDistance(word, candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    closest = candidate;
  }
  return closest;
}

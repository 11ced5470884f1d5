/**
 * What somebody may have meant.
 *
 * @module
 */

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
    const distance = distanceBetween(word, candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    closest = candidate;
  }
  return closest;
}

/** Letters to insert, remove or replace to make `b` of `a` (Levenshtein), row by row of the table of their beginnings. */
function distanceBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = above[j]! + (a[i] === b[j] ? 0 : 1);
      row.push(Math.min(replaced, above[j + 1]! + 1, row[j]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}

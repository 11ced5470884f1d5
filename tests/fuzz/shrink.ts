/**
 * Makes a case that fails smaller.
 *
 * @module
 */

import type { FuzzCase } from "./case.ts";

/** The smallest case found by leaving mutations out, and by simpler hosts, for which `fails` still holds. */
export function shrink(fuzz: FuzzCase, fails: (fuzz: FuzzCase) => boolean): FuzzCase {
  let best = fuzz;
  const take = (smaller: FuzzCase) => {
    if (!fails(smaller)) return false;
    best = smaller;
    return true;
  };
  for (let size = fuzz.mutations.length; size >= 1; size = size >> 1) {
    for (let at = 0; at < best.mutations.length;) {
      const mutations = best.mutations.toSpliced(at, size);
      if (!take({ ...best, mutations })) at += size;
    }
  }
  for (const bytes of [0, 100, 5000, 100_000]) if (bytes < best.bytes && take({ ...best, bytes })) break;
  if (best.checksums) take({ ...best, checksums: false });
  if (best.paths > 1) take({ ...best, paths: 1 });
  return best;
}

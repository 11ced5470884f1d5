/**
 * Chance from a seed.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import type { Env } from "../../core/plugin.ts";

/** An environment that gives the same numbers for the same seed. */
export function fakeEnv(seed: number): Env {
  let state = seed >>> 0;
  // A Weyl sequence through a mixing function: short, and even enough for tests.
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    random: () => next() / 2 ** 32,
    randomBytes: (into) => {
      for (let i = 0; i < into.length; i++) into[i] = next();
      return into;
    },
    sha256: (data) => new Uint8Array(createHash("sha256").update(data).digest()),
    hmacSha256: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
  };
}

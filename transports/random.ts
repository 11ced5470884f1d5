/**
 * Repeatable chance: one seed, and a stream of numbers for each name.
 *
 * @module
 */

/** What a run is seeded with. */
export type Seed = number | string;

/** Numbers that one stream draws from 2^32 possible ones. */
const RANGE = 0x1_0000_0000;

/**
 * A generator of pseudo-random numbers, xoshiro128** by Blackman and Vigna (period 2^128 - 1), not fit for secrets.
 *
 * Everything in a simulation that draws has a stream of its own, named after it, so that a link more or a host more does
 * not shift what the others draw.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The stream called `stream` of `seed`; the same two always give the same numbers. */
  constructor(seed: Seed, stream = "") {
    const next = expand(`${seed}\u0000${stream}`);
    this.#a = next();
    this.#b = next();
    this.#c = next();
    // The one forbidden state is all zero.
    this.#d = next() | 1;
  }

  /** A generator in a given state, for comparison with the published definition. */
  static fromState(a: number, b: number, c: number, d: number): Random {
    const random = new Random(0);
    random.#a = a | 0;
    random.#b = b | 0;
    random.#c = c | 0;
    random.#d = d | 0;
    return random;
  }

  /** An integer drawn evenly from 0 to 2^32 - 1. */
  uint32(): number {
    const b = this.#b;
    const product = Math.imul(b, 5);
    const result = Math.imul(product << 7 | product >>> 25, 9);
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = this.#d << 11 | this.#d >>> 21;
    return result >>> 0;
  }

  /** A number drawn evenly from [0, 1), a multiple of 2^-32. */
  next(): number {
    return this.uint32() / RANGE;
  }

  /** An integer drawn evenly from 0 to `limit - 1`; `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True with the given probability. Draws also for 0 and 1, so that what follows stays the same. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Fills `into` and returns it. */
  fill(into: Uint8Array): Uint8Array {
    let word = 0;
    for (let i = 0; i < into.length; i++) {
      word = (i & 3) === 0 ? this.uint32() : word >>> 8;
      into[i] = word;
    }
    return into;
  }
}

/** Well-mixed words from a text: an FNV-1a hash counts on from where the text left it, through a 32-bit finaliser. */
function expand(text: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ state >>> 16, 0x21f0aaad);
    mixed = Math.imul(mixed ^ mixed >>> 15, 0x735a2d97);
    return mixed ^ mixed >>> 15;
  };
}

/**
 * Tells bulk transfer from questions and answers.
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";

/** So many bytes are looked at together. */
const CHUNK = 1 << 20;
/** Bulk begins when a chunk passes within this (0.8 Gbit/s), and ends when one takes more than the other (80 Mbit/s). */
const QUICK: Micros = 10_000;
const SLOW: Micros = 100_000;

/** Watches what passes. */
export class Bulk {
  #isOn = false;
  #bytes = 0;
  #began: Micros = 0;

  /** Whether it is bulk at present. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** When it ends at the latest if no more passes; Infinity if it is none. */
  get end(): Micros {
    return this.#isOn ? this.#began + SLOW : Infinity;
  }

  /** Whether {@linkcode Bulk.isOn} may have become another, so that it is worth asking for the time. */
  get isDue(): boolean {
    return this.#isOn || this.#bytes >= CHUNK;
  }

  /** So many bytes passed. */
  note(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Judges anew; true if {@linkcode Bulk.isOn} has become another. */
  judge(now: Micros): boolean {
    const wasOn = this.#isOn;
    const elapsed = now - this.#began;
    if (this.#bytes >= CHUNK) {
      this.#isOn = elapsed < (wasOn ? SLOW : QUICK);
      this.#bytes = 0;
      this.#began = now;
    } else if (elapsed >= SLOW) {
      this.#isOn = false;
    }
    return this.#isOn !== wasOn;
  }
}

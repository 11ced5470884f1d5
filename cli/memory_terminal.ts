/**
 * A terminal for tests.
 *
 * @module
 */

import type { Terminal } from "./command.ts";

/** Keeps what is written. */
export class MemoryTerminal implements Terminal {
  /** What was written to standard output. */
  output = "";
  /** What was written to standard error. */
  complaint = "";
  readonly #input: string;

  /** Standard input holds `input`. */
  constructor(input = "") {
    this.#input = input;
  }

  /** See {@linkcode Terminal.write}. */
  write(text: string): void {
    this.output += text;
  }

  /** See {@linkcode Terminal.complain}. */
  complain(text: string): void {
    this.complaint += text;
  }

  /** See {@linkcode Terminal.readInput}. */
  readInput(): Promise<string> {
    return Promise.resolve(this.#input);
  }
}

/**
 * A bar on standard error that tells how far a long run is.
 *
 * @module
 */

const WIDTH = 30;

/** Draws over itself. Where standard error is no terminal, a line for each tenth takes its place. */
export class Progress {
  readonly #total: number;
  readonly #began = performance.now();
  #tenths = 0;

  /** Of `total` things. */
  constructor(total: number) {
    this.#total = total;
    this.show(0);
  }

  /** `finished` things are done. */
  show(finished: number): void {
    const seconds = (performance.now() - this.#began) / 1000;
    const left = finished === 0 ? "" : `, ${duration(seconds / finished * (this.#total - finished))} left`;
    const count = `${finished} of ${this.#total} runs${left}`;
    if (Deno.stderr.isTerminal()) return write(`\r${bar(finished / this.#total)} ${count}\x1b[K`);
    const tenths = Math.floor(10 * finished / this.#total);
    if (tenths > this.#tenths) write(`${count}\n`);
    this.#tenths = tenths;
  }

  /** Clears the line. */
  end(): void {
    if (Deno.stderr.isTerminal()) write("\r\x1b[K");
  }
}

function bar(share: number): string {
  const filled = Math.round(WIDTH * share);
  return "█".repeat(filled) + "░".repeat(WIDTH - filled);
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

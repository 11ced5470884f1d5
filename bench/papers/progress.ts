/**
 * A bar on standard error that tells how far a long run is.
 *
 * @module
 */

const WIDTH = 30;

/** Draws over itself; draws nothing when standard error is no terminal. */
export class Progress {
  readonly #total: number;
  readonly #began = performance.now();

  /** Of `total` things. */
  constructor(total: number) {
    this.#total = total;
    this.show(0);
  }

  /** `finished` things are done. */
  show(finished: number): void {
    const filled = Math.round(WIDTH * finished / this.#total);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    const seconds = (performance.now() - this.#began) / 1000;
    const left = finished === 0 ? "" : `, ${duration(seconds / finished * (this.#total - finished))} left`;
    draw(`\r${bar} ${finished} of ${this.#total} runs${left}\x1b[K`);
  }

  /** Clears the line. */
  end(): void {
    draw("\r\x1b[K");
  }
}

function draw(text: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

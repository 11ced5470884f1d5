/**
 * A progress bar on standard error, for as long as it is a terminal.
 *
 * @module
 */

/** A bar that grows. */
export interface ProgressBar {
  /** `done` of the total are done. */
  readonly update: (done: number) => void;
  /** Takes the bar off the screen. */
  readonly clear: () => void;
}

const WIDTH = 40;
/** Least time between two drawings, in milliseconds. */
const INTERVAL = 40;

/** A bar called `label` that is full at `total`. */
export function progressBar(label: string, total: number): ProgressBar {
  if (!Deno.stderr.isTerminal()) return { update: () => {}, clear: () => {} };
  const write = (text: string) => void Deno.stderr.writeSync(new TextEncoder().encode(text));
  let drawnAt = 0;
  const update = (done: number) => {
    const now = performance.now();
    if (now - drawnAt < INTERVAL && done < total) return;
    drawnAt = now;
    const filled = Math.round(done / total * WIDTH);
    const percent = Math.floor(done / total * 100);
    write(`\r${label} ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${percent} %`);
  };
  return { update, clear: () => write("\r\x1b[2K") };
}

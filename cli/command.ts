/**
 * What a command of `mptcp` is, and what it is given.
 *
 * @module
 */

/** How a command ended, as the exit code of the process. */
export type ExitCode =
  /** It did what was asked. */
  | 0
  /** It was asked well and could not do it. */
  | 1
  /** It was asked wrongly: a flag, an argument or a file does not say what it should. */
  | 2;

/** One command of `mptcp`. */
export interface Command {
  /** What `mptcp NAME --help` prints. */
  readonly help: string;
  /** Does it. Throws {@linkcode UsageError} when the arguments, those behind its name, are wrong. */
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>;
}

/** Where a command reads and writes text. */
export interface Terminal {
  /** Writes to standard output. */
  write(text: string): void;
  /** Writes to standard error. */
  complain(text: string): void;
  /** Reads standard input to its end. */
  readInput(): Promise<string>;
}

/** Arguments that cannot be used; the text says what would be right. */
export class UsageError extends Error {
  /** `message` follows the name of the command. */
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** The terminal of this process. */
export const systemTerminal: Terminal = {
  write: (text) => writeAll(Deno.stdout, text),
  complain: (text) => writeAll(Deno.stderr, text),
  readInput: () => new Response(Deno.stdin.readable).text(),
};

function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
  } catch (error) {
    // Whoever reads has read enough: `mptcp sim … | head`.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * The arguments of a task of `deno.json`.
 *
 * @module
 */

import { UsageError } from "../cli/command.ts";
import { checkFlag, numeric, parseFlags } from "../cli/flags.ts";
import { oneOf } from "../config/checks.ts";
import { wholeNumber } from "../config.ts";

/** Which flags a task has beside `--help`. */
export interface TaskFlags<B extends string, N extends string, C extends string, S extends string> {
  /** Flags that are there or not. */
  readonly boolean?: readonly B[];
  /** Flags with a whole number above 0 behind them, and what holds without them. */
  readonly numbers?: Readonly<Record<N, number>>;
  /** Flags with one of a few words behind them. */
  readonly choices?: Readonly<Record<C, readonly string[]>>;
  /** Flags with any text behind them. */
  readonly string?: readonly S[];
  /** Whether words may stand beside the flags; false by default. */
  readonly takesWords?: boolean;
}

/** What a task was given. */
export type TaskArguments<B extends string, N extends string, C extends string, S extends string> =
  & { readonly [flag in B]: boolean }
  & { readonly [flag in N]: number }
  & { readonly [flag in C | S]: string | undefined }
  & {
    /** What is no flag, in order. */
    readonly words: readonly string[];
  };

/**
 * What this process was given. Prints `help` and ends with 0 where it is asked for, says what is wrong and ends with 2 where
 * something is.
 */
export function taskFlags<
  const B extends string = never,
  const N extends string = never,
  const C extends string = never,
  const S extends string = never,
>(help: string, flags: TaskFlags<B, N, C, S>): TaskArguments<B, N, C, S> {
  try {
    return read(help, flags);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`Cannot begin: ${error.message}\n\n${help.trimEnd()}`);
    Deno.exit(2);
  }
}

function read<B extends string, N extends string, C extends string, S extends string>(
  help: string,
  { boolean = [], numbers, choices, string = [], takesWords = false }: TaskFlags<B, N, C, S>,
): TaskArguments<B, N, C, S> {
  const fallbacks = Object.entries<number>(numbers ?? {});
  const words = Object.entries<readonly string[]>(choices ?? {});
  const names = [...fallbacks, ...words].map(([name]) => name);
  const given = parseFlags<string, string>(Deno.args, {
    boolean: [...boolean, "help"],
    string: [...string, ...names],
  }) as Readonly<Record<string, string | undefined>> & { readonly operands: readonly string[] };
  if (given.help) {
    console.log(help.trimEnd());
    Deno.exit(0);
  }
  if (!takesWords && given.operands.length > 0) {
    throw new UsageError(`there are only flags, and "${given.operands[0]}" is none`);
  }
  const checked = fallbacks.map(([name, fallback]) => {
    const text = given[name];
    return [name, text === undefined ? fallback : checkFlag(wholeNumber(1), name, numeric(text))] as const;
  });
  for (const [name, known] of words) if (given[name] !== undefined) checkFlag(oneOf(...known), name, given[name]);
  return { ...given, ...Object.fromEntries(checked), words: given.operands } as never;
}

/**
 * The flags of a command.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type ConfigError, parseConfig, pluginText } from "../config.ts";
import { describeIssue } from "../config/checks.ts";
import { suggestion } from "../core/suggestion.ts";
import type { z } from "zod";
import { UsageError } from "./command.ts";

/** Which flags a command has. */
export interface FlagSet<B extends string, S extends string> {
  /** Flags that are there or not. */
  readonly boolean: readonly B[];
  /** Flags with a value behind them. */
  readonly string: readonly S[];
  /** Flags that the command takes out of its arguments itself; only named where one is not known. */
  readonly others?: readonly string[];
}

/** What was given. */
export type Flags<B extends string, S extends string> =
  & { readonly [flag in B]: boolean }
  & { readonly [flag in S]: string | undefined }
  & {
    /** What is no flag, in order. */
    readonly operands: readonly string[];
  };

/**
 * Takes `args` apart. `--name value`, `--name=value`, `--` before operands that begin with a hyphen; `-` is an operand,
 * `-h` is `--help`. Throws {@linkcode UsageError} for a flag that is not known, lacks its value or is given twice.
 */
export function parseFlags<const B extends string, const S extends string>(
  args: readonly string[],
  flags: FlagSet<B, S>,
): Flags<B, S> {
  const known = [...flags.others ?? [], ...flags.boolean, ...flags.string];
  for (const arg of args.slice(0, args.includes("--") ? args.indexOf("--") : args.length)) {
    const name = /^--([^=]+)=/.exec(arg)?.[1];
    if (flags.boolean.includes(name as B)) throw new UsageError(`--${name} takes no value`);
  }
  const { _: operands, ...values }: { _: (string | number)[]; [flag: string]: unknown } = parseArgs(args, {
    boolean: flags.boolean,
    string: [...flags.string, "_"],
    collect: flags.string,
    alias: known.includes("help" as B) ? { h: "help" } : {},
    unknown: (arg, key) => {
      if (key === undefined || arg === "-") return true;
      throw new UsageError(`there is no flag ${arg.replace(/=.*/s, "")}${hint(key, known)}`);
    },
  });
  for (const name of flags.string) {
    const given = values[name] as string[];
    if (given.length > 1) throw new UsageError(`--${name} is given ${given.length} times, give it once`);
    if (given[0] === "") throw new UsageError(`--${name} needs a value`);
    values[name] = given[0];
  }
  delete values.h;
  // The names of the flags are known to the caller's types alone.
  return { ...values, operands: operands.map(String) } as unknown as Flags<B, S>;
}

/** The value of a flag, checked; throws {@linkcode UsageError} when it does not fit. */
export function checkFlag<T>(schema: z.ZodType<T>, name: string, value: unknown): T {
  return checkWord(schema, `--${name}`, value);
}

/** The value of what help calls `word`, checked; throws {@linkcode UsageError} when it does not fit. */
export function checkWord<T>(schema: z.ZodType<T>, word: string, value: unknown): T {
  try {
    return parseConfig(schema, value, word);
  } catch (error) {
    const { issues } = error as ConfigError;
    if (issues === undefined) throw error;
    const said = issues.map(describeIssue).join("; ");
    throw new UsageError(SAYS_ITS_VERB.test(said) ? `${word} ${said}` : `${word}: ${said}`);
  }
}

/** The plug-in that a flag names, with options as {@linkcode pluginText} takes them. */
export function checkPlugin<T>(schema: z.ZodType<T>, name: string, value: string): T {
  return checkFlag(schema, name, pluginText(value));
}

/** The value of a flag as a number where it is written as one. */
export function numeric(value: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Texts that are about the value go on the sentence; others stand for themselves. */
const SAYS_ITS_VERB = /^([\w.[\]-]+:? )?(must|needs|has) /;

function hint(key: string, known: readonly string[]): string {
  const meant = suggestion(key, known);
  return meant === null ? `, there are ${known.map((name) => `--${name}`).join(", ")}` : `, did you mean --${meant}?`;
}

/**
 * Flags that may be given several times.
 *
 * @module
 */

import { UsageError } from "../command.ts";

/** The values of the flags in `examples` (name, and a value for the error text) out of `args`, and everything else. */
export function takeRepeated<Name extends string>(
  args: readonly string[],
  examples: Readonly<Record<Name, string>>,
): { readonly values: Readonly<Record<Name, readonly string[]>>; readonly rest: readonly string[] } {
  const values = {} as Record<Name, string[]>;
  for (const name in examples) values[name] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return { values, rest: [...rest, ...args.slice(i)] };
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined || !Object.hasOwn(values, name)) rest.push(arg);
    else if (value !== undefined) values[name as Name].push(value);
    else if (i + 1 < args.length) values[name as Name].push(args[++i]!);
    else throw new UsageError(`--${name} needs a value, as in --${name} ${examples[name as Name]}`);
  }
  return { values, rest };
}

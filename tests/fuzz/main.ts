/**
 * The fuzzer by hand: `deno task fuzz [--seconds N] [--seed N]`. Prints each case that fails, as small as it could be made, as JSON
 * for `tests/fuzz/corpus/`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { drawCase, type FuzzCase } from "./case.ts";
import { runCase } from "./exchange.ts";
import { shrink } from "./shrink.ts";

/** A case and why it fails. */
export interface Failure {
  /** The case, made smaller. */
  readonly fuzz: FuzzCase;
  /** What was thrown. */
  readonly error: Error;
}

/** Runs the cases of the seeds from `seed` on for `seconds`; answers how many, and calls `report` with what failed. */
export function fuzzFor(seconds: number, seed: number, report: (failure: Failure) => void): number {
  const until = performance.now() + seconds * 1000;
  let count = 0;
  for (; performance.now() < until; count++) {
    const fuzz = drawCase(seed + count);
    const error = failureOf(fuzz);
    if (error === null) continue;
    const smaller = shrink(fuzz, (candidate) => failureOf(candidate)?.message === error.message);
    report({ fuzz: smaller, error: failureOf(smaller) ?? error });
  }
  return count;
}

function failureOf(fuzz: FuzzCase): Error | null {
  try {
    runCase(fuzz);
    return null;
  } catch (error) {
    return error as Error;
  }
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["seconds", "seed"] });
  const seed = flags.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(flags.seed);
  const seconds = Number(flags.seconds ?? 60);
  let failures = 0;
  const count = fuzzFor(seconds, seed, ({ fuzz, error }) => {
    failures++;
    console.log(`${error.stack}\n${JSON.stringify(fuzz)}\n`);
  });
  console.log(`${count} cases from seed ${seed} on, ${failures} failed`);
  Deno.exit(failures === 0 ? 0 : 1);
}

/**
 * The fuzzer by hand: `deno task fuzz`; `--help` tells the flags.
 *
 * @module
 */

import { taskFlags } from "../../tools/task_flags.ts";
import { drawCase, type FuzzCase } from "./case.ts";
import { runCase } from "./exchange.ts";
import { shrink } from "./shrink.ts";

const HELP =
  `Attacks connections with drawn cases, and prints each that fails, as small as it could be made, as JSON for
tests/fuzz/corpus/.

usage: deno task fuzz [--seconds N] [--seed N]

  --seconds N  how long; 60 by default
  --seed N     of the first case, the others follow; another each time by default

Exit codes: 0 no case failed, 1 some did, 2 a flag is wrong.
`;

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
  const { seconds, seed } = taskFlags(HELP, { numbers: { seconds: 60, seed: Math.ceil(Math.random() * 2 ** 31) } });
  let failures = 0;
  const count = fuzzFor(seconds, seed, ({ fuzz, error }) => {
    failures++;
    console.log(`${error.stack}\n${JSON.stringify(fuzz)}\n`);
  });
  console.log(`${count} cases from seed ${seed} on, ${failures} failed`);
  Deno.exit(failures === 0 ? 0 : 1);
}

/**
 * Published results, measured here: `deno task papers [E5 E6 …] [--seeds N] [--workers N] [--json] [--write]`.
 *
 * Every folder beside this file holds one experiment. Each variant runs with seeds 1 to N (20 unless told) on all cores.
 * The exit code is 1 if a mean lies outside of its band. With `--write` the table and plot in each folder are replaced.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Experiment } from "./experiment.ts";
import { runJobs } from "./pool.ts";
import { Progress } from "./progress.ts";
import { verdictTable, writeReport } from "./report.ts";
import { judge, summarise, type Verdict } from "./verdicts.ts";

/** An experiment, and where it is. */
interface Found {
  readonly folder: URL;
  readonly module: string;
  readonly experiment: Experiment;
}

const HELP = `Measures published results anew, and says whether ours agree.

usage: deno task papers [EXPERIMENT…] [--seeds N] [--workers N] [--json] [--write]

  EXPERIMENT   as E5; all of them if none is named
  --seeds N    runs of each variant, with seeds 1 to N; 20 by default
  --workers N  threads; as many as there are cores by default
  --json       for programs
  --write      replace table and plot in each folder

Exit codes: 0 all agree, 1 some do not, 2 a word is wrong.
`;

const unknown: string[] = [];
const { _: operands, seeds, workers, json, write, help } = parseArgs(Deno.args, {
  boolean: ["json", "write", "help"],
  string: ["seeds", "workers"],
  unknown: (word) => word.startsWith("-") ? (unknown.push(word), false) : true,
});
if (help || unknown.length > 0) {
  if (!help) console.error(`Cannot understand ${unknown.join(" ")}`);
  console[help ? "log" : "error"](HELP);
  Deno.exit(help ? 0 : 2);
}

const all = await findExperiments();
const ids = operands.map((id) => String(id).toUpperCase());
for (const id of ids) {
  if (all.some(({ experiment }) => experiment.id === id)) continue;
  console.error(`Cannot run ${id}: known are ${all.map(({ experiment }) => experiment.id).join(", ")}`);
  Deno.exit(2);
}
const chosen = ids.length === 0 ? all : all.filter(({ experiment }) => ids.includes(experiment.id));
const seedCount = seeds === undefined ? 20 : positive("--seeds", seeds);
const workerCount = workers === undefined ? navigator.hardwareConcurrency : positive("--workers", workers);

const jobs = chosen.flatMap(({ module, experiment }) =>
  experiment.variants.flatMap((variant) =>
    Array.from({ length: seedCount }, (_, i) => ({ module, variant, seed: i + 1 }))
  )
);
const progress = new Progress(jobs.length);
const figures = await runJobs(jobs, workerCount, (finished) => progress.show(finished));
progress.end();

const verdicts: Verdict[] = [];
for (const { folder, module, experiment } of chosen) {
  const runs = new Map(experiment.variants.map((variant) => {
    return [variant, figures.filter((_, i) => jobs[i]!.module === module && jobs[i]!.variant === variant)];
  }));
  const results = summarise(runs);
  const own = judge(experiment, results);
  verdicts.push(...own);
  if (write) await writeReport(folder, experiment, results, own, seedCount);
}
console.log(json ? JSON.stringify(verdicts, null, 2) : verdictTable(verdicts));
Deno.exit(verdicts.every(({ holds }) => holds) ? 0 : 1);

/** All of them, in the order of their folders. */
async function findExperiments(): Promise<Found[]> {
  const here = new URL("./", import.meta.url);
  const names = [...Deno.readDirSync(here)].filter((entry) => entry.isDirectory).map(({ name }) => name).sort();
  return await Promise.all(names.map(async (name) => {
    const folder = new URL(`${name}/`, here);
    const module = new URL("experiment.ts", folder).href;
    const { default: experiment } = await import(module) as { default: Experiment };
    return { folder, module, experiment };
  }));
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`Cannot use ${flag} ${text}: give a whole number above 0`);
  Deno.exit(2);
}

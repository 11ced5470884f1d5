/**
 * Published results, measured here: `deno task papers [E5 E6 …] [--seeds N] [--workers N] [--json] [--write]`.
 *
 * Every folder beside this file holds one experiment. Each variant runs with seeds 1 to N (20 unless told) on all cores.
 * The exit code is 1 if a mean lies outside of its band. With `--write` the table and plot in each folder are replaced.
 *
 * @module
 */

import { wholeNumber } from "../../config/checks.ts";
import { type Command, systemTerminal, UsageError } from "../../cli/command.ts";
import { checkFlag, numeric, parseFlags } from "../../cli/flags.ts";
import type { Experiment } from "./experiment.ts";
import { runJobs } from "./pool.ts";
import { Progress } from "./progress.ts";
import { sources, verdictTable, writeReport } from "./report.ts";
import { judge, summarise, type Verdict } from "./verdicts.ts";

/** An experiment, and where it is. */
interface Found {
  readonly folder: URL;
  readonly module: string;
  readonly experiment: Experiment;
}

const HELP =
  `Measures published results in the simulator and prints them beside ours; the exit code is 1 if one differs.

Usage: deno task papers [E5 E6 …] [flags]

  --seeds N    runs of each variant, with seeds 1 to N (20)
  --workers N  threads (as many as there are cores)
  --write      replace table and plot in the folder of each experiment
  --json       print one JSON array
  --help       print this
`;

/** The experiments as a command. */
export const papers: Command = {
  help: HELP,
  async run(args, terminal) {
    const flags = parseFlags(args, { boolean: ["json", "write", "help"], string: ["seeds", "workers"] });
    if (flags.help) return terminal.write(HELP + listOf(await findExperiments())), 0;
    const seeds = checkFlag(wholeNumber(1), "seeds", numeric(flags.seeds ?? "20"));
    const workers = checkFlag(
      wholeNumber(1),
      "workers",
      numeric(flags.workers ?? String(navigator.hardwareConcurrency)),
    );
    const chosen = choose(await findExperiments(), flags.operands);
    const verdicts = await measure(chosen, seeds, workers, flags.write);
    const text = flags.json
      ? JSON.stringify(verdicts, null, 2)
      : `${verdictTable(verdicts)}\n${sources(chosen.map(({ experiment }) => experiment))}`;
    terminal.write(`${text}\n`);
    return verdicts.every(({ outcome }) => outcome === "agrees" || outcome === "shown") ? 0 : 1;
  },
};

function listOf(all: readonly Found[]): string {
  return `\nexperiments:\n${all.map(({ experiment: { id, title } }) => `  ${id.padEnd(4)} ${title}\n`).join("")}`;
}

/** Those of `all` that `ids` name, all if there are none. */
function choose(all: readonly Found[], ids: readonly string[]): readonly Found[] {
  const known = all.map(({ experiment }) => experiment.id);
  const wanted = ids.map((id) => id.toUpperCase());
  for (const id of wanted) {
    if (!known.includes(id)) throw new UsageError(`there is no ${id}, there are ${known.join(", ")}`);
  }
  return wanted.length === 0 ? all : all.filter(({ experiment }) => wanted.includes(experiment.id));
}

/** Runs `chosen`, each variant with so many seeds, and judges what came of it. */
async function measure(
  chosen: readonly Found[],
  seeds: number,
  workers: number,
  write: boolean,
): Promise<readonly Verdict[]> {
  const jobs = chosen.flatMap(({ module, experiment }) =>
    experiment.variants.flatMap((variant) =>
      Array.from({ length: seeds }, (_, i) => ({ module, variant, seed: i + 1 }))
    )
  );
  const progress = new Progress(jobs.length);
  const figures = await runJobs(jobs, workers, (finished) => progress.show(finished));
  progress.end();
  const verdicts: Verdict[] = [];
  for (const { folder, module, experiment } of chosen) {
    const runs = new Map(experiment.variants.map((variant) => {
      return [variant, figures.filter((_, i) => jobs[i]!.module === module && jobs[i]!.variant === variant)];
    }));
    const results = summarise(runs);
    const own = judge(experiment, results);
    verdicts.push(...own);
    if (write) await writeReport(folder, experiment, results, own, seeds);
  }
  return verdicts;
}

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

if (import.meta.main) {
  try {
    Deno.exit(await papers.run(Deno.args, systemTerminal));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    systemTerminal.complain(`Cannot begin: ${error.message}\n`);
    Deno.exit(2);
  }
}

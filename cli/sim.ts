/**
 * `mptcp sim`: runs a scenario file.
 *
 * @module
 */

import { wholeNumber } from "../config.ts";
import { JsonTextError } from "../config/json_text.ts";
import { type Scenario, seed as seedSchema } from "../config/scenario.ts";
import type { Command, ExitCode, Terminal } from "./command.ts";
import { UsageError } from "./command.ts";
import { FileError } from "./file_error.ts";
import { figure, whole } from "./figures.ts";
import { checkFlag, numeric, parseFlags } from "./flags.ts";
import { LineFile } from "./line_file.ts";
import { readScenario } from "./scenario/read.ts";
import type { ScenarioReport } from "./scenario/report.ts";
import { runScenario, seedOf } from "./scenario/run.ts";
import { summarise } from "./scenario/summary.ts";
import { reportTables, summaryTables } from "./scenario/tables.ts";

const HELP =
  `Runs a scenario in the simulator: hosts, links between them, and what flows over these. Nothing leaves this process,
an hour of virtual time takes seconds, and the same seed gives the same result.

usage: mptcp sim FILE [--json] [--seed SEED] [--runs N] [--pcap FOLDER] [--trace FILE]

  FILE           a scenario in JSON, or - for standard input; docs/scenarios.md describes every field
  --json         print one JSON object instead of tables
  --seed SEED    a number or text from which all chance follows, instead of the scenario's
  --runs N       run N times, with SEED, SEED + 1 …, and print means with 95 % confidence intervals
  --pcap FOLDER  capture what the scenario says, or each link, into FOLDER (pcapng, for Wireshark);
                 with --runs into a folder run-1, run-2 … in it for each
  --trace FILE   write every decision of all hosts to FILE, a line of JSON each (docs/trace.md); with --runs those of
                 the first run

Exit codes: 0 all connections done, 1 some not, 2 a flag or the scenario is wrong.

examples:
  mptcp sim examples/scenarios/handover.json
  mptcp sim examples/scenarios/aggregation.json --runs 20
  mptcp sim examples/scenarios/shared-bottleneck.json --json --seed 7
`;

/** The command. */
export const sim: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { json, seed: seedText, runs: runsText, pcap, trace, operands } = parseFlags(args, {
    boolean: ["json", "help"],
    string: ["seed", "runs", "pcap", "trace"],
  });
  const [file, ...others] = operands;
  if (file === undefined) throw new UsageError("give it the file of a scenario, or - for standard input");
  if (others.length > 0) throw new UsageError(`give it one file, not ${operands.length}`);
  const givenSeed = seedText === undefined ? undefined : checkFlag(seedSchema(), "seed", numeric(seedText));
  const runs = runsText === undefined ? undefined : checkFlag(wholeNumber(1, 100_000), "runs", numeric(runsText));

  let scenario: Scenario;
  try {
    scenario = await load(file, terminal);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    terminal.complain(`${error.message}\n`);
    return 2;
  }
  const seeds = Array.from({ length: runs ?? 1 }, (_, i) => nth(givenSeed ?? seedOf(scenario), i));
  const lines = trace === undefined ? null : LineFile.create(trace);
  const began = performance.now();
  const reports: ScenarioReport[] = [];
  for (const [i, seed] of seeds.entries()) {
    const folder = pcap === undefined || runs === undefined ? pcap : `${pcap}/run-${i + 1}`;
    const traced = lines && i === 0 ? { trace: (line: string) => lines.write(line) } : {};
    reports.push(await captured(folder, (capture) => runScenario(scenario, { seed, ...capture, ...traced })));
  }
  lines?.close();
  const seconds = (performance.now() - began) / 1000;
  if (json) {
    const result = runs === undefined ? reports[0] : { runs: reports, summary: summarise(reports) };
    terminal.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    if (scenario.description !== undefined) terminal.write(`${scenario.description}\n\n`);
    terminal.write(runs === undefined ? reportTables(reports[0]!) : summaryTables(summarise(reports)));
    terminal.write(`\n${footer(reports, seconds)}\n`);
  }
  return reports.every(({ connections }) => connections.every(({ end }) => end === "done")) ? 0 : 1;
}

async function load(file: string, terminal: Terminal): Promise<Scenario> {
  if (file === "-") return readScenario(await terminal.readInput(), "standard input", "");
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new FileError(`read ${file}`, error);
  }
  return readScenario(text, file, file.replace(/[^/\\]*$/, ""));
}

/** Calls `fn` with what makes files in `folder`, and closes them. */
async function captured<T>(
  folder: string | undefined,
  fn: (options: { capture?: (name: string) => (bytes: Uint8Array) => void }) => Promise<T>,
): Promise<T> {
  if (folder === undefined) return await fn({});
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw new FileError(`make the folder ${folder}`, error);
  }
  const files: Deno.FsFile[] = [];
  try {
    return await fn({
      capture: (name) => {
        const file = Deno.createSync(`${folder}/${name}`);
        files.push(file);
        return (bytes) => {
          for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
        };
      },
    });
  } finally {
    for (const file of files) file.close();
  }
}

/** The seed of run `i`. */
function nth(seed: number | string, i: number): number | string {
  if (typeof seed === "number") return seed + i;
  return i === 0 ? seed : `${seed} ${i + 1}`;
}

function footer(reports: readonly ScenarioReport[], seconds: number): string {
  const virtual = reports.reduce((sum, report) => sum + report.seconds, 0);
  const events = reports.reduce((sum, report) => sum + report.events, 0);
  const [first] = reports;
  const seeds = reports.length === 1 ? `seed ${first!.seed}` : `seeds ${first!.seed} to ${reports.at(-1)!.seed}`;
  return `${seeds}: ${figure(virtual)} s of virtual time, ${whole(events)} events, in ${figure(seconds)} s`;
}

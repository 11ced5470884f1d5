/**
 * What a run of the experiments leaves behind: a table on the terminal, and table and plot in the folder of each.
 *
 * @module
 */

import { figure } from "../../cli/figures.ts";
import { formatTable } from "../../cli/table.ts";
import type { Estimate, Experiment, Results } from "./experiment.ts";
import { type Bar, type BarPlot, drawSvg } from "./plot.ts";
import type { Outcome, Verdict } from "./verdicts.ts";

/** All verdicts as text. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const columns = [
    { heading: "experiment" },
    { heading: "algorithm" },
    { heading: "figure" },
    { heading: "published", align: "right" as const },
    { heading: "ours", align: "right" as const },
    { heading: "band", align: "right" as const },
    { heading: "verdict" },
  ];
  return formatTable(columns, verdicts.map((verdict) => [verdict.experiment, ...cells(verdict)]));
}

/** A line for each experiment: its title, and who published it. */
export function sources(experiments: readonly Pick<Experiment, "id" | "title" | "source">[]): string {
  const width = Math.max(...experiments.map(({ id }) => id.length));
  return experiments.map(({ id, title, source }) => `${id.padEnd(width)}  ${title} (${source})\n`).join("");
}

/** Replaces the part of the folder's README between its markers, and its plot. */
export async function writeReport(
  folder: URL,
  experiment: Experiment,
  results: Results,
  verdicts: readonly Verdict[],
  seeds: number,
): Promise<void> {
  const page = new URL("README.md", folder);
  const text = await Deno.readTextFile(page);
  await Deno.writeTextFile(page, withResults(text, resultsTable(experiment, verdicts, seeds)));
  const plot = experiment.plot?.(results) ?? barsOf(verdicts);
  await Deno.writeTextFile(new URL("plot.svg", folder), drawSvg(`${experiment.id}: ${experiment.title}`, plot));
}

const BEGIN = "<!-- results -->";
const END = "<!-- end of results -->";

/** `page` with `results` between the markers. */
export function withResults(page: string, results: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`Cannot write results: the page needs the lines ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n\n${results}\n${END}${after}`;
}

function resultsTable(experiment: Experiment, verdicts: readonly Verdict[], seeds: number): string {
  const rows = verdicts.map((verdict) => cells(verdict));
  const heads = ["algorithm", "figure", "published", "ours", "band", "verdict"];
  const widths = heads.map((head, i) => Math.max(...[head, ...rows.map((row) => row[i]!)].map((cell) => cell.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const table = [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
  const differences = [...experiment.claims, ...experiment.comparisons ?? []].flatMap(({ variant, differs }) => {
    return differs === undefined ? [] : [`- ${variant}: ${differs}`];
  });
  const notes = differences.length === 0 ? "" : `\n${[...new Set(differences)].join("\n")}\n`;
  return `Means of ${seeds} seeds with 95 % confidence intervals.\n\n${table}\n${notes}`;
}

function cells({ variant, figure: name, published, ours, band, outcome }: Verdict): string[] {
  return [
    variant,
    name,
    typeof published === "number" ? figure(published) : published,
    ours === null ? "" : withMargin(ours),
    band === null ? "" : range(band),
    WORDS[outcome],
  ];
}

/** What must not be overlooked is in capitals. */
const WORDS: Readonly<Record<Outcome, string>> = {
  "agrees": "agrees",
  "differs": "DIFFERS",
  "too few seeds": "too few seeds",
  "shown": "",
};

function withMargin({ mean, margin }: Estimate): string {
  if (margin === null) return figure(mean);
  const digits = mean === 0 ? 2 : Math.max(2 - Math.floor(Math.log10(Math.abs(mean))), 0);
  return `${figure(mean)} ± ${margin.toFixed(Math.min(digits, 6))}`;
}

function range([least, most]: readonly [number, number]): string {
  if (most === Infinity) return `≥ ${figure(least)}`;
  if (least === -Infinity) return `≤ ${figure(most)}`;
  return `${figure(least)} … ${figure(most)}`;
}

/** A bar for each claim; what all of them measure is said once. */
function barsOf(verdicts: readonly Verdict[]): BarPlot {
  const measured = verdicts.filter(({ ours }) => ours !== null);
  const figures = new Set(measured.map(({ figure }) => figure));
  const bars = measured.map(({ variant, figure: name, published, ours, band }): Bar => ({
    label: figures.size === 1 ? variant : `${variant}\n${name}`,
    value: ours!.mean,
    margin: ours!.margin,
    ...(band === null ? {} : { band }),
    ...(typeof published === "number" ? { published } : {}),
  }));
  return { type: "bars", axis: figures.size === 1 ? [...figures][0]! : "", bars };
}

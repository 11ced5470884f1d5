/**
 * Capacities recorded on real links, in the formats in which they are published.
 *
 * @module
 */

import { DeliveryOpportunities, RateSteps } from "./capacity.ts";
import type { RateStep } from "./capacity.ts";

/** Where a CSV file has its time and its rate, and in which units. */
export interface CsvColumns {
  /** Column with the time, by its name in the header or its number from 0; 0 by default. */
  readonly time?: string | number;
  /** Column with the rate; 1 by default. */
  readonly rate?: string | number;
  /** Seconds in one unit of time; 1 by default. */
  readonly timeUnit?: number;
  /** Bits per second in one unit of rate; 1e6, which is 1 Mbit/s, by default. */
  readonly rateUnit?: number;
}

/**
 * Reads the format of mahimahi: a line for each opportunity to deliver 1500 bytes, with its millisecond; the trace begins
 * again after the last.
 *
 * @example 12 Mbit/s
 * ```ts
 * import { parseMahimahi } from "@userspace/mptcp/sim";
 *
 * console.assert(parseMahimahi("1\n2\n3\n").meanRate === 12e6);
 * ```
 */
export function parseMahimahi(text: string): DeliveryOpportunities {
  const times = linesOf(text).map(({ line, number }) => {
    if (!/^\d+$/.test(line)) throw malformed(number, line, "a whole number of milliseconds");
    return 1000 * Number(line);
  });
  return new DeliveryOpportunities(Float64Array.from(times));
}

/**
 * Reads lines of "seconds Mbit/s": each rate holds until the time of the next line, the last as long as the one before it;
 * the trace begins again after that.
 */
export function parseRateLines(text: string): RateSteps {
  const samples = linesOf(text).map(({ line, number }) => {
    const fields = line.split(/[\s,;]+/);
    const [seconds, rate] = fields.map(Number);
    if (fields.length !== 2 || !isNumber(seconds) || !isNumber(rate)) throw malformed(number, line, '"seconds Mbit/s"');
    return { at: seconds * 1e6, rate: rate * 1e6 };
  });
  return stepsOf(samples, samples[0]?.at ?? 0, endOf(samples));
}

/** Reads one trace from a CSV file with or without a header, like {@linkcode parseRateLines}. */
export function parseCsv(text: string, columns: CsvColumns = {}): RateSteps {
  const samples = csvSamples(text, columns);
  return stepsOf(samples, samples[0]!.at, endOf(samples));
}

/**
 * Reads the traces of two operators that were recorded at the same time, each from a CSV file. Both begin and end where
 * both have values, so that what one link does at a time the other does at that time.
 */
export function parseCsvPair(first: string, second: string, columns: CsvColumns = {}): [RateSteps, RateSteps] {
  const both = [csvSamples(first, columns), csvSamples(second, columns)] as const;
  const start = Math.max(both[0][0]!.at, both[1][0]!.at);
  const end = Math.min(endOf(both[0]), endOf(both[1]));
  if (start >= end) {
    throw new RangeError(
      `Cannot pair traces: they have no time in common, the later begins at ${start / 1e6} s, the earlier ends at ${
        end / 1e6
      } s`,
    );
  }
  return [stepsOf(both[0], start, end), stepsOf(both[1], start, end)];
}

interface Line {
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

/** The lines that say something; "#" begins a comment. */
function linesOf(text: string): Line[] {
  return text.split("\n")
    .map((line, i) => ({ line: line.replace(/#.*/, "").trim(), number: i + 1 }))
    .filter(({ line }) => line !== "");
}

function csvSamples(text: string, columns: CsvColumns): RateStep[] {
  const rows = linesOf(text).map(({ line, number }) => ({ line, number, fields: line.split(",").map(unquoted) }));
  const hasHeader = rows[0] !== undefined && rows[0].fields.some((field) => !isNumber(Number(field)));
  const header = hasHeader ? rows.shift()!.fields : [];
  const timeColumn = columnOf(columns.time ?? 0, header);
  const rateColumn = columnOf(columns.rate ?? 1, header);
  const samples = rows.map(({ line, number, fields }) => {
    const time = fields[timeColumn];
    const rate = fields[rateColumn];
    if (!time || !rate || !isNumber(Number(time)) || !isNumber(Number(rate))) {
      throw malformed(number, line, `numbers in columns ${timeColumn} and ${rateColumn}`);
    }
    return { at: Number(time) * (columns.timeUnit ?? 1) * 1e6, rate: Number(rate) * (columns.rateUnit ?? 1e6) };
  });
  if (samples.length === 0) throw new TypeError("Cannot read trace: the CSV file has no rows");
  return samples;
}

function columnOf(column: string | number, header: readonly string[]): number {
  if (typeof column === "number") return column;
  const index = header.indexOf(column);
  if (index < 0) {
    throw new TypeError(`Cannot read trace: there is no column "${column}", the header has "${header.join('", "')}"`);
  }
  return index;
}

/** When the last sample ends. */
function endOf(samples: readonly RateStep[]): number {
  const last = samples.at(-1)?.at ?? 0;
  const before = samples.at(-2)?.at ?? last - 1e6;
  return last + (last - before);
}

/** What the samples say from `start` to `end`, counted from `start`; times are rounded to microseconds. */
function stepsOf(samples: readonly RateStep[], start: number, end: number): RateSteps {
  const steps: RateStep[] = [];
  for (const [i, { at, rate }] of samples.entries()) {
    const until = samples[i + 1]?.at ?? end;
    if (until <= start || at >= end) continue;
    steps.push({ at: Math.round(Math.max(at - start, 0)), rate });
  }
  return new RateSteps(steps, Math.round(end - start));
}

function unquoted(field: string): string {
  return field.trim().replace(/^"(.*)"$/, "$1");
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function malformed(number: number, line: string, wanted: string): TypeError {
  return new TypeError(`Cannot read trace: line ${number} is "${line}", must be ${wanted}`);
}

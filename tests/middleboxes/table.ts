/**
 * The matrix as a table for people.
 *
 * @module
 */

import { type Moment, MOMENTS } from "../../sim/mod.ts";
import { BOXES, momentsOf } from "./boxes.ts";
import { allCells, type Cell, type Outcome } from "./cell.ts";

/** Letters that stand for outcomes, in the order of the table. */
export const LETTERS: { readonly [outcome in Outcome]: string } = {
  "multipath": "M",
  "fewer subflows": "F",
  "plain TCP": "P",
  "late error": "L",
  "error": "E",
  "wrong": "WRONG",
};

/** Counts of outcomes by box and moment. */
export class Tally {
  readonly #counts = new Map<string, Map<Outcome, number>>();

  /** `cell` ended so. */
  add({ box, moment }: Cell, outcome: Outcome): void {
    const key = `${box.name} ${moment}`;
    const counts = this.#counts.get(key) ?? new Map<Outcome, number>();
    this.#counts.set(key, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  }

  /** How many ended so, in all. */
  total(outcome: Outcome): number {
    return this.#counts.values().reduce((sum, counts) => sum + (counts.get(outcome) ?? 0), 0);
  }

  /** The table: a row for each box, a column for each moment. */
  get table(): string {
    const rows = BOXES.filter((box) => MOMENTS.some((moment) => this.#counts.has(`${box.name} ${moment}`)));
    const lines = rows.map((box) => [box.name, ...MOMENTS.map((moment) => this.#entry(box.name, moment))]);
    return markdown([["box", ...MOMENTS], ...lines]);
  }

  /** What was counted, in a sentence for each outcome. */
  get totals(): string {
    const outcomes = Object.keys(LETTERS) as Outcome[];
    const cells = outcomes.reduce((sum, outcome) => sum + this.total(outcome), 0);
    const parts = outcomes.map((outcome) => `${this.total(outcome)} ${outcome}`);
    return `${cells} cells: ${parts.join(", ")}.`;
  }

  #entry(name: string, moment: Moment): string {
    const counts = this.#counts.get(`${name} ${moment}`);
    if (counts === undefined) return "";
    const outcomes = (Object.keys(LETTERS) as Outcome[]).filter((outcome) => counts.has(outcome));
    return outcomes.map((outcome) => `${LETTERS[outcome]}${counts.get(outcome)}`).join(" ");
  }
}

/** Outcomes of one entry of the table, as the letters of `text` say. */
export function outcomesIn(text: string): Set<string> {
  return new Set(text.split(" ").map((part) => part.replace(/\d+$/, "")));
}

/** How many cells stand behind the entry of box `name` and `moment`. */
export function cellsOf(name: string, moment: Moment): number {
  const box = BOXES.find((it) => it.name === name);
  if (box === undefined || !momentsOf(box).includes(moment)) return 0;
  return allCells().reduce((sum, cell) => sum + (cell.box === box && cell.moment === moment ? 1 : 0), 0);
}

/** Rows of cells as Markdown, in columns. */
function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head!), rule, ...body.map(line)].join("\n");
}

/**
 * The matrix of middleboxes: `deno task matrix`; `--help` tells the flags.
 *
 * @module
 */

import { Progress } from "../../bench/papers/progress.ts";
import { type Moment, MOMENTS } from "../../sim/mod.ts";
import { taskFlags } from "../../tools/task_flags.ts";
import { allCells, type Cell, nameOf, runCell } from "./cell.ts";
import { Tally } from "./table.ts";

const PAGE = new URL("../../docs/middleboxes.md", import.meta.url);
/** What stands around the table in the page. */
export const MARKS = ["<!-- matrix -->\n", "\n<!-- end of matrix -->"] as const;

const HELP = `Runs connections through every middlebox at every moment, on either side, and tells what became of them.

usage: deno task matrix [WORD…] [--json] [--write]

  WORD     a moment (${MOMENTS.join(", ")}),
           or a part of the names of boxes, as "forges"; all of them if none is named
  --json   a line of JSON for each cell
  --write  put the table into docs/middleboxes.md; takes the whole matrix

Exit codes: 0 no connection went wrong, 1 some did, 2 a word is wrong.
`;

/** Cells whose moment is one of `words`, and in whose box's name another one stands; without either, all of them. */
export function chooseCells(words: readonly string[]): Cell[] {
  const moments = words.filter((word) => MOMENTS.includes(word as Moment));
  const names = words.filter((word) => !moments.includes(word));
  return [...allCells()].filter(({ box, moment }) =>
    (moments.length === 0 || moments.includes(moment)) &&
    (names.length === 0 || names.some((word) => box.name.toLowerCase().includes(word.toLowerCase())))
  );
}

/** `page` with what is between its marks replaced by the table of `tally`. */
export function writeTable(page: string, { table, totals }: Tally): string {
  const [before, rest] = page.split(MARKS[0]);
  const [, behind] = (rest ?? "").split(MARKS[1]);
  if (behind === undefined) throw new Error("Cannot write the table: its marks are not in the page");
  return `${before}${MARKS[0]}\n${table}\n\n${totals}\n${MARKS[1]}${behind}`;
}

if (import.meta.main) {
  const { words, ...flags } = taskFlags(HELP, { boolean: ["json", "write"], takesWords: true });
  const cells = chooseCells(words);
  if (cells.length === 0) {
    console.error(`Cannot run the matrix: no box or moment is called ${words.join(" or ")}`);
    Deno.exit(2);
  }
  if (flags.write && words.length > 0) {
    console.error("Cannot write the page: that takes the whole matrix, without words");
    Deno.exit(2);
  }
  const tally = new Tally();
  const progress = new Progress(cells.length);
  const wrong: string[] = [];
  const lines = cells.map((cell, i) => {
    const result = runCell(cell);
    tally.add(cell, result.outcome);
    if (result.outcome === "wrong") wrong.push(`${nameOf(cell)}: ${result.complaint}`);
    progress.show(i + 1);
    return { ...cell, box: cell.box.name, ...result };
  });
  progress.end();
  if (flags.json) { for (const line of lines) console.log(JSON.stringify(line)); }
  else console.log(`${tally.table}\n\n${tally.totals}`);
  for (const line of wrong) console.error(line);
  if (flags.write) await Deno.writeTextFile(PAGE, writeTable(await Deno.readTextFile(PAGE), tally));
  Deno.exit(wrong.length === 0 ? 0 : 1);
}

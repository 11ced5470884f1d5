import { assert, assertEquals } from "@std/assert";
import { MOMENTS } from "../../sim/mod.ts";
import { Random } from "../../transports/random.ts";
import { BOXES, MARKER } from "./boxes.ts";
import { allCells, type Cell, nameOf, type Outcome, runCell } from "./cell.ts";
import { firstWrong } from "./judge.ts";
import { chooseCells, MARKS, writeTable } from "./main.ts";
import { cellsOf, LETTERS, outcomesIn, Tally } from "./table.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/middleboxes.md", import.meta.url));

/** A cell of each box at each moment, and all of those in which wrong bytes once arrived. */
const CHOSEN: readonly Cell[] = (() => {
  const random = new Random("matrix");
  const all = [...allCells()];
  const hasFailed = ({ box, checksum }: Cell) => !checksum && /^makes data (longer|shorter)$/.test(box.name);
  const one = BOXES.flatMap((box) =>
    MOMENTS.flatMap((moment) => {
      const cells = all.filter((cell) => cell.box === box && cell.moment === moment);
      return cells.length === 0 ? [] : [cells[random.below(cells.length)]!];
    })
  );
  return [...new Set([...one, ...all.filter(hasFailed)])];
})();

const outcomes = new Map<Cell, Outcome>();

Deno.test("whatever a box does, when and to whom: every byte once and in order, or an error at both ends", () => {
  const complaints: string[] = [];
  for (const cell of CHOSEN) {
    const { outcome, complaint } = runCell(cell);
    outcomes.set(cell, outcome);
    if (complaint !== "") complaints.push(`${nameOf(cell)}: ${complaint}`);
  }
  assertEquals(complaints, []);
});

Deno.test("the page has every box at every moment, nothing in it is wrong, and what is run here is what it says", () => {
  const lines = PAGE.split(MARKS[0])[1]!.split(MARKS[1])[0]!.trim().split("\n");
  const rows = lines.slice(2, lines.indexOf("")).map((line) => line.split("|").slice(1, -1).map((it) => it.trim()));
  assertEquals(rows.map(([name]) => name), BOXES.map(({ name }) => name), "run `deno task matrix --write`");
  let cells = 0;
  for (const [name, ...entries] of rows) {
    for (const [i, entry] of entries.entries()) {
      const count = [...entry.matchAll(/\d+/g)].reduce((sum, [number]) => sum + Number(number), 0);
      assertEquals(count, cellsOf(name!, MOMENTS[i]!), `${name} ${MOMENTS[i]}`);
      cells += count;
    }
  }
  assert(lines.at(-1)!.startsWith(`${cells} cells: `) && lines.at(-1)!.endsWith(" 0 wrong."));
  const other = CHOSEN.filter((cell) => {
    const row = rows.find(([name]) => name === cell.box.name)!;
    return !outcomesIn(row[1 + MOMENTS.indexOf(cell.moment)]!).has(LETTERS[outcomes.get(cell)!]);
  });
  // A change of timing may move a few.
  assert(other.length <= CHOSEN.length / 20, `run \`deno task matrix --write\`: ${other.map(nameOf).join("; ")}`);
});

Deno.test("an infinite mapping from who has not shown that it has the keys changes nothing", () => {
  const outcomes = chooseCells(["infinite", "syn-ack"]).map((cell) => runCell(cell).outcome);
  assertEquals(outcomes, Array(12).fill("multipath"));
});

Deno.test("words choose moments and boxes", () => {
  assertEquals(chooseCells([]).length, [...allCells()].length);
  assert(chooseCells(["join", "ICMP"]).every(({ box, moment }) => moment === "join" && box.name.includes("ICMP")));
  assertEquals(chooseCells(["strips", "close"]).length, 2 * 12);
  assertEquals(chooseCells(["no such box"]), []);
});

Deno.test("the table is written between its marks, and counts", () => {
  const tally = new Tally();
  const [first, second, third] = chooseCells(["strips options at", "syn"]) as [Cell, Cell, Cell];
  tally.add(first, "plain TCP");
  tally.add(second, "plain TCP");
  tally.add(third, "error");
  const page = writeTable(`before\n${MARKS[0]}old${MARKS[1]}\nbehind\n`, tally);
  assert(page.startsWith(`before\n${MARKS[0]}\n| box`) && page.endsWith(`${MARKS[1]}\nbehind\n`));
  assert(page.includes("| strips options at | P2 E1 |"));
  assert(page.includes("3 cells: 0 multipath, 0 fewer subflows, 2 plain TCP, 0 late error, 1 error, 0 wrong."));
});

Deno.test("the judge sees a byte that is wrong, missing, too many or twice", () => {
  const bytes = (text: string) => [...new TextEncoder().encode(text)];
  const sent = Uint8Array.from(bytes(`abc${MARKER}def${MARKER}`));
  const longer = { type: "replaced", replacement: "PORT 192,0,2,123" } as const;
  const none = { type: "none" } as const;
  const judge = (read: string, change: Parameters<typeof firstWrong>[2], isWhole = true) =>
    firstWrong(bytes(read), sent, change, isWhole);
  assertEquals(judge(`abc${MARKER}def${MARKER}`, none), -1);
  assertEquals(judge("abc", none, false), -1);
  assertEquals(judge("abc", none), 3);
  assertEquals(judge(`abc${MARKER}def${MARKER}!`, none), sent.length);
  assertEquals(judge("abd", none, false), 2);
  assertEquals(judge("abcabc", none, false), 3);
  const other = { type: "replaced", replacement: "PORT 1" } as const;
  assertEquals(judge("abcPORT 1defPORT 1", other), -1);
  assertEquals(judge(`abc${MARKER}defPORT 1`, other), -1);
  assertEquals(judge("abcPORT 1def", other), 12);
  assertEquals(judge(`abc${MARKER}defPORT 10,0`, longer), 28);
  assertEquals(judge("abcPORT 1,1def", other, false), 9);
  assertEquals(judge("abcPORT 192,0,2,123dexPORT", longer, false), 21);
  assertEquals(judge("abcPORT 192,0", longer, false), -1);
  const inverted = bytes("abc").map((byte, i) => i === 1 ? 255 - byte : byte);
  assertEquals(firstWrong(inverted, sent, { type: "inverted" }, false), -1);
  assertEquals(firstWrong(inverted, sent, none, false), 1);
});

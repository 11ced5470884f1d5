import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { drawSvg, ticks } from "./plot.ts";
import { sources, verdictTable, withResults } from "./report.ts";

Deno.test("the table shows what was published, what was measured with its interval, and the band", () => {
  const table = verdictTable([
    {
      experiment: "E0",
      variant: "lia",
      figure: "ratio",
      published: 1.06,
      ours: { mean: 1.5, margin: 0.1 },
      band: [0.8, 1.25],
      outcome: "differs",
    },
    { experiment: "E0", variant: "olia", figure: "x", published: "3 %", ours: null, band: null, outcome: "agrees" },
    {
      experiment: "E0",
      variant: "olia",
      figure: "seen",
      published: 7,
      ours: { mean: 9, margin: 1 },
      band: null,
      outcome: "shown",
    },
    {
      experiment: "E0",
      variant: "balia",
      figure: "ratio",
      published: 1,
      ours: { mean: 1, margin: 0.5 },
      band: [0.8, 1.25],
      outcome: "too few seeds",
    },
  ]);
  const [, first, second, third, fourth] = table.split("\n");
  assertMatch(first!, /^E0 +lia +ratio +1\.06 +1\.5 ± 0\.10 +0\.8 … 1\.25 +DIFFERS$/);
  assertMatch(second!, /^E0 +olia +x +3 % +agrees$/);
  assertMatch(third!, /^E0 +olia +seen +7 +9 ± 1\.00? *$/);
  assertMatch(fourth!, /^E0 +balia +ratio +1 +1 ± 0\.50 +0\.8 … 1\.25 +too few seeds$/);
});

Deno.test("each experiment has a line that names the paper", () => {
  const list = sources([
    { id: "E5", title: "shares", source: "Khalili et al., CoNEXT 2012" },
    { id: "E13", title: "a FatTree", source: "Raiciu et al., SIGCOMM 2011" },
  ]);
  assertEquals(
    list,
    "E5   shares (Khalili et al., CoNEXT 2012)\nE13  a FatTree (Raiciu et al., SIGCOMM 2011)\n",
  );
});

Deno.test("results go between the markers of a page, and nowhere else", () => {
  const page = "# E0\n<!-- results -->\nold\n<!-- end of results -->\nafter\n";
  assertEquals(withResults(page, "new\n"), "# E0\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nafter\n");
  assertEquals(withResults(withResults(page, "1\n"), "new\n"), withResults(page, "new\n"));
  assertThrows(() => withResults("# no markers\n", ""), Error, "Cannot write results");
});

Deno.test("ticks are round numbers within their range", () => {
  assertEquals(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assertEquals(ticks(0, 1984), [0, 500, 1000, 1500]);
  assertEquals(ticks(0.07, 0.13), [0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13]);
  assertEquals(ticks(3, 3), [3]);
});

Deno.test("a picture holds a bar for each figure, its labels escaped, and no number that is none", () => {
  const svg = drawSvg("a < b", {
    type: "bars",
    axis: "ratio",
    bars: [
      { label: "lia\nratio", value: 1, margin: 0.1, published: 1.06, band: [0.8, 1.25] },
      { label: "R&D", value: 2, band: [1, Infinity] },
      { label: "open below", value: 1, band: [-Infinity, 2] },
    ],
  });
  assertEquals(svg.match(/fill="#3b6fb6"/g)?.length, 3);
  assertStringIncludes(svg, "a &lt; b");
  assertStringIncludes(svg, "R&amp;D");
  assertEquals(/NaN|Infinity|undefined/.test(svg), false);
});

Deno.test("lines have a legend, and a logarithmic axis spreads powers evenly", () => {
  const svg = drawSvg("t", {
    type: "lines",
    axes: ["packets/s", "share"],
    logarithmic: true,
    lines: [
      { label: "ours", points: [[10, 1], [100, 2], [1000, 3]] },
      { label: "published", dashed: true, points: [[10, 1], [1000, 3]] },
    ],
  });
  const [, first] = /points="([^"]*)"/.exec(svg)!;
  const [a, b, c] = first!.split(" ").map((point) => Number(point.split(",")[0]));
  assertEquals(Math.abs((b! - a!) - (c! - b!)) < 0.2, true);
  assertEquals(svg.match(/stroke-dasharray/g)?.length, 2);
});

Deno.test("beside bars stands what is to be seen beside them, and nothing else", () => {
  const bar = { label: "lia", value: 1 };
  for (
    const [fields, legend] of [
      [{ published: 1, band: [0, 2] }, "bar: ours, line: published, shade: band"],
      [{ published: 1 }, "bar: ours, line: published"],
      [{ band: [0, 2] }, "bar: ours, shade: band"],
      [{}, undefined],
    ] as const
  ) {
    const svg = drawSvg("E0", { type: "bars", axis: "ratio", bars: [{ ...bar, ...fields }] });
    assertEquals(svg.match(/bar: ours[^<]*/)?.[0], legend);
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import type { Experiment, Results } from "./experiment.ts";
import { judge, summarise } from "./verdicts.ts";

const EXPERIMENT: Experiment = {
  id: "E0",
  title: "a test",
  source: "nobody",
  variants: ["one", "two"],
  claims: [
    { variant: "one", figure: "rate", published: 10, band: [9, 11] },
    { variant: "two", figure: "rate", published: 20, band: [19, 20.9] },
  ],
  comparisons: [{
    variant: "one, two",
    sentence: "two is twice one",
    published: "twice",
    holds: (mean) => mean("two", "rate") === 2 * mean("one", "rate"),
  }],
  run: () => Promise.resolve({}),
};

/** Results in which each of `means` is known to within `margin`. */
function results(one: number, two: number, margin: number | null): Results {
  return new Map([
    ["one", new Map([["rate", { mean: one, margin }]])],
    ["two", new Map([["rate", { mean: two, margin }]])],
  ]);
}

Deno.test("a mean inside its band agrees, one outside does not, and sentences are about means", () => {
  assertEquals(judge(EXPERIMENT, results(10.5, 21, 0.5)).map(({ ours, outcome }) => [ours?.mean, outcome]), [
    [10.5, "agrees"],
    [21, "differs"],
    [undefined, "agrees"],
  ]);
  assertEquals(judge(EXPERIMENT, results(10, 21, 0.5)).at(-1)?.outcome, "differs");
});

Deno.test("a mean whose interval is wider than its band says nothing, wherever it lies", () => {
  // The bands are 2 and 1.9 wide.
  const outcomes = (margin: number | null) => judge(EXPERIMENT, results(10, 21, margin)).map(({ outcome }) => outcome);
  assertEquals(outcomes(0.94), ["agrees", "differs", "differs"]);
  assertEquals(outcomes(1), ["agrees", "too few seeds", "differs"]);
  assertEquals(outcomes(1.01), ["too few seeds", "too few seeds", "differs"]);
  assertEquals(outcomes(null), ["too few seeds", "too few seeds", "differs"]);
});

Deno.test("a band that is open at one end is never too narrow, and without a band nothing is judged", () => {
  const claims = [
    { variant: "one", figure: "rate", published: "many", band: [9, Infinity] },
    { variant: "one", figure: "rate", published: 10 },
  ] as const;
  const { comparisons: _, ...rest } = EXPERIMENT;
  const verdicts = judge({ ...rest, claims }, results(10, 20, null));
  assertEquals(verdicts.map(({ outcome }) => outcome), ["agrees", "shown"]);
});

Deno.test("the runs of each variant are averaged apart", () => {
  const all = summarise(new Map([["one", [{ rate: 10 }, { rate: 11 }]], ["two", [{ rate: 20 }]]]));
  assertEquals(all.get("one")?.get("rate")?.mean, 10.5);
  assertEquals(all.get("two")?.get("rate"), { mean: 20, margin: null });
});

Deno.test("a figure that was never measured, or not in every run, is a mistake and no verdict", () => {
  const missing = summarise(new Map([["one", [{ speed: 1 }]], ["two", [{ rate: 1 }]]]));
  assertThrows(() => judge(EXPERIMENT, missing), Error, 'one measured no "rate"');
  assertThrows(() => summarise(new Map([["one", [{ rate: 1 }, {}]]])), Error, 'Cannot average "rate"');
});

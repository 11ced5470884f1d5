import { assertEquals, assertThrows } from "@std/assert";
import type { Experiment } from "./experiment.ts";
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

Deno.test("a mean inside its band agrees, one outside does not, and sentences are about means", () => {
  const results = summarise(
    new Map([["one", [{ rate: 10 }, { rate: 11 }]], ["two", [{ rate: 19 }, { rate: 23 }]]]),
  );
  assertEquals(judge(EXPERIMENT, results).map(({ ours, holds }) => [ours?.mean, holds]), [
    [10.5, true],
    [21, false],
    [undefined, true],
  ]);
});

Deno.test("a figure that was never measured, or not in every run, is a mistake and no verdict", () => {
  const missing = summarise(new Map([["one", [{ speed: 1 }]], ["two", [{ rate: 1 }]]]));
  assertThrows(() => judge(EXPERIMENT, missing), Error, 'one measured no "rate"');
  assertThrows(() => summarise(new Map([["one", [{ rate: 1 }, {}]]])), Error, 'Cannot average "rate"');
});

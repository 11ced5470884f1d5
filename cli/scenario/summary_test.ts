import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ConnectionReport, ScenarioReport, SubflowReport } from "./report.ts";
import { estimate, summarise } from "./summary.ts";

Deno.test("an estimate is the mean and Student's 95 % confidence interval", () => {
  assertEquals(estimate([5]), { mean: 5, margin: null });
  assertEquals(estimate([5, 5, 5]), { mean: 5, margin: 0 });
  // Mean 3, standard deviation √2.5, 4 degrees of freedom: 2.776 · √(2.5 / 5).
  const { mean, margin } = estimate([1, 2, 3, 4, 5]);
  assertEquals(mean, 3);
  assertAlmostEquals(margin!, 1.9629, 1e-4);
});

Deno.test("the interval goes on smoothly beyond the table of quantiles", () => {
  const width = (count: number) => {
    const samples = Array.from({ length: count }, (_, i) => i % 2);
    const variance = samples.reduce((sum, sample) => sum + (sample - estimate(samples).mean) ** 2, 0) / (count - 1);
    return estimate(samples).margin! / Math.sqrt(variance / count);
  };
  assertAlmostEquals(width(31), 2.042, 1e-3);
  assertAlmostEquals(width(32), 2.0395, 4e-3);
  assertAlmostEquals(width(121), 1.9799, 1e-3);
});

Deno.test("subflows on one path count together, and as nothing in a run without them", () => {
  const subflow = (name: string, share: number) => ({ name, share, bytes: 100 * share, retransmissions: 1 });
  const report = (end: string, ...subflows: ReturnType<typeof subflow>[]) =>
    ({
      connections: [{ name: "a", end, subflows: subflows as Partial<SubflowReport>[] } as Partial<ConnectionReport>],
      links: [],
    }) as unknown as ScenarioReport;
  const { runs, connections: [connection] } = summarise([
    report("done", subflow("dsl", 0.25), subflow("dsl", 0.25), subflow("lte", 0.5)),
    report("failed", subflow("lte", 1)),
  ]);
  assertEquals([runs, connection!.done], [2, 1]);
  assertEquals(connection!.paths.map(({ name, share, retransmissions }) => [name, share.mean, retransmissions.mean]), [
    ["dsl", 0.25, 1],
    ["lte", 0.75, 1],
  ]);
});

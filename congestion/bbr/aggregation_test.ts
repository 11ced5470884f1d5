import { assertEquals } from "@std/assert";
import { Aggregation } from "./aggregation.ts";

Deno.test("what is acknowledged beyond the bandwidth is the excess (section 5.5.9)", () => {
  const aggregation = new Aggregation();
  // A megabyte a second: a byte per microsecond.
  for (let now = 1000; now <= 10_000; now += 1000) aggregation.update(1000, 1e6, 1e9, now);
  assertEquals(aggregation.excess, 1000, "each comes a moment before its time");
  aggregation.update(20_000, 1e6, 1e9, 30_000);
  assertEquals(aggregation.excess, 20_000);
  aggregation.update(5000, 1e6, 1e9, 31_000);
  assertEquals(aggregation.excess, 24_000, "a thousand of it was due");
});

Deno.test("no more counts than the window", () => {
  const aggregation = new Aggregation();
  aggregation.update(20_000, 1e6, 8000, 1000);
  assertEquals(aggregation.excess, 8000);
});

Deno.test("an excess is forgotten after ten rounds, and after one or two while the bandwidth is not known", () => {
  for (const [isKnown, rounds] of [[true, 10], [false, 2]] as const) {
    const aggregation = new Aggregation();
    aggregation.update(20_000, 1e6, 1e9, 1000);
    for (let round = 1; round < rounds; round++) aggregation.beginRound(isKnown);
    assertEquals(aggregation.excess, 20_000);
    aggregation.beginRound(isKnown);
    assertEquals(aggregation.excess, 0);
  }
});

import { assertEquals } from "@std/assert";
import { MAX_TIMEOUT, RttEstimator } from "./rtt.ts";

function after(...samples: number[]): RttEstimator {
  const rtt = new RttEstimator();
  samples.forEach((sample, i) => rtt.update(sample, sample, i * 1000));
  return rtt;
}

Deno.test("before the first sample the timeout is one second (RFC 6298 section 2.1)", () => {
  const rtt = new RttEstimator();
  assertEquals([rtt.timeout, rtt.backedOffTimeout, rtt.smoothed, rtt.minimum], [1_000_000, 1_000_000, 0, 0]);
});

Deno.test("the first sample sets the estimate and half of it the variation (RFC 6298 section 2.2; RFC 9293 MUST-18)", () => {
  const rtt = after(800_000);
  assertEquals([rtt.smoothed, rtt.variation, rtt.timeout], [800_000, 400_000, 800_000 + 4 * 400_000]);
});

Deno.test("later samples count an eighth, their deviation from the old estimate a quarter (RFC 6298 section 2.3; RFC 9293 MUST-18)", () => {
  const rtt = after(100_000, 180_000);
  assertEquals([rtt.smoothed, rtt.variation], [110_000, 50_000 + (80_000 - 50_000) / 4]);
  rtt.update(30_000, 30_000, 9000);
  assertEquals([rtt.smoothed, rtt.variation], [100_000, 57_500 + (80_000 - 57_500) / 4]);
  assertEquals([rtt.minimum, rtt.latest], [30_000, 30_000]);
});

Deno.test("the variation counts as 200 ms at least, as on Linux", () => {
  assertEquals(after(...Array(100).fill(10_000)).timeout, 210_000);
});

Deno.test("the timeout doubles with each expiry up to two minutes (section 5.5)", () => {
  const rtt = after(...Array(100).fill(50_000));
  assertEquals(
    [0, 1, 2, 8, 30].map((backoff) => {
      rtt.backoff = backoff;
      return rtt.backedOffTimeout;
    }),
    [250_000, 500_000, 1_000_000, 64_000_000, MAX_TIMEOUT],
  );
});

Deno.test("an acknowledgment of several segments counts with its longest round trip, the minimum with its shortest", () => {
  const rtt = new RttEstimator();
  rtt.update(90_000, 40_000, 0);
  assertEquals([rtt.smoothed, rtt.minimum, rtt.latest], [90_000, 40_000, 40_000]);
});

Deno.test("a minimum is forgotten after five minutes", () => {
  const rtt = after(10_000);
  rtt.update(20_000, 20_000, 300_000_000);
  assertEquals(rtt.minimum, 10_000);
  rtt.update(30_000, 30_000, 300_000_001);
  assertEquals(rtt.minimum, 30_000);
});

Deno.test("a round trip of nothing counts as a microsecond, so that there is an estimate", () => {
  assertEquals([after(0).smoothed, after(0).minimum], [1, 1]);
});

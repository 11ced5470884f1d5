import { assertEquals } from "@std/assert";
import { ShortestRoundTrip } from "./round_trip.ts";

Deno.test("the shortest round trip counts for ten seconds (section 5.5.7)", () => {
  const shortest = new ShortestRoundTrip();
  assertEquals([shortest.time, shortest.isProbeDue], [Infinity, false]);
  shortest.update(50_000, 1_000_000);
  shortest.update(40_000, 2_000_000);
  shortest.update(0, 2_100_000);
  assertEquals(shortest.time, 40_000);
  for (let now = 3_000_000; now <= 12_000_000; now += 100_000) shortest.update(60_000, now);
  assertEquals(shortest.time, 40_000);
  shortest.update(60_000, 12_100_000);
  assertEquals(shortest.time, 60_000);
});

Deno.test("a probe is due five seconds after the last one, or after a shorter round trip (section 5.3.4)", () => {
  const shortest = new ShortestRoundTrip();
  shortest.update(50_000, 1_000_000);
  shortest.update(50_000, 6_000_000);
  assertEquals(shortest.isProbeDue, false);
  shortest.update(50_000, 6_000_001);
  assertEquals(shortest.isProbeDue, true);
  shortest.probed(6_200_000);
  shortest.update(50_000, 11_200_000);
  assertEquals(shortest.isProbeDue, false);
  shortest.update(49_000, 11_200_000);
  shortest.update(50_000, 16_200_000);
  assertEquals(shortest.isProbeDue, false);
});

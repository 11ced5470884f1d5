import { assertEquals } from "@std/assert";
import { TACTICS } from "./tactics.ts";

Deno.test("gains are those of the draft's table (section 5.6.1)", () => {
  assertEquals(
    Object.entries(TACTICS).map(([state, { pacingGain, windowGain }]) => [state, pacingGain, windowGain]),
    [
      ["startup", 2.77, 2],
      ["drain", 0.5, 2],
      ["down", 0.9, 2],
      ["cruise", 1, 2],
      ["refill", 1, 2],
      ["up", 1.25, 2.25],
      ["probe-rtt", 1, 0.5],
    ],
  );
});

Deno.test("losses count against short-term bounds only where none are provoked, and the cycle has four states", () => {
  const named = (of: (state: keyof typeof TACTICS) => boolean): string[] =>
    (Object.keys(TACTICS) as (keyof typeof TACTICS)[]).filter(of);
  assertEquals(named((state) => TACTICS[state].isProbing), ["startup", "refill", "up"]);
  assertEquals(named((state) => TACTICS[state].isInCycle), ["down", "cruise", "refill", "up"]);
  assertEquals(named((state) => TACTICS[state].bound === "headroom"), ["cruise", "probe-rtt"]);
});

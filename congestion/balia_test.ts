import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Window, windows } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { balia } from "./balia.ts";

// Next to a path that carries nearly all, each other one gains a tenth of a segment per window.
testCongestion(balia(), { mostGain: 1.3, share: [0.8, 1.25] });

Deno.test("one path alone is plain TCP: a segment per window, half of it at a loss", () => {
  const [only] = windows(balia().create(fakeEnv(0)), 20);
  assertAlmostEquals(only!.acknowledge(20), 1, 2e-3);
  assertAlmostEquals(only!.lose(), 10.5, 1e-2);
});

Deno.test("equal paths share: each of two gains a quarter of a segment per window and halves at a loss", () => {
  const [one] = windows(balia().create(fakeEnv(0)), 20, 20);
  assertAlmostEquals(one!.acknowledge(20), 1 / 4, 2e-3);
  assertAlmostEquals(one!.lose(), 10.125, 1e-2);
});

Deno.test("a path of half the rate gains (1+2)/2 · (4+2)/5 times as much as its share, the faster one just its share", () => {
  const [slow, fast] = windows(balia().create(fakeEnv(0)), 10, 20);
  assertAlmostEquals(fast!.acknowledge(20), 20 * 20 / 900, 2e-3);
  const total = 10 + fast!.segments;
  const lag = fast!.segments / 10;
  assertAlmostEquals(slow!.acknowledge(10), 10 * 10 / total ** 2 * (1 + lag) / 2 * (4 + lag) / 5, 2e-3);
});

Deno.test("the slower path loses more of its window, three quarters at most", () => {
  const sizes = [20, 15, 10, 5];
  const paths = windows(balia().create(fakeEnv(0)), ...sizes);
  assertAlmostEquals(paths[1]!.lose(), 15 - 15 / 2 * 20 / 15, 1e-2);
  assertAlmostEquals(paths[2]!.lose(), 2.5, 1e-2);
  assertEquals(paths[3]!.lose(), 1.25);
  assertEquals(paths[0]!.lose(), 10);
});

Deno.test("rates count, not windows", () => {
  const group = balia().create(fakeEnv(0));
  const near = new Window(group, 0, 10, 10_000);
  const far = new Window(group, 1, 20, 100_000);
  // 10 segments in 10 ms are five times 20 in 100.
  assertEquals(far.lose(), 5);
  assertEquals(near.lose(), 5);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => balia({ initialWindow: 0 }), RangeError, "Cannot create balia");
});

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Window, windows } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { olia } from "./olia.ts";

// The best path may gain half a segment more than a TCP connection would, which the others give up.
testCongestion(olia(), { mostGain: 1.5, share: [0.6, 1.1] });

Deno.test("one path alone is plain TCP: a segment per window", () => {
  const [only] = windows(olia().create(fakeEnv(0)), 20);
  assertAlmostEquals(only!.acknowledge(20), 1, 2e-3);
});

Deno.test("equal paths share: each of two gains a quarter of a segment per window", () => {
  const [one] = windows(olia().create(fakeEnv(0)), 20, 20);
  assertAlmostEquals(one!.acknowledge(20), 1 / 4, 2e-3);
});

Deno.test("the path with the largest window gives to the one that loses least, half a segment per window of each", () => {
  const [small, large] = windows(olia().create(fakeEnv(0)), 10, 20);
  small!.deliver(1000);
  // (10/rtt²) / (30/rtt)² · 10 acknowledgments, and 1 / (2 paths · 1 collected) a window.
  assertAlmostEquals(small!.acknowledge(10), 100 / 900 + 1 / 2, 2e-3);
  assertAlmostEquals(large!.acknowledge(20), 400 / (20 + small!.segments) ** 2 - 1 / 2, 2e-3);
});

Deno.test("nothing moves while the best path has the largest window", () => {
  const [small, large] = windows(olia().create(fakeEnv(0)), 10, 20);
  large!.deliver(1000);
  assertAlmostEquals(small!.acknowledge(10), 100 / 900, 2e-3);
});

Deno.test("a path is as good as the longer of the last two distances between losses, per round trip squared", () => {
  const group = olia().create(fakeEnv(0));
  const slow = new Window(group, 0, 10, 100_000);
  const fast = new Window(group, 1, 20, 50_000);
  fast.deliver(1000);
  slow.deliver(3000);
  // 3000 / 100² is less than 1000 / 50²: the fast path is the best, and its window the largest.
  const coupled = (10 / 100 ** 2) / (10 / 100 + 20 / 50) ** 2;
  assertAlmostEquals(slow.acknowledge(10), 10 * coupled, 2e-3);
  fast.lose();
  fast.lose();
  assertEquals(fast.segments, 5);
  // Two losses in a row have made the fast path bad; the slow one is the best and the largest now.
  assertAlmostEquals(fast.acknowledge(5), 5 * (5 / 50 ** 2) / (slow.segments / 100 + 5 / 50) ** 2, 2e-3);
});

Deno.test("a scheduler's penalty is no loss that counts", () => {
  const [small, large] = windows(olia().create(fakeEnv(0)), 10, 40);
  small!.deliver(1000);
  small!.controller.onLoss("penalty", 0, 0, 0);
  small!.controller.onLoss("penalty", 0, 0, 0);
  assertAlmostEquals(small!.acknowledge(2.5), 2.5 * 2.5 / 42.5 ** 2 + 1 / 2, 1e-2);
  assertEquals(large!.acknowledge(40) < 0.5, true);
});

Deno.test("a window that shrinks stays in congestion avoidance, and goes down to one segment if there are others", () => {
  const [small, large] = windows(olia().create(fakeEnv(0)), 10, 11);
  small!.deliver(1e6);
  for (let round = 0; round < 3; round++) large!.acknowledge(10);
  assertEquals(large!.controller.cwnd <= large!.controller.ssthresh, true);
  assertEquals(large!.segments < 11, true);
  for (let loss = 0; loss < 9; loss++) large!.lose();
  assertEquals([large!.segments, large!.controller.ssthresh], [1, 1000]);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => olia({ initialWindow: 0 }), RangeError, "Cannot create olia");
});

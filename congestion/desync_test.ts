import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Window, windows } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { desync } from "./desync.ts";

testCongestion(desync(), {
  exceptions: { "shrinks the window at every sign of congestion": "only the largest window answers a loss" },
});

Deno.test("losses of all subflows at once halve the largest window only, once per round trip", () => {
  const paths = windows(desync().create(fakeEnv(0)), 10, 30, 20);
  const now = 1_000_000;
  for (const path of paths) path.lose(now);
  assertEquals(paths.map(({ segments }) => segments), [10, 15, 20]);
  for (const path of paths) path.lose(now + 49_999);
  assertEquals(paths.map(({ segments }) => segments), [10, 15, 20]);
  for (const path of paths) path.lose(now + 50_000);
  assertEquals(paths.map(({ segments }) => segments), [10, 15, 10]);
});

Deno.test("the smallest window grows like TCP, the others by their share of the rest", () => {
  const [small, middle, large] = windows(desync().create(fakeEnv(0)), 10, 20, 30);
  assertAlmostEquals(large!.acknowledge(30), 30 / 50, 2e-3);
  assertAlmostEquals(middle!.acknowledge(20), 20 / 50.6, 2e-3);
  assertAlmostEquals(small!.acknowledge(10), 1, 2e-3);
});

Deno.test("one subflow alone is plain TCP", () => {
  const [only] = windows(desync().create(fakeEnv(0)), 20);
  assertAlmostEquals(only!.acknowledge(20), 1, 2e-3);
  assertEquals(Math.floor(only!.lose(1_000_000)), 10);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => desync({ initialWindow: 0 }), RangeError, "Cannot create desync");
});

Deno.test("until a window has halved, slow start is the first subflow's alone", () => {
  const group = desync().create(fakeEnv(0));
  const [first, second] = [new Window(group, 0, null), new Window(group, 1, null)];
  assertEquals(first.acknowledge(10), 10);
  second.acknowledge(10);
  assertEquals(second.controller.ssthresh, 2000);
  assertEquals(Math.floor(second.segments), 2 + 10 / 2);
  first.lose(1_000_000);
  assertEquals(new Window(group, 2, null).acknowledge(10), 10);
});

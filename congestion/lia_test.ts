import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { CongestionController, CongestionGroup } from "../core/plugin.ts";
import { fakeAck, fakeEnv, FakeSubflow, testCongestion } from "../tests/kit/mod.ts";
import { coupling, lia } from "./lia.ts";
import { lossBasedSettings } from "./options.ts";
import { LossBasedController } from "./shell.ts";

testCongestion(lia(), { mostGain: 1, share: [0.8, 1.25] });

/** A controller with a window of `segments` of 1000 bytes. */
function path(id: number, segments: number, srtt: number, usable = true): LossBasedController {
  const view = new FakeSubflow(id, { srtt, usable });
  const settings = lossBasedSettings("test", { initialWindow: segments });
  return new LossBasedController(view, settings, () => ({ increase: (): number => 0 }));
}

/** RFC 6356 equation 2. */
function alpha(paths: readonly LossBasedController[]): number {
  return coupling(paths) * paths.reduce((sum, it) => sum + it.cwnd, 0);
}

Deno.test("alpha of a single path is 1: plain TCP", () => {
  assertAlmostEquals(alpha([path(0, 37, 123_000)]), 1, 1e-12);
});

Deno.test("alpha of n equal paths is 1/n", () => {
  assertAlmostEquals(alpha([path(0, 10, 50_000), path(1, 10, 50_000)]), 1 / 2, 1e-12);
  assertAlmostEquals(alpha([0, 1, 2, 3].map((id) => path(id, 10, 50_000))), 1 / 4, 1e-12);
});

Deno.test("alpha of 10 segments at 10 ms and 20 segments at 100 ms, by hand (RFC 6356 3-1)", () => {
  // In segments and units of 10 ms: 30 · max(10/1², 20/10²) / (10/1 + 20/10)² = 30 · 10 / 144
  assertAlmostEquals(alpha([path(0, 10, 10_000), path(1, 20, 100_000)]), 300 / 144, 1e-12);
});

Deno.test("subflows that carry nothing or have no sample do not count", () => {
  const only = path(0, 10, 50_000);
  assertEquals(coupling([only, path(1, 50, 1000, false), path(2, 50, 0)]), coupling([only]));
  assertEquals(coupling([path(1, 50, 1000, false), path(2, 50, 0)]), Infinity);
});

/** A controller of `group` in congestion avoidance at `segments`. */
function settled(group: CongestionGroup, id: number, segments: number, srtt: number): CongestionController {
  const controller = group.join(new FakeSubflow(id, { srtt }));
  controller.onAck(fakeAck(2000 * segments - controller.cwnd), 0);
  controller.onLoss("fast", 1000, 0, 0);
  controller.onRecovered?.(0);
  assertEquals(controller.cwnd, 1000 * segments);
  return controller;
}

Deno.test("two equal paths gain a quarter of a segment each per window (RFC 6356 3-1)", () => {
  const group = lia().create(fakeEnv(0));
  const one = settled(group, 0, 20, 50_000);
  settled(group, 1, 20, 50_000);
  one.onAck(fakeAck(20_000), 0);
  // alpha · acked · mss / total = 1/2 · 20000 · 1000 / 40000
  assertAlmostEquals(one.cwnd, 20_250, 1);
});

Deno.test("no path gains more than TCP on it alone, whatever alpha (RFC 6356 2-2)", () => {
  const group = lia().create(fakeEnv(0));
  const fast = settled(group, 0, 10, 10_000);
  const slow = settled(group, 1, 20, 100_000);
  slow.onAck(fakeAck(20_000), 0);
  // alpha = 300/144: the coupled gain would be 1388 bytes, TCP gains one segment.
  assertEquals(slow.cwnd, 21_000);
  fast.onAck(fakeAck(10_000), 0);
  // With 21 segments on the slow path: 1000 · 10000 · (10000/10²) / (10000/10 + 21000/100)², in ms.
  assertEquals(fast.cwnd, 10_683);
});

Deno.test("a subflow that leaves no longer holds the others back", () => {
  const group = lia().create(fakeEnv(0));
  const one = settled(group, 0, 20, 50_000);
  const view = new FakeSubflow(1, { srtt: 50_000 });
  group.join(view);
  group.leave(view);
  one.onAck(fakeAck(20_000), 0);
  assertAlmostEquals(one.cwnd, 21_000, 1);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => lia({ initialWindow: 0 }), RangeError, "Cannot create lia");
});

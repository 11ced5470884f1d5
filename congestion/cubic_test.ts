import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Window } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { cubic, type CubicOptions } from "./cubic.ts";

testCongestion(cubic());
testCongestion({ ...cubic({ hystart: false, pacing: false }), name: "cubic without HyStart++ and pacing" });

/** A window of `segments` that has lost nothing yet. */
function fresh(segments: number, srtt: number, options: CubicOptions = {}): Window {
  return new Window(cubic({ ...options, initialWindow: segments }).create(fakeEnv(0)), 0, null, srtt);
}

/** A window at `segments` whose last loss was there, so that it is 0.7 of that now. */
function afterLoss(segments: number, srtt: number, options: CubicOptions = {}): Window {
  const window = fresh(segments, srtt, options);
  assertAlmostEquals(window.lose(), 0.7 * segments, 1e-3);
  return window;
}

/** Lets `seconds` pass from `from` on in which the window is always full, and returns its size in segments. */
function run(window: Window, seconds: number, from = 0): number {
  const parts = Math.ceil(10 * seconds * 1e6 / window.view.srtt);
  for (let part = 0; part < parts; part++) {
    window.acknowledge(window.segments / 10, (from + (part + 1) * seconds / parts) * 1e6);
  }
  return window.segments;
}

Deno.test("the window follows C(t-K)³ + W_max (RFC 9438 figure 1)", () => {
  const window = afterLoss(1000, 100_000);
  const k = Math.cbrt(1000 * 0.3 / 0.4);
  let before = 0;
  for (const seconds of [1, 2, 4, 8, 9, 10, 12, 14]) {
    const size = run(window, seconds - before, before);
    const expected = 0.4 * (seconds - k) ** 3 + 1000;
    assertAlmostEquals(size, expected, 0.005 * expected, `after ${seconds} s`);
    before = seconds;
  }
});

Deno.test("where NewReno would be ahead it follows NewReno: 3(1-β)/(1+β) segments a window, then one (figure 4)", () => {
  const window = afterLoss(20, 10_000);
  const alpha = 3 * 0.3 / 1.7;
  // 14 segments; 6 / alpha round trips of 10 ms until the old window.
  assertAlmostEquals(run(window, 0.05), 14 + 5 * alpha, 0.1);
  const reached = (6 / alpha) * 0.01;
  assertAlmostEquals(run(window, reached - 0.05, 0.05), 20, 0.2);
  assertAlmostEquals(run(window, 0.1, reached), 30, 0.8);
});

Deno.test("the window never grows by more than half of what is acknowledged", () => {
  const window = afterLoss(1000, 100_000);
  for (let i = 0; i < 100; i++) {
    const before = window.segments;
    assertEquals(window.acknowledge(before, (i + 1) * 100_000) <= before / 2, true);
  }
});

Deno.test("a window that did not come back to its old size gives way to newcomers (section 4.7)", () => {
  for (const fastConvergence of [true, false]) {
    const window = afterLoss(1000, 100_000, { fastConvergence });
    run(window, 0.5);
    const second = window.segments;
    window.lose();
    const plateau = fastConvergence ? second * 0.85 : second;
    const k = Math.cbrt((plateau - 0.7 * second) / 0.4);
    assertAlmostEquals(run(window, k, 0.5), plateau, 0.01 * plateau);
  }
});

Deno.test("a loss that was none leaves the function where it was (section 4.9)", () => {
  const [one, other] = [afterLoss(1000, 20_000), afterLoss(1000, 20_000)];
  for (const window of [one, other]) run(window, 2);
  one!.controller.onLoss("fast", 1000, 1000, 2_000_000);
  one!.controller.onSpurious(2_000_000);
  assertEquals(one!.segments, other!.segments);
  assertEquals(run(one!, 3, 2), run(other!, 3, 2));
});

Deno.test("after a timeout it begins at the plateau: half of the cubic function (section 4.8)", () => {
  const window = fresh(1000, 100_000);
  window.controller.onLoss("timeout", 1000, 1000, 0);
  assertEquals(window.controller.ssthresh, 700_000);
  window.acknowledge(699);
  assertEquals(window.segments, 700);
  const seconds = 5;
  assertAlmostEquals(run(window, seconds), 700 + 0.4 * seconds ** 3, 5);
});

Deno.test("time in which the window is not used does not count (section 5.8)", () => {
  const [busy, idle] = [afterLoss(1000, 20_000), afterLoss(1000, 20_000)];
  run(busy, 4);
  run(idle, 2);
  for (let i = 1; i <= 1000; i++) {
    idle.deliver(0.01, 2_000_000 + 10_000 * i);
  }
  assertAlmostEquals(run(idle, 2, 12), busy.segments, 2);
});

Deno.test("its parameters can be others", () => {
  assertEquals(fresh(100, 20_000, { beta: 0.5 }).lose(), 50);
  const window = afterLoss(1000, 20_000, { c: 4 });
  const k = Math.cbrt(1000 * 0.3 / 4);
  assertAlmostEquals(run(window, k), 1000, 5);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => cubic({ initialWindow: 0 }), RangeError, "Cannot create cubic: initialWindow");
  assertThrows(
    () => cubic({ beta: 1 }),
    RangeError,
    "Cannot create cubic: beta must be a number from 0.1 to 0.9, got 1",
  );
  assertThrows(() => cubic({ c: 0 }), RangeError, "Cannot create cubic: c must be");
});

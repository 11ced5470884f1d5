import { assertEquals, assertThrows } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { blest, type BlestOptions } from "./blest.ts";

function create(options?: BlestOptions): Scheduler {
  return blest(options).create(fakeEnv(1));
}

/** Lambda stays what it is. */
const STEADY = { increase: 0, decrease: 0, minimum: 0.1, maximum: 10 };

/** A full fast subflow of 10 segments and 20 ms, and a slow one of `srtt` with 3000 bytes in flight. */
function paths(srtt: number): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 10_000, inFlight: 10_000 }),
    new FakeSubflow(1, { srtt, cwnd: 20_000, inFlight: 3000 }),
  ];
}

/** Bytes that the slow subflow gets with a window of `window` bytes. */
function given(window: number, srtt: number, options: BlestOptions): number {
  const batch = new FakeBatch(paths(srtt), 100_000, { windowEnd: window, unacked: 0 });
  create(options).schedule(batch, 0);
  return batch.assigned.reduce((sum, [, bytes]) => sum + bytes!, 0);
}

Deno.test("the slow subflow gets no more than leaves room for what the fast one sends meanwhile", () => {
  // r = 5: X = (10,000 + 1000 · 4 / 2) · 5 = 60,000 bytes, and 3000 are in flight.
  assertEquals(given(63_999, 100_000, { ...STEADY, lambda: 1 }), 0);
  assertEquals(given(64_000, 100_000, { ...STEADY, lambda: 1 }), 1000);
  assertEquals(given(68_999, 100_000, { ...STEADY, lambda: 1 }), 5000);
  assertEquals(given(1e6, 100_000, { ...STEADY, lambda: 1 }), 17_000, "as much as it has room for");
});

Deno.test("lambda multiplies the estimate", () => {
  // 1.2 · 60,000 = 72,000.
  assertEquals(given(75_999, 100_000, { ...STEADY, lambda: 1.2 }), 0);
  assertEquals(given(76_000, 100_000, { ...STEADY, lambda: 1.2 }), 1000);
  assertEquals(given(34_000, 100_000, { ...STEADY, lambda: 0.5 }), 1000);
});

Deno.test("paths of the same delay are both used with little window", () => {
  // r = 1: X is the window of the fast one.
  assertEquals(given(14_000, 20_000, { ...STEADY, lambda: 1 }), 1000);
});

Deno.test("the fastest subflow is filled first whatever the window", () => {
  const [fast, slow] = paths(100_000);
  fast.inFlight = 7000;
  const batch = new FakeBatch([slow, fast], 10_000, { windowEnd: 10_000 });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 3000]]);
});

Deno.test("without measurements there is nothing to compare, and a subflow with room is used", () => {
  const [fast, slow] = paths(0);
  fast.srtt = 0;
  const batch = new FakeBatch([fast, slow], 2000, { windowEnd: 20_000 });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 2000]]);
});

/** The lowest window with which a slow segment is sent after `blocked` of ten round trips met a full window. */
function threshold(blocked: number): number {
  const scheduler = create({ lambda: 1.1 });
  for (let i = 0; i < 10; i++) {
    const reason = i < blocked ? "window-limited" : "data";
    scheduler.schedule(new FakeBatch(paths(100_000), 0, { reason }), 20_000 * i);
  }
  for (let window = 55_000;; window += 100) {
    const batch = new FakeBatch(paths(100_000), 1000, { windowEnd: window });
    scheduler.schedule(batch, 190_000);
    if (batch.assigned.length > 0) return window;
  }
}

Deno.test("lambda rises by 0.04 for a round trip with a full window and falls by 0.01 for one without, from 1 to 1.3", () => {
  // 60,000 · lambda, 3000 in flight and one segment.
  assertEquals(threshold(0), 64_000, "1.1 − 10 · 0.01");
  assertEquals(threshold(2), 64_000 + 60_000 * 0.1, "1.1 + 2 · 0.04 − 8 · 0.01");
  assertEquals(threshold(10), 64_000 + 60_000 * 0.3, "1.3 at most");
});

Deno.test("within a round trip of the fast subflow lambda is adapted once", () => {
  const scheduler = create({ lambda: 1 });
  for (let now = 0; now < 20_000; now += 1000) {
    scheduler.schedule(new FakeBatch(paths(100_000), 0, { reason: "window-limited" }), now);
  }
  const batch = new FakeBatch(paths(100_000), 1000, { windowEnd: 64_000 + 60_000 * 0.04 });
  scheduler.schedule(batch, 19_000);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("a full window is relieved by the fast subflow, and nobody is penalised", () => {
  const [fast, slow] = paths(100_000);
  fast.inFlight = 8000;
  const batch = new FakeBatch([fast, slow], 0, {
    reason: "window-limited",
    unacked: 5000,
    next: 7000,
    windowEnd: 7000,
    carrier: () => slow,
  });
  create().schedule(batch, 0);
  assertEquals([batch.assigned, batch.penalised], [[[0, 1000, 5000], [0, 1000, 6000]], []]);
});

Deno.test("reinjections go wherever there is room", () => {
  const batch = new FakeBatch(paths(100_000), 5000, { reason: "reinjection", windowEnd: 0 });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 5000]]);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => blest({ lambda: 2 }), RangeError, "Cannot create blest: lambda must be from 1 to 1.3, got 2");
  assertThrows(() => blest({ minimum: 0 }), RangeError, "minimum must be");
  assertThrows(() => blest({ maximum: 0.5 }), RangeError, "maximum must be at least 1");
  assertThrows(() => blest({ increase: -1 }), RangeError, "increase must be at least 0");
  assertThrows(() => blest({ decrease: NaN }), RangeError, "decrease must be at least 0");
});

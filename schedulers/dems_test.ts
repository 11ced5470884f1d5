import { assertEquals, assertThrows } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { dems, type DemsOptions } from "./dems.ts";

function create(options?: DemsOptions): Scheduler {
  return dems(options).create(fakeEnv(1));
}

/** Windows of 3 segments, both empty, and no longer way over the second. */
function paths(): [FakeSubflow, FakeSubflow] {
  return [new FakeSubflow(0, { cwnd: 3000 }), new FakeSubflow(1, { cwnd: 3000 })];
}

Deno.test("the fast subflow sends a chunk from its front, the other one from its end", () => {
  const batch = new FakeBatch(paths(), 20_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 3000], [1, 1000, 19_000], [1, 1000, 18_000], [1, 1000, 17_000]]);
});

Deno.test("they go on where they were until they meet, and then begin the next chunk", () => {
  const [fast, slow] = paths();
  const scheduler = create({ chunk: 10_000, redundancy: 0 });
  const batch = new FakeBatch([fast, slow], 20_000);
  scheduler.schedule(batch, 0);
  batch.assigned.length = 0;
  fast.queued = slow.queued = 0;
  scheduler.schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 3000], [1, 1000], [1, 1000, 19_000], [1, 1000, 18_000]]);
  batch.assigned.length = 0;
  fast.queued = slow.queued = 0;
  scheduler.schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 3000], [1, 1000, 17_000], [1, 1000, 16_000], [1, 1000, 15_000]]);
});

Deno.test("what the fast subflow can send before another piece of the slow one would arrive is left to it", () => {
  const [fast, slow] = paths();
  fast.inFlight = 3000;
  // 40 ms longer, at 150 bytes/ms.
  slow.srtt = 100_000;
  const batch = new FakeBatch([fast, slow], 8000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000, 7000], [1, 1000, 6000]]);
});

Deno.test("where they met each goes on with a little of what the other carries", () => {
  const [fast, slow] = paths();
  fast.cwnd = slow.cwnd = 6000;
  const batch = new FakeBatch([fast, slow], 8000);
  batch.carrier = (at) => at < 6000 ? fast : slow;
  create({ redundancy: 1500 }).schedule(batch, 0);
  assertEquals(batch.assigned, [
    [0, 6000],
    [1, 1000, 7000],
    [1, 1000],
    [1, 1000, 5000],
    [1, 500, 4500],
  ]);
});

Deno.test("the fast subflow repeats forwards, and neither repeats twice", () => {
  const [fast, slow] = paths();
  const scheduler = create({ redundancy: 1500 });
  const batch = new FakeBatch([fast, slow], 6000);
  batch.carrier = (at) => at < 3000 ? fast : slow;
  scheduler.schedule(batch, 0);
  batch.assigned.length = 0;
  fast.queued = 0;
  for (let i = 0; i < 2; i++) scheduler.schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000, 3000], [0, 500, 4000]]);
});

Deno.test("reinjections go in order, a full window is left to itself", () => {
  const again = new FakeBatch(paths(), 1000, { reason: "reinjection" });
  const full = new FakeBatch(paths(), 0, { reason: "window-limited", next: 1000 });
  for (const batch of [again, full]) create().schedule(batch, 0);
  assertEquals([again.assigned, full.assigned], [[[0, 1000]], []]);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => dems({ chunk: 0 }), RangeError, "Cannot create dems: chunk must be at least 1, got 0");
  assertThrows(() => dems({ redundancy: -1 }), RangeError, "Cannot create dems: redundancy must be at least 0, got -1");
});

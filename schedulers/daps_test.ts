import { assertEquals } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { daps } from "./daps.ts";

function create(): Scheduler {
  return daps().create(fakeEnv(1));
}

/** 20 ms and 100 ms, a window of 4 and of 3 segments. */
function paths(): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 4000 }),
    new FakeSubflow(1, { srtt: 100_000, cwnd: 3000 }),
  ];
}

Deno.test("a plan gives the slow subflow what follows after all that arrives on the fast one before", () => {
  // Windows arrive after 10, 30, 50 (fast), 50 (slow), 70 and 90 ms.
  const batch = new FakeBatch(paths(), 100_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 4000], [1, 3000, 12_000]]);
});

Deno.test("the fast subflow goes on with its own windows and passes over that of the slow one", () => {
  const scheduler = create();
  const [fast, slow] = paths();
  const batch = new FakeBatch([fast, slow], 100_000);
  const assigned: number[][] = [];
  for (let now = 0; now < 100_000; now += 20_000) {
    scheduler.schedule(batch, now);
    assigned.push(...batch.assigned.splice(0));
    fast.queued = 0;
  }
  const slowFirst = [[0, 4000], [1, 3000, 12_000]];
  assertEquals(assigned, [...slowFirst, [0, 4000], [0, 4000], [0, 4000], [0, 4000]]);
  assertEquals(batch.next, 23_000);
});

Deno.test("with less to send than arrives on the fast one the slow one is not used", () => {
  const batch = new FakeBatch(paths(), 12_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 4000]]);
});

Deno.test("a subflow that has had its share waits for the next plan, which comes when this one is over", () => {
  const scheduler = create();
  const [fast, slow] = paths();
  const batch = new FakeBatch([fast, slow], 100_000);
  scheduler.schedule(batch, 0);
  slow.queued = 0;
  scheduler.schedule(batch, 10_000);
  assertEquals(batch.assigned.length, 2, "nothing more for the slow one");
  for (let i = 0; i < 4; i++) {
    fast.queued = 0;
    scheduler.schedule(batch, 20_000 + i);
  }
  // At the end of the last fast window of the plan the next plan begins, at 23,000.
  assertEquals(batch.assigned.slice(-2), [[0, 4000], [1, 3000, 35_000]]);
});

Deno.test("after a round trip of the slowest subflow the plan is made anew", () => {
  const scheduler = create();
  const [fast, slow] = paths();
  const batch = new FakeBatch([fast, slow], 100_000);
  scheduler.schedule(batch, 0);
  slow.queued = 0;
  fast.cwnd = 1000;
  scheduler.schedule(batch, 99_999);
  assertEquals(batch.assigned.length, 2);
  scheduler.schedule(batch, 100_000);
  // The windows of the fast one are of one segment now, three of them before that of the slow one.
  assertEquals(batch.assigned.slice(2), [[1, 3000, 7000]]);
});

Deno.test("another set of subflows is another plan", () => {
  const scheduler = create();
  const [fast, slow] = paths();
  scheduler.schedule(new FakeBatch([fast, slow], 100_000), 0);
  slow.queued = 0;
  const alone = new FakeBatch([slow], 100_000);
  scheduler.schedule(alone, 1);
  assertEquals(alone.assigned, [[1, 3000]]);
  slow.queued = 0;
  fast.queued = 0;
  fast.stale = true;
  const stale = new FakeBatch([fast, slow], 100_000, { next: 3000 });
  scheduler.schedule(stale, 2);
  assertEquals(stale.assigned, [[1, 3000]]);
  fast.stale = false;
  scheduler.schedule(stale, 3);
  assertEquals(stale.assigned.slice(1), [[0, 4000]], "from 6000 on");
});

Deno.test("a window of no whole segment is planned as one, a subflow without a measurement as the slowest", () => {
  const small = new FakeSubflow(0, { cwnd: 300, srtt: 0 });
  const batch = new FakeBatch([small], 5000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000]]);
});

Deno.test("reinjections go in order, a full window is left to itself", () => {
  const again = new FakeBatch(paths(), 5000, { reason: "reinjection" });
  create().schedule(again, 0);
  assertEquals(again.assigned, [[0, 4000], [1, 1000]]);
  const full = new FakeBatch(paths(), 0, { reason: "window-limited", next: 1000 });
  create().schedule(full, 0);
  assertEquals(full.assigned, []);
});

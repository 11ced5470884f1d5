import { assertEquals } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { minRtt, type MinRttOptions } from "./min_rtt.ts";

function create(options?: MinRttOptions): Scheduler {
  return minRtt(options).create(fakeEnv(1));
}

Deno.test("the fastest subflow is filled first, then the next, in whole segments", () => {
  const slow = new FakeSubflow(0, { srtt: 80_000, cwnd: 3500 });
  const fast = new FakeSubflow(1, { srtt: 20_000, cwnd: 5000, inFlight: 2800 });
  const batch = new FakeBatch([slow, fast], 8000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 2000], [0, 3000]]);
  assertEquals(batch.waiting, 3000);
});

Deno.test("more than a mapping holds is assigned in several pieces", () => {
  const batch = new FakeBatch([new FakeSubflow(0, { cwnd: 200_000 })], 150_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 65_535], [0, 65_535], [0, 18_930]]);
});

Deno.test("of two equally fast subflows the older one is preferred", () => {
  const batch = new FakeBatch([new FakeSubflow(3), new FakeSubflow(4)], 500);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[3, 500]]);
});

Deno.test("a subflow without a sample is used when those with one are full", () => {
  const unknown = new FakeSubflow(0, { srtt: 0 });
  const known = new FakeSubflow(1, { srtt: 900_000, cwnd: 1000 });
  const batch = new FakeBatch([unknown, known], 2000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000], [0, 1000]]);
});

Deno.test("two subflows without a sample are used in order of creation", () => {
  const batch = new FakeBatch([0, 1].map((id) => new FakeSubflow(id, { srtt: 0, cwnd: 1000 })), 2000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000], [1, 1000]]);
});

Deno.test("backups wait while a regular subflow is merely full, and serve when there is none", () => {
  const full = new FakeSubflow(0, { cwnd: 1000, inFlight: 1000 });
  const backup = new FakeSubflow(1, { backup: true });
  const busy = new FakeBatch([full, backup], 1000);
  create().schedule(busy, 0);
  assertEquals(busy.assigned, []);

  const alone = new FakeBatch([backup], 1000);
  create().schedule(alone, 0);
  assertEquals(alone.assigned, [[1, 1000]]);
});

Deno.test("a backup that makes progress comes before a regular subflow that is stale", () => {
  const stale = new FakeSubflow(0, { stale: true, srtt: 1000 });
  const backup = new FakeSubflow(1, { backup: true });
  const batch = new FakeBatch([stale, backup], 1000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("a subflow that takes nothing does not keep the next one from it", () => {
  const batch = new FakeBatch([new FakeSubflow(0, { srtt: 1000 }), new FakeSubflow(1)], 1000, {
    reason: "reinjection",
  });
  const { assign } = batch;
  batch.assign = (subflow, bytes) => subflow.id === 0 ? 0 : assign.call(batch, subflow, bytes);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("a full window is relieved, and both measures can be switched off", () => {
  const relieve = (options: MinRttOptions): unknown[] => {
    const scheduler = create(options);
    const slow = new FakeSubflow(0, { srtt: 300_000, inFlight: 10_000 });
    const fields = { reason: "window-limited" as const, next: 1000, windowEnd: 1000 };
    scheduler.schedule(new FakeBatch([slow], 0, fields), 0);
    const batch = new FakeBatch([slow, new FakeSubflow(1)], 0, { ...fields, carrier: () => slow });
    scheduler.schedule(batch, 1_000_000);
    return [batch.assigned, batch.penalised];
  };
  assertEquals(relieve({}), [[[1, 1000, 0]], [0]]);
  assertEquals(relieve({ penalisation: false }), [[[1, 1000, 0]], []]);
  assertEquals(relieve({ opportunisticRetransmission: false }), [[], [0]]);
});

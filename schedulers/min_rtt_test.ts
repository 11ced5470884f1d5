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

/** A full window of 10,000 bytes whose first 2500 a slow subflow carries, while a fast one has room for `room`. */
function fullWindow(room: number): { batch: FakeBatch; slow: FakeSubflow; fast: FakeSubflow } {
  const slow = new FakeSubflow(0, { srtt: 300_000, inFlight: 10_000 });
  const fast = new FakeSubflow(1, { srtt: 20_000, cwnd: room });
  const batch = new FakeBatch([slow, fast], 0, {
    reason: "window-limited",
    unacked: 50_000,
    next: 60_000,
    windowEnd: 60_000,
    carrier: (at) => at < 52_500 ? slow : fast,
  });
  return { batch, slow, fast };
}

Deno.test("a full window: what the slow subflow carries at its head goes again on the fast one", () => {
  const { batch } = fullWindow(10_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000], [1, 1000, 52_000]]);
  assertEquals(batch.penalised, [0]);
});

Deno.test("a full window: the fast subflow repeats no more than it has room for", () => {
  const { batch } = fullWindow(2900);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000]]);
});

Deno.test("a full window: the head is repeated once, and the next one when it has moved past that", () => {
  const scheduler = create();
  const { batch, slow, fast } = fullWindow(1000);
  scheduler.schedule(batch, 0);
  fast.queued = 0;
  scheduler.schedule(batch, 1000);
  assertEquals(batch.assigned, [[1, 1000, 50_000]]);

  batch.unacked = 51_000;
  batch.carrier = () => slow;
  scheduler.schedule(batch, 2000);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000]]);
});

Deno.test("a full window: the culprit is penalised once per its round-trip time", () => {
  const scheduler = create();
  const { batch } = fullWindow(20_000);
  for (let now = 0; now <= 600_000; now += 20_000) scheduler.schedule(batch, now);
  assertEquals(batch.penalised, [0, 0, 0]);
});

Deno.test("a full window: nothing is done for a head that is on the fastest subflow already", () => {
  for (const srtt of [10_000, 20_000]) {
    const { batch, slow } = fullWindow(10_000);
    slow.srtt = srtt;
    create().schedule(batch, 0);
    assertEquals([batch.assigned, batch.penalised], [[], []]);
  }
});

Deno.test("a full window: a helper without a sample is not known to be faster", () => {
  const { batch, fast } = fullWindow(10_000);
  fast.srtt = 0;
  create().schedule(batch, 0);
  assertEquals([batch.assigned, batch.penalised], [[], []]);
});

Deno.test("a full window: nothing is done for bytes that the only subflow with room carries itself", () => {
  const { batch, fast } = fullWindow(10_000);
  batch.carrier = () => fast;
  create().schedule(batch, 0);
  assertEquals([batch.assigned, batch.penalised], [[], []]);
});

Deno.test("both measures can be switched off", () => {
  const bare = fullWindow(10_000).batch;
  create({ opportunisticRetransmission: false, penalisation: false }).schedule(bare, 0);
  assertEquals([bare.assigned, bare.penalised], [[], []]);

  const gentle = fullWindow(1000).batch;
  create({ penalisation: false }).schedule(gentle, 0);
  assertEquals([gentle.assigned, gentle.penalised], [[[1, 1000, 50_000]], []]);

  const thrifty = fullWindow(1000).batch;
  create({ opportunisticRetransmission: false }).schedule(thrifty, 0);
  assertEquals([thrifty.assigned, thrifty.penalised], [[], [0]]);
});

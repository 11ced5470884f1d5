import { assertEquals, assertThrows } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { ecf, type EcfOptions } from "./ecf.ts";

function create(options?: EcfOptions): Scheduler {
  return ecf(options).create(fakeEnv(1));
}

/** A full fast subflow of 10 segments and 20 ms, and an empty slow one of 10 segments and `srtt`; no variation. */
function paths(srtt: number): [FakeSubflow, FakeSubflow] {
  const fields = { cwnd: 10_000, rttvar: 0 };
  return [
    new FakeSubflow(0, { ...fields, srtt: 20_000, inFlight: 10_000 }),
    new FakeSubflow(1, { ...fields, srtt }),
  ];
}

function given(scheduler: Scheduler, waiting: number, srtt: number, fields: { rttvar?: number } = {}): number {
  const subflows = paths(srtt).map((it) => Object.assign(it, fields));
  const batch = new FakeBatch(subflows, waiting);
  scheduler.schedule(batch, 0);
  return batch.assigned.reduce((sum, [, bytes]) => sum + bytes!, 0);
}

Deno.test("with little to send the fast subflow is waited for", () => {
  // n = 1 + 5000 / 10,000: 30 ms after all the fast one is done, the slow one needs 100 ms for a segment;
  // the other condition: 5000 / 10,000 · 100 ms is not below 2 · 20 ms.
  assertEquals(given(create(), 5000, 100_000), 0);
});

Deno.test("with much to send both are used, until the rest is better waited for", () => {
  // n · 20 ms reaches 100 ms at n = 5: with 40,000 bytes the slow one is used.
  assertEquals(given(create(), 39_000, 100_000), 0);
  assertEquals(given(create(), 42_000, 100_000), 3000, "while 42, 41 and 40 kB are left");
});

Deno.test("a slow subflow that has all of it there within two fast round trips is used", () => {
  // 3000 / 10,000 · 100 ms < 40 ms, but the fast one would need 26 ms of 100: waiting loses nothing.
  assertEquals(given(create(), 3000, 100_000), 3000);
  assertEquals(given(create(), 4000, 100_000), 0, "4000 / 10,000 · 100 ms is not below 40 ms");
});

Deno.test("delta, the larger of the variations, favours the wait on one side and the slow subflow on the other", () => {
  // n · 20 ms < 100 + 20 ms with less than 50,000 bytes.
  assertEquals(given(create(), 49_000, 100_000, { rttvar: 20_000 }), 0);
  // 5000 / 10,000 · 100 ms < 40 + 20 ms.
  assertEquals(given(create(), 5000, 100_000, { rttvar: 20_000 }), 5000);
});

Deno.test("while it waits, the slow subflow has to be better by beta", () => {
  const scheduler = create();
  assertEquals(given(scheduler, 39_000, 100_000), 0);
  // Now 1.25 · 100 ms: n has to reach 6.25.
  assertEquals(given(scheduler, 52_000, 100_000), 0);
  assertEquals(given(scheduler, 52_500, 100_000), 10_000, "its whole window");
  // That has ended the wait.
  assertEquals(given(scheduler, 42_000, 100_000), 3000);
  const eager = create({ beta: 0 });
  assertEquals(given(eager, 39_000, 100_000), 0);
  assertEquals(given(eager, 42_000, 100_000), 3000);
});

Deno.test("the fastest subflow is filled first", () => {
  const [fast, slow] = paths(100_000);
  fast.inFlight = 8000;
  const batch = new FakeBatch([slow, fast], 5000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 2000], [1, 1000], [1, 1000], [1, 1000]], "3000 bytes are left for the slow one");
});

Deno.test("without measurements a subflow with room is used", () => {
  const [fast, slow] = paths(0);
  const batch = new FakeBatch([fast, slow], 2000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000], [1, 1000]]);
});

Deno.test("reinjections go wherever there is room", () => {
  const batch = new FakeBatch(paths(100_000), 5000, { reason: "reinjection" });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 5000]]);
});

Deno.test("a full window is relieved as the default scheduler of the paper does", () => {
  const [fast, slow] = paths(100_000);
  fast.inFlight = 8000;
  const fields = { reason: "window-limited" as const, next: 1000, windowEnd: 1000, carrier: () => slow };
  const batch = new FakeBatch([fast, slow], 0, fields);
  const scheduler = create();
  scheduler.schedule(batch, 0);
  scheduler.schedule(batch, 200_000);
  assertEquals([batch.assigned, batch.penalised], [[[0, 1000, 0]], [1]]);
});

Deno.test("a beta below 0 is refused", () => {
  assertThrows(() => ecf({ beta: -0.1 }), RangeError, "Cannot create ecf: beta must be at least 0, got -0.1");
});

import { assertEquals, assertThrows } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { roundRobin } from "./round_robin.ts";

function create(quota?: number): Scheduler {
  return roundRobin(quota === undefined ? {} : { quota }).create(fakeEnv(1));
}

function three(fields: ConstructorParameters<typeof FakeSubflow>[1] = {}): FakeSubflow[] {
  return [0, 1, 2].map((id) => new FakeSubflow(id, fields));
}

Deno.test("each subflow gets a segment in turn", () => {
  const batch = new FakeBatch(three(), 4500);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000], [1, 1000], [2, 1000], [0, 1000], [1, 500]]);
});

Deno.test("a quota of two gives two segments at a time", () => {
  const batch = new FakeBatch(three(), 5000);
  create(2).schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 2000], [1, 2000], [2, 1000]]);
});

Deno.test("the turn goes on from one question to the next, an unfinished quota included", () => {
  const scheduler = create(2);
  const subflows = three();
  const taken: number[][] = [];
  for (let i = 0; i < 6; i++) {
    const batch = new FakeBatch(subflows, 300);
    scheduler.schedule(batch, 0);
    taken.push(...batch.assigned);
  }
  assertEquals(taken, [[0, 300], [0, 300], [1, 300], [1, 300], [2, 300], [2, 300]]);
});

Deno.test("a subflow without room loses its turn", () => {
  const subflows = three();
  subflows[1]!.inFlight = 10_000;
  const batch = new FakeBatch(subflows, 4000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000], [2, 1000], [0, 1000], [2, 1000]]);
});

Deno.test("a subflow that has gone is skipped, and a single one has every turn", () => {
  const scheduler = create();
  const [first, second, third] = three() as [FakeSubflow, FakeSubflow, FakeSubflow];
  scheduler.schedule(new FakeBatch([first, second, third], 1000), 0);
  const without = new FakeBatch([first, third], 2000);
  scheduler.schedule(without, 0);
  assertEquals(without.assigned, [[2, 1000], [0, 1000]]);
  const alone = new FakeBatch([first], 2000);
  scheduler.schedule(alone, 0);
  assertEquals(alone.assigned, [[0, 1000], [0, 1000]]);
});

Deno.test("filling all windows ends the round", () => {
  const batch = new FakeBatch(three({ cwnd: 2000 }), 100_000);
  create(3).schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 2000], [1, 2000], [2, 2000]]);
});

Deno.test("a full window is left to itself", () => {
  const subflows = three();
  const batch = new FakeBatch(subflows, 0, { reason: "window-limited", next: 1000, carrier: () => subflows[0]! });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, []);
});

Deno.test("no subflow, no turn", () => {
  const batch = new FakeBatch([], 1000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, []);
});

Deno.test("a quota that is no whole number of segments is refused", () => {
  for (const quota of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => roundRobin({ quota }), RangeError, "Cannot create round-robin: quota must be");
  }
});

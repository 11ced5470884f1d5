import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Env, Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { peekaboo, type PeekabooOptions } from "./peekaboo.ts";

/** What was learned decides. */
const FIRM = { adjustment: 0 };

function create(options: PeekabooOptions = FIRM, random = 0.5): Scheduler {
  const env: Env = { ...fakeEnv(1), random: () => random };
  return peekaboo(options).create(env);
}

/** A full fast subflow and an empty slow one. */
function paths(): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, rttvar: 1000, cwnd: 10_000, inFlight: 10_000 }),
    new FakeSubflow(1, { srtt: 100_000, rttvar: 25_000, cwnd: 10_000 }),
  ];
}

function question(subflows = paths(), fields: Partial<FakeBatch> = {}): FakeBatch {
  return new FakeBatch(subflows, 1000, { windowEnd: 1e6, ...fields });
}

/** Lets `scheduler` answer `count` questions; to send is followed by `sent` bytes acknowledged, to wait by `waited`. */
function train(scheduler: Scheduler, count: number, sent: number, waited: number): string {
  let unacked = 0;
  let choices = "";
  for (let i = 0; i < count; i++) {
    const batch = question(paths(), { unacked, next: unacked });
    scheduler.schedule(batch, 200_000 * i);
    choices += batch.assigned.length > 0 ? "s" : "w";
    unacked += batch.assigned.length > 0 ? sent : waited;
    // The fast subflow has room again: that ends the wait, and a slow round trip has passed.
    const [fast, slow] = paths();
    fast.inFlight = 0;
    scheduler.schedule(question([fast, slow], { unacked, next: unacked, waiting: 0 }), 200_000 * i + 100_000);
  }
  return choices;
}

/** One that waits since time 0, because chance turned its choice. */
function waiting(): Scheduler {
  const scheduler = create({ adjustment: 1 }, 0);
  const batch = question();
  scheduler.schedule(batch, 0);
  assertEquals(batch.assigned, []);
  return scheduler;
}

Deno.test("the fast subflow is used while it has room, without a choice", () => {
  const [fast, slow] = paths();
  fast.inFlight = 0;
  const batch = question([fast, slow]);
  create({ adjustment: 1 }, 0).schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000]]);
});

Deno.test("it comes to wait where waiting brings more, and to send where sending does", () => {
  const waits = train(create(), 60, 1000, 40_000);
  assert(waits.endsWith("w".repeat(10)), waits);
  assert(waits.includes("s"), "both were tried");
  const sends = train(create(), 60, 40_000, 1000);
  assert(sends.endsWith("s".repeat(10)), sends);
  assert(sends.includes("w"), "both were tried");
});

Deno.test("it changes its mind when what a choice brings changes", () => {
  const scheduler = create();
  const first = train(scheduler, 40, 1000, 40_000);
  assertEquals(first.at(-1), "w");
  const then = train(scheduler, 400, 40_000, 1000);
  assertEquals(then.at(-1), "s");
});

Deno.test("a wait ends when the fast subflow has room", () => {
  const scheduler = waiting();
  const [fast, slow] = paths();
  fast.inFlight = 9000;
  const batch = question([fast, slow]);
  scheduler.schedule(batch, 1000);
  assertEquals([batch.assigned, scheduler.wakeAt], [[[0, 1000]], Infinity]);
});

Deno.test("a wait holds until the fast subflow is overdue, then the slow one is used", () => {
  const scheduler = waiting();
  assertEquals(scheduler.wakeAt, 24_000);
  const during = question();
  scheduler.schedule(during, 23_999);
  assertEquals(during.assigned, []);
  const after = question();
  scheduler.schedule(after, 24_000);
  assertEquals([after.assigned, scheduler.wakeAt], [[[1, 1000]], Infinity]);
});

Deno.test("a wait ends with the subflow that was waited for", () => {
  const scheduler = waiting();
  const [, slow] = paths();
  const batch = question(
    [new FakeSubflow(2, { srtt: 10_000, rttvar: 1250, inFlight: 10_000 }), slow] as [FakeSubflow, FakeSubflow],
  );
  scheduler.schedule(batch, 1000);
  assertEquals(scheduler.wakeAt, 16_000, "a new choice about another subflow");
});

Deno.test("a subflow of which nothing is known is tried", () => {
  const [fast, slow] = paths();
  slow.srtt = 0;
  const batch = question([fast, slow]);
  create({ adjustment: 1 }, 0).schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("chance turns choices the more often the less a subflow can be foreseen, at most every other one", () => {
  const sends = (random: number, fields: Partial<FakeSubflow>, adjustment = 1): boolean => {
    const [fast, slow] = paths();
    const batch = question([fast, Object.assign(slow, fields)]);
    create({ adjustment }, random).schedule(batch, 0);
    return batch.assigned.length > 0;
  };
  // A quarter of the round-trip time is variation: one choice in eight.
  assertEquals([sends(0.124, {}), sends(0.125, {})], [false, true]);
  // And every tenth segment was sent again.
  const lossy = { retransmissions: 10, bytesSent: 100_000 };
  assertEquals([sends(0.174, lossy), sends(0.176, lossy)], [false, true]);
  assertEquals([sends(0.499, { rttvar: 1e6 }), sends(0.5, { rttvar: 1e6 })], [false, true]);
  assertEquals([sends(0.249, { rttvar: 1e6 }, 0.5), sends(0.25, { rttvar: 1e6 }, 0.5)], [false, true]);
  assertEquals(sends(0, { rttvar: 1e6 }, 0), true);
});

Deno.test("reinjections go wherever there is room, a full window is left to itself", () => {
  const again = question(paths(), { reason: "reinjection" });
  create({ adjustment: 1 }, 0).schedule(again, 0);
  assertEquals(again.assigned, [[1, 1000]]);
  const full = question(paths(), { reason: "window-limited", waiting: 0 });
  create().schedule(full, 0);
  assertEquals(full.assigned, []);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => peekaboo({ alpha: -1 }), RangeError, "Cannot create peekaboo: alpha must be at least 0, got -1");
  assertThrows(() => peekaboo({ adjustment: 2 }), RangeError, "adjustment must be from 0 to 1");
  assertThrows(() => peekaboo({ adjustment: NaN }), RangeError, "adjustment must be from 0 to 1");
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Env, Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { peekaboo, type PeekabooOptions } from "./peekaboo.ts";

/** Decisions stand, so that what is learned shows. */
const FIRM = { keepSending: 1, keepWaiting: 1 };

function create(options: PeekabooOptions = FIRM, random = 0.5): Scheduler {
  const env: Env = { ...fakeEnv(1), random: () => random };
  return peekaboo(options).create(env);
}

/** A full fast subflow and an empty slow one. */
function paths(): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 10_000, inFlight: 10_000 }),
    new FakeSubflow(1, { srtt: 100_000, cwnd: 10_000 }),
  ];
}

function question(subflows = paths(), fields: Partial<FakeBatch> = {}): FakeBatch {
  return new FakeBatch(subflows, 1000, { windowEnd: 1e6, ...fields });
}

/** Lets `scheduler` make `count` decisions, of which those to send are followed by `sent` bytes, others by `waited`. */
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

Deno.test("the fast subflow is used while it has room, without a decision", () => {
  const [fast, slow] = paths();
  fast.inFlight = 0;
  const batch = new FakeBatch([slow, fast], 10_000, { windowEnd: 1e6 });
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 10_000]]);
});

Deno.test("it learns to wait where sending does not pay, and to send where it does", () => {
  const waits = train(create({ ...FIRM, alpha: 0.3 }), 100, 1000, 50_000);
  assert(/w{20}$/.test(waits), waits);
  const sends = train(create({ ...FIRM, alpha: 0.3 }), 100, 50_000, 1000);
  assert(/s{20}$/.test(sends), sends);
});

Deno.test("both are tried at first, and for longer with a larger alpha", () => {
  const tries = (alpha: number): number => {
    const choices = train(create({ ...FIRM, alpha }), 60, 10_000, 50_000);
    return choices.split("s").length - 1;
  };
  assert(tries(1) > 0);
  assert(tries(8) > tries(1), `${tries(8)} and ${tries(1)}`);
});

Deno.test("a decision to wait holds until the fast subflow has room", () => {
  const scheduler = create({ keepSending: 0 });
  const first = question();
  scheduler.schedule(first, 0);
  assertEquals(first.assigned, [], "knowing nothing it would send, and that is turned round");
  const [fast, slow] = paths();
  fast.srtt = 0;
  const second = question([fast, slow]);
  scheduler.schedule(second, 1000);
  fast.srtt = 20_000;
  const third = question([fast, slow]);
  scheduler.schedule(third, 2000);
  assertEquals(third.assigned, []);
});

Deno.test("without measurements a subflow with room is used", () => {
  const [fast, slow] = paths();
  slow.srtt = 0;
  const batch = question([fast, slow]);
  create({ keepSending: 0 }).schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("chance turns round as many decisions as it is told", () => {
  const batch = question();
  create({ keepSending: 0.6 }, 0.59).schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
  const turned = question();
  create({ keepSending: 0.6 }, 0.6).schedule(turned, 0);
  assertEquals(turned.assigned, []);
});

Deno.test("reinjections go wherever there is room, a full window is left to itself", () => {
  const again = question(paths(), { reason: "reinjection" });
  create({ keepSending: 0 }).schedule(again, 0);
  assertEquals(again.assigned, [[1, 1000]]);
  const full = question(paths(), { reason: "window-limited", waiting: 0 });
  create().schedule(full, 0);
  assertEquals(full.assigned, []);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => peekaboo({ alpha: -1 }), RangeError, "Cannot create peekaboo: alpha must be at least 0, got -1");
  assertThrows(() => peekaboo({ keepSending: 2 }), RangeError, "keepSending must be from 0 to 1");
  assertThrows(() => peekaboo({ keepWaiting: NaN }), RangeError, "keepWaiting must be from 0 to 1");
});

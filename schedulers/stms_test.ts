import { assertEquals } from "@std/assert";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { stms } from "./stms.ts";

/** 20 ms with a window of 10 segments that is full, 100 ms with a window of 4 that is empty: a gap of 20 segments. */
function paths(): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 10_000, inFlight: 10_000 }),
    new FakeSubflow(1, { srtt: 100_000, cwnd: 4000 }),
  ];
}

Deno.test("the slow subflow takes what the fast one gets to in the time by which its way is longer", () => {
  const [fast, slow] = paths();
  fast.inFlight = 7000;
  const batch = new FakeBatch([slow, fast], 100_000);
  stms().create(fakeEnv(1)).schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 3000], [1, 4000, 23_000]]);
});

Deno.test("what the fast subflow is through with earlier is left to it", () => {
  const batch = new FakeBatch(paths(), 20_000);
  stms().create(fakeEnv(1)).schedule(batch, 0);
  assertEquals(batch.assigned, []);
});

Deno.test("the gap of the slowest of three counts what both others send meanwhile", () => {
  const [fast, slow] = paths();
  // 30 ms more than 40: half of that at 100 bytes/ms, and 40 ms at 500 bytes/ms of the fast one.
  const middle = new FakeSubflow(2, { srtt: 40_000, cwnd: 4000, inFlight: 4000 });
  const batch = new FakeBatch([fast, slow, middle], 100_000);
  stms().create(fakeEnv(1)).schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 4000, 23_000]]);
});

Deno.test("the gap shrinks when a piece arrives early, and grows when it does not", () => {
  for (const [unacked, gap] of [[19_999, 19_000], [20_000, 21_000]] as const) {
    const [fast, slow] = paths();
    const scheduler = stms().create(fakeEnv(1));
    scheduler.schedule(new FakeBatch([fast, slow], 100_000), 0);
    Object.assign(slow, { queued: 0, bytesAcked: 4000 });
    const batch = new FakeBatch([fast, slow], 100_000, { next: 100_000, unacked });
    scheduler.schedule(batch, 0);
    assertEquals(batch.assigned, [[1, 4000, 100_000 + gap]]);
  }
});

Deno.test("without measurements there is no gap", () => {
  const [fast, slow] = paths();
  slow.srtt = 0;
  const batch = new FakeBatch([fast, slow], 100_000);
  stms().create(fakeEnv(1)).schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 4000]]);
});

Deno.test("reinjections go in order, a full window is left to itself", () => {
  const scheduler = stms().create(fakeEnv(1));
  const again = new FakeBatch(paths(), 1000, { reason: "reinjection" });
  const full = new FakeBatch(paths(), 0, { reason: "window-limited", next: 1000 });
  for (const batch of [again, full]) scheduler.schedule(batch, 0);
  assertEquals([again.assigned, full.assigned], [[[1, 1000]], []]);
});

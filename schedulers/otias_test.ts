import { assertEquals } from "@std/assert";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { otias } from "./otias.ts";

function schedule(batch: FakeBatch): number[][] {
  otias().create(fakeEnv(1)).schedule(batch, 0);
  return batch.assigned;
}

/** 20 ms and 100 ms, a window of 4 segments each. */
function paths(fast: Partial<FakeSubflow> = {}): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 4000, ...fast }),
    new FakeSubflow(1, { srtt: 100_000, cwnd: 4000 }),
  ];
}

Deno.test("the slow subflow gets what arrives there before it could arrive on the fast one", () => {
  // On the fast one bytes arrive after 10, 30 and 50 ms, a window each; then the slow one with its 50 ms comes in.
  assertEquals(schedule(new FakeBatch(paths(), 20_000)), [[0, 4000], [1, 4000, 12_000]]);
});

Deno.test("what the fast subflow sends within its first two round trips of waiting is left to it", () => {
  assertEquals(schedule(new FakeBatch(paths(), 12_000)), [[0, 4000]]);
  assertEquals(schedule(new FakeBatch(paths(), 12_500)), [[0, 4000], [1, 500, 12_000]]);
});

Deno.test("a fast subflow that is full now sends a window in a round trip", () => {
  // 30 ms, then 50 ms as the slow one, which comes later in the list.
  assertEquals(schedule(new FakeBatch(paths({ inFlight: 4000 }), 12_000)), [[1, 4000, 8000]]);
});

Deno.test("with room for part of a window that part leaves first", () => {
  assertEquals(schedule(new FakeBatch(paths({ inFlight: 2500 }), 12_000)), [[0, 1000], [1, 3000, 9000]]);
});

Deno.test("what was left out is looked at again when there is room", () => {
  const scheduler = otias().create(fakeEnv(1));
  const [fast, slow] = paths();
  const batch = new FakeBatch([fast, slow], 20_000);
  scheduler.schedule(batch, 0);
  fast.queued = 2000;
  scheduler.schedule(batch, 10_000);
  assertEquals(batch.assigned.slice(2), [[0, 2000]]);
  slow.queued = 0;
  scheduler.schedule(batch, 20_000);
  assertEquals(batch.next, 6000);
  // Of what is left, 6 kB stand before what the slow one has and 4 kB behind it; two windows of the fast one come first.
  assertEquals(batch.assigned.slice(3), [[1, 2000, 18_000]]);
});

Deno.test("a single subflow gets everything in order, one without a measurement is taken for the slowest", () => {
  assertEquals(schedule(new FakeBatch([new FakeSubflow(0)], 5500)), [[0, 5500]]);
  const unknown = new FakeSubflow(0, { srtt: 0 });
  const known = new FakeSubflow(1, { srtt: 50_000, cwnd: 1000 });
  assertEquals(schedule(new FakeBatch([unknown, known], 2000)), [[0, 2000]]);
  assertEquals(schedule(new FakeBatch([0, 1].map((id) => new FakeSubflow(id, { srtt: 0, cwnd: 1000 })), 2000)), [
    [0, 1000],
    [1, 1000],
  ]);
});

Deno.test("reinjections go in order, a full window is left to itself, and so are backups", () => {
  assertEquals(schedule(new FakeBatch(paths(), 5000, { reason: "reinjection" })), [[0, 4000], [1, 1000]]);
  assertEquals(schedule(new FakeBatch(paths(), 0, { reason: "window-limited", next: 1000 })), []);
  const [fast, backup] = paths({ inFlight: 4000 });
  backup.backup = true;
  assertEquals(schedule(new FakeBatch([fast, backup], 20_000)), []);
});

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Scheduler } from "../core/plugin.ts";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { burst, type BurstOptions } from "./burst.ts";

function create(options?: BurstOptions): Scheduler {
  return burst(options).create(fakeEnv(1));
}

/** Subflows by how many milliseconds what they hold takes at their pacing rate; windows are never full. */
function lingering(...milliseconds: number[]): FakeSubflow[] {
  return milliseconds.map((time, id) =>
    new FakeSubflow(id, { cwnd: 1e6, pacingRate: 1e6, inFlight: 1000 * time, srtt: 500_000 })
  );
}

Deno.test("a burst goes to the subflow that has sent all it holds soonest, whatever its round-trip time", () => {
  const [long, short] = lingering(50, 20) as [FakeSubflow, FakeSubflow];
  short.srtt = 2_000_000;
  const batch = new FakeBatch([long, short], 10_000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 10_000]]);
});

Deno.test("what is queued lingers as what is in flight does, and twice the rate half as long", () => {
  const [first, second] = lingering(30, 30) as [FakeSubflow, FakeSubflow];
  first.queued = 40_000;
  first.pacingRate = 2e6;
  second.inFlight = 36_000;
  const batch = new FakeBatch([first, second], 1000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[0, 1000]], "70 kB at 2 MB/s are 35 ms, 36 kB at 1 MB/s 36 ms");
});

Deno.test("a burst is 64 KiB at most, and the next one finds the queues as this one left them", () => {
  const batch = new FakeBatch(lingering(0, 10, 500), 100_000);
  create().schedule(batch, 0);
  // A mapping holds 65,535 bytes; 65 ms later it is the turn of the other.
  assertEquals(batch.assigned, [[0, 65_535], [1, 34_465]]);
});

Deno.test("the average pacing rate is weighted by what the subflow held and what it was given", () => {
  const scheduler = create();
  const [first, second] = lingering(0, 45) as [FakeSubflow, FakeSubflow];
  first.inFlight = 10_000;
  scheduler.schedule(new FakeBatch([first, second], 1000), 0);
  first.pacingRate = 100_000;
  first.queued = 0;
  scheduler.schedule(new FakeBatch([first, second], 30_000), 0);
  // 10 kB at 1 MB/s and 30 kB at 0.1 MB/s are 0.325 MB/s on average: the 40 kB that it holds now take 123 ms.
  const average = (10_000 * 1e6 + 30_000 * 1e5) / 40_000;
  assertAlmostEquals(average, 325_000);
  second.inFlight = 1000 * (40_000 / average * 1000 + 1);
  const sooner = new FakeBatch([first, second], 1000);
  scheduler.schedule(sooner, 0);
  assertEquals(sooner.assigned[0], [0, 1000]);
  second.inFlight -= 5000;
  const later = new FakeBatch([first, second], 1000);
  scheduler.schedule(later, 0);
  assertEquals(later.assigned[0], [1, 1000]);
});

Deno.test("bytes that Linux would queue at a full subflow wait for it, and those behind them go elsewhere", () => {
  const fast = new FakeSubflow(0, { cwnd: 20_000, inFlight: 20_000, pacingRate: 1e6 });
  const slow = new FakeSubflow(1, { cwnd: 20_000, inFlight: 5000, pacingRate: 1e5 });
  const batch = new FakeBatch([fast, slow], 60_000);
  create({ size: 10_000, sendMemory: 10 }).schedule(batch, 0);
  // The fast one lingers 20 ms, and 10 more with each burst that stays for it; the slow one 50 ms, and then 150.
  assertEquals(batch.assigned, [[1, 10_000, 40_000]]);
});

Deno.test("with no send memory at the subflow that lingers least, all wait", () => {
  const fast = new FakeSubflow(0, { cwnd: 20_000, inFlight: 20_000, pacingRate: 1e6 });
  const slow = new FakeSubflow(1, { cwnd: 20_000, inFlight: 5000, pacingRate: 1e5 });
  const batch = new FakeBatch([fast, slow], 60_000);
  create({ size: 10_000, sendMemory: 2 }).schedule(batch, 0);
  assertEquals(batch.assigned, []);
});

Deno.test("backups serve only while no regular subflow is usable", () => {
  const [regular, backup] = lingering(100, 0) as [FakeSubflow, FakeSubflow];
  backup.backup = true;
  const both = new FakeBatch([regular, backup], 1000);
  create().schedule(both, 0);
  assertEquals(both.assigned, [[0, 1000]]);
  const alone = new FakeBatch([backup], 1000);
  create().schedule(alone, 0);
  assertEquals(alone.assigned, [[1, 1000]]);
});

Deno.test("an unpaced subflow is taken to send its window per round trip", () => {
  const slow = new FakeSubflow(0, { cwnd: 20_000, inFlight: 5000, srtt: 100_000 });
  const fast = new FakeSubflow(1, { cwnd: 20_000, inFlight: 5000, srtt: 50_000 });
  const batch = new FakeBatch([slow, fast], 1000);
  create().schedule(batch, 0);
  assertEquals(batch.assigned, [[1, 1000]]);
});

Deno.test("reinjections go in order, a full window is left to itself", () => {
  const again = new FakeBatch(lingering(10, 0), 3000, { reason: "reinjection" });
  create().schedule(again, 0);
  assertEquals(again.assigned, [[1, 3000]]);
  const full = new FakeBatch(lingering(0), 0, { reason: "window-limited", next: 1000 });
  create().schedule(full, 0);
  assertEquals([full.assigned, full.penalised], [[], []]);
});

Deno.test("options out of range are refused", () => {
  assertThrows(() => burst({ size: 0 }), RangeError, "Cannot create burst: size must be at least 1, got 0");
  assertThrows(() => burst({ sendMemory: 0.5 }), RangeError, "sendMemory must be at least 1");
});

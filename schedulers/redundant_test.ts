import { assertEquals } from "@std/assert";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { redundant } from "./redundant.ts";

function schedule(batch: FakeBatch): number[][] {
  redundant().create(fakeEnv(1)).schedule(batch, 0);
  return batch.assigned;
}

Deno.test("every subflow gets every byte, the fastest first", () => {
  const slow = new FakeSubflow(0, { srtt: 80_000 });
  const fast = new FakeSubflow(1, { srtt: 20_000 });
  assertEquals(schedule(new FakeBatch([slow, fast], 2500)), [[1, 2500], [0, 2500, 0]]);
});

Deno.test("each goes at its own pace, from where it was", () => {
  const slow = new FakeSubflow(0, { srtt: 80_000, dataEnd: 4000, cwnd: 3000 });
  const fast = new FakeSubflow(1, { srtt: 20_000, dataEnd: 10_000, cwnd: 2000 });
  const batch = new FakeBatch([slow, fast], 5000, { unacked: 1000, next: 10_000 });
  assertEquals(schedule(batch), [[1, 2000], [0, 3000, 4000]]);
});

Deno.test("one that has fallen behind goes on from what is acknowledged, and with new data from where it has caught up", () => {
  const slow = new FakeSubflow(0, { srtt: 80_000, dataEnd: 4000, cwnd: 5000 });
  const full = new FakeSubflow(1, { srtt: 20_000, dataEnd: 10_000, inFlight: 10_000 });
  const batch = new FakeBatch([slow, full], 5000, { unacked: 8000, next: 10_000 });
  assertEquals(schedule(batch), [[0, 2000, 8000], [0, 3000]]);
});

Deno.test("nothing goes to backups while a regular subflow is usable, nor twice to the same subflow", () => {
  const regular = new FakeSubflow(0, { dataEnd: 3000 });
  const backup = new FakeSubflow(1, { backup: true });
  assertEquals(schedule(new FakeBatch([regular, backup], 0, { next: 3000 })), []);
  assertEquals(schedule(new FakeBatch([backup], 0, { next: 3000 })), [[1, 3000, 0]]);
});

Deno.test("what failed goes again once, on the fastest", () => {
  const slow = new FakeSubflow(0, { srtt: 80_000 });
  const fast = new FakeSubflow(1, { srtt: 20_000 });
  assertEquals(schedule(new FakeBatch([slow, fast], 1500, { reason: "reinjection" })), [[1, 1500]]);
});

Deno.test("a full window is left to itself: all of it is on every subflow", () => {
  const batch = new FakeBatch([new FakeSubflow(0)], 0, { reason: "window-limited", next: 1000 });
  assertEquals(schedule(batch), []);
});

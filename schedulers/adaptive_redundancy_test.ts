import { assertEquals, assertThrows } from "@std/assert";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { adaptiveRedundancy, type AdaptiveRedundancyOptions } from "./adaptive_redundancy.ts";

function schedule(batch: FakeBatch, options?: AdaptiveRedundancyOptions): FakeBatch {
  adaptiveRedundancy(options).create(fakeEnv(1)).schedule(batch, 0);
  return batch;
}

function paths(): [FakeSubflow, FakeSubflow] {
  return [new FakeSubflow(0, { srtt: 80_000 }), new FakeSubflow(1, { srtt: 20_000, cwnd: 20_000 })];
}

Deno.test("a short flow goes everywhere, a long one to the fastest", () => {
  assertEquals(schedule(new FakeBatch(paths(), 5000), { shortFlow: 5000 }).assigned, [[1, 5000], [0, 5000, 0]]);
  assertEquals(schedule(new FakeBatch(paths(), 5001), { shortFlow: 5000 }).assigned, [[1, 5001]]);
});

Deno.test("what is on its way counts, and so the end of a long flow is a short one", () => {
  const outstanding = (next: number): FakeBatch =>
    schedule(new FakeBatch(paths(), 1000, { unacked: 100_000, next }), { shortFlow: 5000 });
  assertEquals(outstanding(104_000).assigned, [[1, 4000, 100_000], [1, 1000], [0, 5000, 100_000]]);
  assertEquals(outstanding(104_001).assigned, [[1, 1000]]);
});

Deno.test("a loss-sensitive flow goes everywhere while a subflow is in recovery", () => {
  const [slow, fast] = paths();
  slow.inRecovery = true;
  const long = { shortFlow: 0, lossSensitive: true };
  assertEquals(schedule(new FakeBatch([slow, fast], 9000), long).assigned, [[1, 9000], [0, 9000, 0]]);
  slow.inRecovery = false;
  assertEquals(schedule(new FakeBatch([slow, fast], 9000), long).assigned, [[1, 9000]]);
});

Deno.test("a full window is relieved as by min-rtt", () => {
  const [slow, fast] = paths();
  const fields = { reason: "window-limited" as const, next: 1000, windowEnd: 1000, carrier: () => slow };
  const batch = new FakeBatch([slow, fast], 0, fields);
  const scheduler = adaptiveRedundancy().create(fakeEnv(1));
  scheduler.schedule(batch, 0);
  scheduler.schedule(batch, 160_000);
  assertEquals([batch.assigned, batch.penalised], [[[1, 1000, 0]], [0]]);
});

Deno.test("a negative length is refused", () => {
  assertThrows(() => adaptiveRedundancy({ shortFlow: -1 }), RangeError, "Cannot create adaptive-redundancy: shortFlow");
});

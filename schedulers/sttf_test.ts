import { assertEquals } from "@std/assert";
import { FakeBatch, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { sttf } from "./sttf.ts";

function schedule(batch: FakeBatch): number[][] {
  sttf().create(fakeEnv(1)).schedule(batch, 0);
  return batch.assigned;
}

/** 20 ms and full, 100 ms and empty, a window of 2 segments each. */
function paths(ssthresh: number): [FakeSubflow, FakeSubflow] {
  return [
    new FakeSubflow(0, { srtt: 20_000, cwnd: 2000, inFlight: 2000, ssthresh }),
    new FakeSubflow(1, { srtt: 100_000, cwnd: 2000 }),
  ];
}

Deno.test("in slow start the window doubles in each round trip that a segment waits", () => {
  // After 30 ms two segments, after 50 ms four, which ties with the slow one, listed behind it.
  assertEquals(schedule(new FakeBatch(paths(Infinity), 20_000)), [[1, 2000, 6000]]);
});

Deno.test("in avoidance it grows by a segment", () => {
  // Two segments after 30 ms, three after 50.
  assertEquals(schedule(new FakeBatch(paths(2000), 20_000)), [[1, 2000, 5000]]);
});

Deno.test("slow start ends at the threshold", () => {
  assertEquals(schedule(new FakeBatch(paths(3000), 20_000)), [[1, 2000, 5000]]);
});

Deno.test("a short transfer goes to the subflow that is through with it first", () => {
  assertEquals(schedule(new FakeBatch(paths(Infinity), 6000)), [], "within 50 ms on the fast one, windows growing");
  assertEquals(schedule(new FakeBatch(paths(Infinity), 6001)), [[1, 1, 6000]]);
});

Deno.test("reinjections go in order, a full window is left to itself", () => {
  assertEquals(schedule(new FakeBatch(paths(Infinity), 1000, { reason: "reinjection" })), [[1, 1000]]);
  assertEquals(schedule(new FakeBatch(paths(Infinity), 0, { reason: "window-limited", next: 1000 })), []);
});

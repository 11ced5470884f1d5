import { assertEquals } from "@std/assert";
import { FakeBatch, FakeSubflow } from "../tests/kit/mod.ts";
import { Relief, type ReliefOptions } from "./relief.ts";

/** When the window has been what it is for long enough. */
const START = 1_000_000;

/** A connection whose window has been what it is since 0. */
function settled(options: ReliefOptions = {}): Relief {
  const relief = new Relief(options);
  const { batch } = fullWindow(0);
  batch.carrier = () => null;
  relief.handle(batch, 0);
  return relief;
}

/** A full window of 10,000 bytes whose first 2500 a slow subflow carries, while a fast one has room for `room`. */
function fullWindow(room: number): { batch: FakeBatch; slow: FakeSubflow; fast: FakeSubflow } {
  const slow = new FakeSubflow(0, { srtt: 300_000, inFlight: 10_000 });
  const fast = new FakeSubflow(1, { srtt: 20_000, cwnd: room });
  const batch = new FakeBatch([slow, fast], 0, {
    reason: "window-limited",
    unacked: 50_000,
    next: 60_000,
    windowEnd: 60_000,
    carrier: (at) => at < 52_500 ? slow : fast,
  });
  return { batch, slow, fast };
}

Deno.test("what the slow subflow carries at its head goes again on the fast one", () => {
  const { batch } = fullWindow(10_000);
  settled().handle(batch, START);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000], [1, 1000, 52_000]]);
  assertEquals(batch.penalised, [0]);
});

Deno.test("the fast subflow repeats no more than it has room for", () => {
  const { batch } = fullWindow(2900);
  settled().handle(batch, START);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000]]);
});

Deno.test("the head is repeated once, and the next one when it has moved past that", () => {
  const relief = settled();
  const { batch, slow, fast } = fullWindow(1000);
  relief.handle(batch, START);
  fast.queued = 0;
  relief.handle(batch, START + 1000);
  assertEquals(batch.assigned, [[1, 1000, 50_000]]);

  batch.unacked = 51_000;
  batch.carrier = () => slow;
  relief.handle(batch, START + 2000);
  assertEquals(batch.assigned, [[1, 1000, 50_000], [1, 1000, 51_000]]);
});

Deno.test("the culprit is penalised once per its round-trip time", () => {
  const relief = settled();
  const { batch } = fullWindow(20_000);
  for (let now = 0; now <= 600_000; now += 20_000) relief.handle(batch, START + now);
  assertEquals(batch.penalised, [0, 0, 0]);
});

Deno.test("nothing is done for a head that is on the fastest subflow already", () => {
  for (const srtt of [10_000, 20_000]) {
    const { batch, slow } = fullWindow(10_000);
    slow.srtt = srtt;
    settled().handle(batch, START);
    assertEquals([batch.assigned, batch.penalised], [[], []]);
  }
});

Deno.test("a helper without a sample is not known to be faster", () => {
  const { batch, fast } = fullWindow(10_000);
  fast.srtt = 0;
  settled().handle(batch, START);
  assertEquals([batch.assigned, batch.penalised], [[], []]);
});

Deno.test("nothing is done for bytes that the only subflow with room carries itself", () => {
  const { batch, fast } = fullWindow(10_000);
  batch.carrier = () => fast;
  settled().handle(batch, START);
  assertEquals([batch.assigned, batch.penalised], [[], []]);
});

Deno.test("both measures can be switched off", () => {
  const bare = fullWindow(10_000).batch;
  settled({ opportunisticRetransmission: false, penalisation: false }).handle(bare, START);
  assertEquals([bare.assigned, bare.penalised], [[], []]);

  const gentle = fullWindow(1000).batch;
  settled({ penalisation: false }).handle(gentle, START);
  assertEquals([gentle.assigned, gentle.penalised], [[[1, 1000, 50_000]], []]);

  const thrifty = fullWindow(1000).batch;
  settled({ opportunisticRetransmission: false }).handle(thrifty, START);
  assertEquals([thrifty.assigned, thrifty.penalised], [[], [0]]);
});

Deno.test("while the receiver lets the window grow nobody is penalised, but the head goes again", () => {
  const relief = new Relief({});
  const { batch } = fullWindow(100_000);
  const penalties: number[] = [];
  for (let now = 0; now < 3_000_000; now += 50_000) {
    // 10,000 bytes, growing by a tenth until 1.5 s; the culprit has a round-trip time of 300 ms.
    batch.windowEnd = batch.unacked + 10_000 * Math.min(1.1 ** (now / 50_000), 1.1 ** 30);
    relief.handle(batch, now);
    if (batch.penalised.splice(0).length > 0) penalties.push(now);
  }
  assertEquals(penalties, [2_100_000, 2_400_000, 2_700_000]);
  assertEquals(batch.assigned.length, 3);
});

Deno.test("growth by less than a sixteenth is no growth, and neither is a window that comes and goes", () => {
  const relief = new Relief({});
  const { batch } = fullWindow(100_000);
  let penalties = 0;
  for (let now = 0; now < 3_000_000; now += 50_000) {
    batch.windowEnd = batch.unacked + (now % 100_000 === 0 ? 10_000 : 10_600);
    relief.handle(batch, now);
    penalties += batch.penalised.splice(0).length;
  }
  assertEquals(penalties, 8, "at 600 ms, and each 300 ms from there on");
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { makeFrame, Sink } from "../tests/frames.ts";
import { Link } from "./link.ts";
import { createQueue } from "./queue.ts";
import type { QueueOptions } from "./queue.ts";
import { Random } from "../transports/random.ts";
import { Simulator } from "./simulator.ts";

const MILLISECONDS_A_PACKET = 1;
const RATE = 1500 * 8 * 1000 / MILLISECONDS_A_PACKET;

/** Sends 1500-byte packets every `gap` milliseconds for a time, and says how long each that arrived was on the way. */
function load(
  queue: QueueOptions,
  gap: number,
  duration: number,
  ecn = 0,
): { link: Link; delays: number[]; sink: Sink } {
  const sim = new Simulator();
  const sink = new Sink(sim);
  const link = new Link(sim, "link", sink, { rate: RATE, queue });
  const count = duration / gap;
  for (let sequence = 0; sequence < count; sequence++) {
    sim.at(sequence * gap, () => link.send(makeFrame(sim, { sequence, payload: 1460, ecn })));
  }
  sim.runUntil(1e9);
  const delays = sink.arrivals.map(({ at, sequence }) => at / 1000 - Math.round(sequence * gap * 1000) / 1000);
  return { link, delays, sink };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

Deno.test("a full queue holds what it is measured in: packets, bytes or milliseconds", () => {
  for (const [queue, waiting] of [[{ packets: 20 }, 20], [{ bytes: 30_000 }, 20], [{ delay: 20 }, 20]] as const) {
    const { link, delays } = load(queue, 0.25, 1000);
    assertEquals(link.counters.queueHighWaterPackets, waiting);
    assertEquals(Math.floor(Math.max(...delays)), waiting + 1);
    assert(link.counters.dropped.queue > 2900);
  }
});

Deno.test("a queue measured in milliseconds follows the rate", () => {
  const sim = new Simulator();
  const link = new Link(sim, "link", new Sink(sim), { rate: RATE, queue: { delay: 10 } });
  link.set({ rate: RATE / 2 });
  for (let i = 0; i < 50; i++) link.send(makeFrame(sim, { payload: 1460 }));
  assertEquals(link.queuedPackets, 5);
});

Deno.test("CoDel brings a lasting delay down near its target, where drop-tail leaves the queue full", () => {
  const tail = load({ packets: 1000 }, 0.9, 30_000);
  const codel = load({ codel: {} }, 0.9, 30_000);
  assert(mean(tail.delays.slice(-1000)) > 900);
  assert(mean(codel.delays.slice(-1000)) < 60, `${mean(codel.delays.slice(-1000))}`);
});

Deno.test("CoDel lets a burst pass that the link works off within its interval", () => {
  const sim = new Simulator();
  const sink = new Sink(sim);
  const link = new Link(sim, "link", sink, { rate: RATE, queue: { codel: {} } });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 80; i++) sim.at(round * 200, () => link.send(makeFrame(sim, { payload: 1460 })));
  }
  sim.runUntil(1e9);
  assertEquals(sink.arrivals.length, 1600);
});

Deno.test("RED keeps the mean backlog between its thresholds under load and drops nothing below", () => {
  const overload = load({ red: { minimum: 5, maximum: 50, weight: 0.02 } }, 0.98, 20_000);
  const settled = mean(overload.delays.slice(-5000));
  assert(settled > 5 && settled < 50, `${settled}`);
  assert(overload.link.counters.dropped.queue > 0);
  const calm = load({ red: {} }, 1.1, 5000);
  assertEquals(calm.link.counters.dropped.queue, 0);
});

Deno.test("RED forgets its mean while the link is idle", () => {
  const red = createQueue({ red: { minimum: 5, maximum: 15, weight: 0.2 } }, { random: new Random(1), rate: RATE });
  const full = { queuedPackets: 20, queuedBytes: 30_000, busyUntil: 1e6 };
  for (let i = 0; i < 100; i++) red.onArrival(1500, full, 1000);
  assertEquals(red.onArrival(1500, full, 1000), "drop");
  const idle = { queuedPackets: 0, queuedBytes: 0, busyUntil: 1e6 };
  assertEquals(red.onArrival(1500, idle, 1e6 + 100_000), "pass");
});

Deno.test("with ECN packets are marked instead of dropped, if their sender takes marks", () => {
  for (const queue of [{ codel: { ecn: true } }, { red: { ecn: true, minimum: 5, maximum: 200, weight: 0.02 } }]) {
    const marking = load(queue, 0.98, 5000, 2);
    assertEquals(marking.link.counters.dropped.queue, 0);
    assert(marking.link.counters.marked > 10);
    assertEquals(marking.sink.arrivals.filter(({ ecn }) => ecn === 3).length, marking.link.counters.marked);
    const dropping = load(queue, 0.98, 5000, 0);
    assertEquals(dropping.link.counters.marked, 0);
    assert(dropping.link.counters.dropped.queue > 10);
  }
});

Deno.test("a discipline of one's own is asked", () => {
  let asked = 0;
  const everySecond = () => ({ onArrival: () => asked++ % 2 === 0 ? "pass" as const : "drop" as const });
  const { sink } = load(everySecond, 2, 20);
  assertEquals(sink.sequences, [0, 2, 4, 6, 8]);
});

Deno.test("queues that cannot work are refused", () => {
  const context = { random: new Random(1), rate: 1e6 };
  assertThrows(() => createQueue({ bytes: 0 }, context), RangeError, "0 bytes");
  assertThrows(() => createQueue({ red: { minimum: 9, maximum: 3 } }, context), RangeError, "RED between 9 and 3");
  assertThrows(() => createQueue({ codel: { target: 0 } }, context), RangeError, "CoDel");
});

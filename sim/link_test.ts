import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { makeFrame, Sink } from "../tests/frames.ts";
import { Link } from "./link.ts";
import type { LinkOptions } from "./link.ts";
import { Simulator } from "./simulator.ts";

/** A packet to be sent: when, in microseconds, and how much payload. */
interface Sending {
  readonly at: number;
  readonly payload: number;
}

const HEADERS = 40;
const END = 1e9;

const sendings = fc.array(
  fc.record({ gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })), payload: fc.nat(1460) }),
  { minLength: 1, maxLength: 80 },
).map((list) => {
  let at = 0;
  return list.map(({ gap, payload }): Sending => ({ at: at += gap, payload }));
});
const rate = fc.oneof(fc.constant(Infinity), fc.integer({ min: 100_000, max: 100_000_000 }));
const delay = fc.integer({ min: 0, max: 50 });
const queue = fc.oneof(
  fc.record({ packets: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ bytes: fc.integer({ min: 1500, max: 20_000 }) }),
  fc.record({ delay: fc.integer({ min: 1, max: 100 }) }),
  fc.constant({ codel: { target: 1, interval: 10 } }),
  fc.constant({ red: { minimum: 1, maximum: 5, weight: 0.2 } }),
);
const probability = fc.double({ min: 0, max: 0.5, noNaN: true });

function play(
  sendings: readonly Sending[],
  options: LinkOptions,
  seed = 1,
): { link: Link; sink: Sink; sim: Simulator } {
  const sim = new Simulator({ seed });
  const sink = new Sink(sim);
  const link = new Link(sim, "link", sink, options);
  for (const [sequence, { at, payload }] of sendings.entries()) {
    sim.at(at / 1000, () => link.send(makeFrame(sim, { sequence, payload })));
  }
  return { link, sink, sim };
}

function assertConserved(link: Link, sim: Simulator): void {
  const { packetsIn, packetsDelivered, duplicated, dropped } = link.counters;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assertEquals(packetsIn + duplicated, packetsDelivered + lost + link.packets);
  assertEquals(sim.frames.inUse, link.packets);
}

Deno.test("a packet arrives after its time on the wire and the delay", () => {
  const { sink, sim } = play([{ at: 1000, payload: 1460 }], { rate: 12e6, delay: 20 });
  sim.runUntil(END);
  assertEquals(sink.arrivals, [{ at: 1000 + 1000 + 20_000, sequence: 0, length: 1500, verifies: true, ecn: 0 }]);
});

Deno.test("departures in closed form are those of a naive simulation of queue and transmitter", () => {
  fc.assert(fc.property(sendings, rate, delay, fc.integer({ min: 1, max: 8 }), (sendings, rate, delay, packets) => {
    const expected: { sequence: number; at: number }[] = [];
    const waiting: { sequence: number; size: number }[] = [];
    let free = 0;
    const serve = (until: number) => {
      while (waiting.length > 0 && free <= until) {
        const { sequence, size } = waiting.shift()!;
        free += size * 8e6 / rate;
        expected.push({ sequence, at: Math.ceil(free + 1000 * delay) });
      }
    };
    for (const [sequence, { at, payload }] of sendings.entries()) {
      serve(at);
      if (waiting.length === 0 && free <= at) free = at;
      if (waiting.length < packets) waiting.push({ sequence, size: HEADERS + payload });
      serve(at);
    }
    serve(END);
    const { sink, sim } = play(sendings, { rate, delay, queue: { packets } });
    sim.runUntil(END);
    assertEquals(sink.arrivals.map(({ sequence, at }) => ({ sequence, at })), expected);
  }));
});

Deno.test("without reordering the order stays, whatever else happens", () => {
  fc.assert(fc.property(
    sendings,
    rate,
    queue,
    probability,
    fc.nat(20),
    fc.array(fc.record({ at: fc.nat(100), rate, delay }), { maxLength: 4 }),
    (sendings, rate, queue, loss, jitter, changes) => {
      const { link, sink, sim } = play(sendings, { rate, queue, loss, jitter, duplicate: loss / 2 });
      for (const { at, ...change } of changes) sim.at(at, () => link.set(change));
      sim.runUntil(END);
      for (let i = 1; i < sink.sequences.length; i++) assert(sink.sequences[i]! >= sink.sequences[i - 1]!);
      assertConserved(link, sim);
    },
  ));
});

Deno.test("over no interval does more come out than the rate allows", () => {
  fc.assert(
    fc.property(
      sendings,
      fc.integer({ min: 100_000, max: 100_000_000 }),
      queue,
      probability,
      (list, rate, queue, loss) => {
        const { sink, sim } = play(list, { rate, queue, loss, delay: 10 });
        sim.runUntil(END);
        const arrivals = sink.arrivals;
        for (let i = 0; i < arrivals.length; i++) {
          let bits = 0;
          for (let j = i + 1; j < arrivals.length; j++) {
            bits += 8 * arrivals[j]!.length;
            // One microsecond for the rounding of arrivals.
            assert(bits <= rate * (arrivals[j]!.at - arrivals[i]!.at + 1) / 1e6 + 1e-6);
          }
        }
      },
    ),
  );
});

Deno.test("at any time what came in was delivered, dropped, or is on the link", () => {
  fc.assert(fc.property(
    sendings,
    fc.record({
      rate,
      delay,
      queue,
      loss: probability,
      duplicate: probability,
      corrupt: probability,
      jitter: fc.nat(20),
      reorder: fc.record({ probability, delay: fc.nat(50) }),
      mtu: fc.integer({ min: 600, max: 1500 }),
    }),
    fc.array(
      fc.record({ at: fc.nat(200), up: fc.boolean(), outage: fc.constantFrom("lose" as const, "hold" as const) }),
      {
        maxLength: 4,
      },
    ),
    (sendings, options, changes) => {
      const { link, sim } = play(sendings, options);
      for (const { at, ...change } of changes) sim.at(at, () => link.set(change));
      sim.at(250, () => link.set({ up: true }));
      for (let time = 0; time < 300_000; time += 3777) {
        sim.runUntil(time);
        assertConserved(link, sim);
      }
      sim.runUntil(END);
      assertConserved(link, sim);
      assertEquals(link.packets, 0);
      assertEquals(sim.pendingEvents, 0);
    },
  ));
});

Deno.test("the same seed gives the same trace, another seed another", () => {
  const trace = (seed: number) => {
    const many = Array.from({ length: 200 }, (_, i) => ({ at: 100 * i, payload: 7 * i }));
    const options = { rate: 5e6, loss: 0.1, jitter: 3, reorder: { probability: 0.1, delay: 5 }, duplicate: 0.1 };
    const { sink, sim } = play(many, options, seed);
    sim.runUntil(END);
    return sink.arrivals;
  };
  assertEquals(trace(1), trace(1));
  assert(JSON.stringify(trace(1)) !== JSON.stringify(trace(2)));
});

Deno.test("switching one impairment on does not shift what another draws", () => {
  const lost = (options: LinkOptions) => {
    const many = Array.from({ length: 300 }, (_, i) => ({ at: 1000 * i, payload: 0 }));
    const { sink, sim } = play(many, { loss: 0.2, ...options });
    sim.runUntil(END);
    const arrived = new Set(sink.sequences);
    return many.map((_, i) => i).filter((i) => !arrived.has(i));
  };
  assertEquals(
    lost({}),
    lost({
      jitter: 1,
      corrupt: { probability: 0.5, fixChecksum: true },
      duplicate: 0.3,
      reorder: { probability: 0.5, delay: 3 },
    }),
  );
});

Deno.test("a packet held up is overtaken by those behind it, also by those that still wait", () => {
  const sim = new Simulator();
  const sink = new Sink(sim);
  const link = new Link(sim, "link", sink, { rate: 12e6, reorder: { probability: 1, delay: 5 } });
  for (let sequence = 0; sequence < 4; sequence++) {
    link.send(makeFrame(sim, { sequence, payload: 1460 }));
    if (sequence === 0) link.set({ reorder: { probability: 0, delay: 0 } });
  }
  sim.runUntil(END);
  assertEquals(sink.arrivals.map(({ sequence, at }) => [sequence, at]), [[1, 2000], [2, 3000], [3, 4000], [0, 6000]]);
});

Deno.test("a change of rate holds for the rest of the packet that is being sent", () => {
  const { link, sink, sim } = play([{ at: 0, payload: 1460 }, { at: 0, payload: 1460 }], { rate: 1e6, delay: 1 });
  sim.at(6, () => link.set({ rate: 10e6 }));
  sim.runUntil(END);
  assertEquals(sink.arrivals.map(({ at }) => at), [6000 + 600 + 1000, 6000 + 600 + 1200 + 1000]);
});

Deno.test("a slower rate makes later what is being sent, and nothing that has left", () => {
  const { link, sink, sim } = play([{ at: 0, payload: 1460 }, { at: 0, payload: 1460 }], { rate: 12e6, delay: 10 });
  sim.at(1.5, () => link.set({ rate: 1.2e6 }));
  sim.runUntil(END);
  assertEquals(sink.arrivals.map(({ at }) => at), [11_000, 1500 + 5000 + 10_000]);
});

Deno.test("an outage loses what is on the link and what comes", () => {
  const many = Array.from({ length: 10 }, (_, i) => ({ at: 1000 * i, payload: 1460 }));
  const { link, sink, sim } = play(many, { rate: 12e6, delay: 3 });
  sim.at(4.5, () => link.set({ up: false }));
  sim.at(7.5, () => link.set({ up: true }));
  sim.runUntil(END);
  assertEquals(sink.sequences, [0, 8, 9]);
  assertEquals(link.counters.dropped.down, 7);
});

Deno.test("an outage that holds delivers what had left and keeps the rest", () => {
  const many = Array.from({ length: 10 }, (_, i) => ({ at: 1000 * i, payload: 1460 }));
  const { link, sink, sim } = play(many, { rate: 12e6, delay: 3, outage: "hold", queue: { packets: 2 } });
  sim.at(4.5, () => link.set({ up: false }));
  sim.at(20, () => link.set({ up: true }));
  sim.runUntil(END);
  assertEquals(sink.arrivals.map(({ sequence, at }) => [sequence, at / 1000]), [
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 8],
    [5, 24],
    [6, 25],
  ]);
  assertEquals(link.counters.dropped, { queue: 3, loss: 0, down: 0, mtu: 0 });
  assertEquals(link.counters.queueHighWaterPackets, 2);
  assertEquals(link.counters.queueHighWaterBytes, 3000);
});

Deno.test("random loss is as frequent as it should be, and a link without any loses nothing", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({ at: 10 * i, payload: 0 }));
  for (const loss of [0, 0.05]) {
    const { link, sim } = play(many, { loss });
    sim.runUntil(END);
    assertAlmostEquals(link.counters.dropped.loss / many.length, loss, loss / 10);
  }
});

Deno.test("loss after Gilbert and Elliott comes in bursts of the mean length asked for", () => {
  const many = Array.from({ length: 40_000 }, (_, i) => ({ at: 10 * i, payload: 0 }));
  const { link, sink, sim } = play(many, { loss: { goodToBad: 0.01, badToGood: 0.25 } });
  sim.runUntil(END);
  let bursts = 0;
  const { sequences } = sink;
  sequences.forEach((sequence, i) => bursts += sequence > (sequences[i - 1] ?? -1) + 1 ? 1 : 0);
  assertAlmostEquals(link.counters.dropped.loss / bursts, 4, 0.4);
  assertAlmostEquals(link.counters.dropped.loss / many.length, 0.01 / 0.26, 0.005);
});

Deno.test("a flipped bit is found by the checksum, unless the checksum is put right", () => {
  const many = Array.from({ length: 50 }, (_, i) => ({ at: 1000 * i, payload: 100 }));
  const visible = play(many, { corrupt: 1 });
  visible.sim.runUntil(END);
  assert(visible.sink.arrivals.every(({ verifies }) => !verifies));

  const hidden = play(many, { corrupt: { probability: 1, fixChecksum: true } });
  let changed = 0;
  hidden.sink.inspect = (frame) => {
    frame.isIntact = false;
    assert(frame.verifies());
    for (let i = 0; i < 100; i++) changed += frame.bytes[frame.end - 100 + i] !== i ? 1 : 0;
  };
  hidden.sim.runUntil(END);
  assertEquals(changed, 50);
  assertEquals(hidden.link.counters.corrupted, 50);
});

Deno.test("a duplicate has storage of its own", () => {
  const { link, sink, sim } = play([{ at: 0, payload: 10 }], { duplicate: 1 });
  sink.inspect = (frame) => {
    assertEquals(frame.bytes[frame.end - 1], 9);
    frame.bytes.fill(0);
  };
  sim.runUntil(END);
  assertEquals(sink.arrivals.length, 2);
  assertEquals(link.counters.duplicated, 1);
});

Deno.test("a packet longer than the mtu is lost", () => {
  const { link, sink, sim } = play([{ at: 0, payload: 961 }, { at: 0, payload: 960 }], { mtu: 1000 });
  sim.runUntil(END);
  assertEquals(sink.sequences, [1]);
  assertEquals(link.counters.dropped.mtu, 1);
});

Deno.test("values that make no sense are refused", () => {
  const sim = new Simulator();
  const make = (options: LinkOptions) => () => new Link(sim, "link", new Sink(sim), options);
  assertThrows(make({ rate: 0 }), RangeError, "Cannot use rate 0");
  assertThrows(make({ delay: -1 }), RangeError, "Cannot set delay of link");
  assertThrows(make({ loss: 1.5 }), RangeError, "Cannot use loss 1.5");
  assertThrows(make({ loss: { goodToBad: 2, badToGood: 0 } }), RangeError, "loss.goodToBad");
  assertThrows(make({ queue: { packets: 0 } }), RangeError, "0 packets");
  assertThrows(make({ mtu: 10 }), RangeError, "at least 68 bytes");
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Packet } from "../core/wire/packet.ts";
import { Link } from "../sim/link.ts";
import { Simulator } from "../sim/simulator.ts";
import { makeFrame, Sink } from "../tests/frames.ts";
import { type DirectionOptions, ImpairedDirection } from "./impaired_direction.ts";

const HEADERS = 40;

interface Sending {
  readonly at: number;
  readonly payload: number;
}

const sendings = fc.array(fc.record({ gap: fc.nat(5000), payload: fc.nat(1460) }), { minLength: 1, maxLength: 80 })
  .map((list) => {
    let at = 0;
    return list.map(({ gap, payload }): Sending => ({ at: at += gap, payload }));
  });
const probability = fc.double({ min: 0, max: 0.5, noNaN: true });
const options: fc.Arbitrary<DirectionOptions> = fc.record({
  rate: fc.oneof(fc.constant(Infinity), fc.integer({ min: 100_000, max: 100_000_000 })),
  delay: fc.integer({ min: 0, max: 50 }),
  queue: fc.oneof(
    fc.record({ packets: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ bytes: fc.integer({ min: 1500, max: 20_000 }) }),
  ),
  loss: fc.oneof(probability, fc.record({ goodToBad: probability, badToGood: probability })),
  jitter: fc.nat(20),
  reorder: fc.record({ probability, delay: fc.nat(30) }),
  duplicate: probability,
  corrupt: fc.oneof(probability, fc.record({ probability, fixChecksum: fc.boolean() })),
}, { requiredKeys: [] });

/** What comes out, in order: when, and the sequence number. */
type Arrivals = { readonly at: number; readonly sequence: number }[];

/** Sends packets that are numbered by their sequence, and takes out what arrives at the time at which it does. */
function play(list: readonly Sending[], options: DirectionOptions, seed = 1) {
  const sim = new Simulator({ seed });
  const direction = new ImpairedDirection(options, (kind) => sim.random(`link link ${kind}`));
  const arrivals: Arrivals = [];
  const takeUntil = (now: number) => {
    while (direction.deadline <= now) {
      const at = direction.deadline;
      const packet = direction.shift();
      arrivals.push({ at, sequence: sequenceOf(packet) });
      direction.release(packet);
    }
  };
  for (const [sequence, { at, payload }] of list.entries()) {
    takeUntil(at - 1);
    const frame = makeFrame(sim, { sequence, payload });
    direction.take(frame, at);
    frame.release();
  }
  return { direction, arrivals, finish: () => takeUntil(1e12), takeUntil };
}

const sequenceOf = (packet: Packet) => packet.view.getUint32(packet.start + 4);

Deno.test("a direction does to packets what a simulated link with the same options and the same chance does", () => {
  fc.assert(fc.property(sendings, options, (list, options) => {
    const sim = new Simulator({ seed: 1 });
    const sink = new Sink(sim);
    const link = new Link(sim, "link", sink, options);
    for (const [sequence, { at, payload }] of list.entries()) {
      sim.at(at / 1000, () => link.send(makeFrame(sim, { sequence, payload })));
    }
    sim.runUntil(1e9);
    const { direction, arrivals, finish } = play(list, options);
    finish();
    const intact = sink.arrivals.filter(({ verifies }) => verifies);
    assertEquals(arrivals, intact.map(({ at, sequence }) => ({ at, sequence })));
    const figures = ({ counters }: Link | ImpairedDirection) => {
      const { packetsIn, bytesIn, dropped, duplicated, corrupted, reordered } = counters;
      return { packetsIn, bytesIn, queue: dropped.queue, loss: dropped.loss, duplicated, corrupted, reordered };
    };
    assertEquals(figures(direction), figures(link));
  }));
});

Deno.test("what came in was delivered, dropped, or is on its way", () => {
  fc.assert(fc.property(sendings, options, fc.nat(400_000), (list, options, until) => {
    const { direction, takeUntil, finish } = play(list, options);
    takeUntil(until);
    direction.set({ up: false });
    finish();
    const { packetsIn, packetsDelivered, duplicated, dropped } = direction.counters;
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assertEquals(packetsIn + duplicated, packetsDelivered + lost);
    assertEquals(direction.deadline, Infinity);
  }));
});

Deno.test("a super-segment takes the time, and the place in the queue, of the packets that it stands for", () => {
  const sim = new Simulator();
  const direction = new ImpairedDirection({ rate: 12e6, queue: { packets: 3 } }, (kind) => sim.random(kind));
  const frame = makeFrame(sim, { sequence: 0, payload: 6 * 1460 });
  frame.segmentSize = 1460;
  direction.take(frame, 0);
  const arrivals: Arrivals = [];
  while (direction.deadline < Infinity) {
    arrivals.push({ at: direction.deadline, sequence: sequenceOf(direction.shift()) });
  }
  assertEquals(arrivals, [0, 1, 2, 3].map((i) => ({ at: 1000 * (i + 1), sequence: 1460 * i })));
  const { packetsIn, bytesIn, bytesDelivered, dropped } = direction.counters;
  assertEquals([packetsIn, bytesIn, bytesDelivered, dropped.queue], [6, 6 * 1500, 4 * 1500, 2]);
  assertEquals(HEADERS + 1460, 1500);
});

Deno.test("while it is down nothing comes through, and what was on its way is lost", () => {
  const { direction, arrivals, finish } = play([{ at: 0, payload: 10 }, { at: 10, payload: 10 }], { delay: 5 });
  direction.set({ up: false });
  const frame = makeFrame(new Simulator(), { sequence: 9 });
  direction.take(frame, 20);
  finish();
  assertEquals([arrivals, direction.counters.dropped.down], [[], 3]);
  direction.set({ up: true });
  direction.take(frame, 30);
  finish();
  assertEquals(arrivals, [{ at: 5030, sequence: 9 }]);
});

Deno.test("a change leaves the rest as it is, the chance of what is not named included", () => {
  const many = Array.from({ length: 200 }, (_, i) => ({ at: i, payload: 10 }));
  const changed = play(many.slice(0, 100), { loss: 0.3 });
  changed.direction.set({ delay: 7, duplicate: 0.5 });
  const frame = makeFrame(new Simulator(), {});
  for (let i = 100; i < 200; i++) {
    frame.view.setUint32(frame.start + 4, i);
    changed.direction.take(frame, i);
  }
  changed.finish();
  const plain = play(many, { loss: 0.3 });
  plain.finish();
  const numbers = (arrivals: Arrivals) => [...new Set(arrivals.map(({ sequence }) => sequence))];
  assertEquals(numbers(changed.arrivals), numbers(plain.arrivals));
  assert(changed.arrivals.length > plain.arrivals.length);
});

Deno.test("values that make no sense are refused", () => {
  for (
    const options of [
      { rate: 0 },
      { delay: -1 },
      { jitter: NaN },
      { queue: { packets: 0 } },
      { queue: { bytes: 0 } },
      { loss: 1.1 },
      { duplicate: -1 },
    ]
  ) assertThrows(() => play([], options), RangeError, "Cannot ");
});

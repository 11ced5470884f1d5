import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { CongestionController, CongestionGroup } from "../core/plugin.ts";
import { fakeAck, fakeEnv, FakeSubflow, testCongestion } from "../tests/kit/mod.ts";
import type { LossBasedController } from "./shell.ts";
import { wvegas, type WvegasOptions } from "./wvegas.ts";

testCongestion(wvegas());

/** A subflow whose window a test sees round trip by round trip, in segments of 1000 bytes. */
class Path {
  readonly controller: CongestionController;
  #delivered = 0;

  constructor(group: CongestionGroup, id = 0) {
    this.controller = group.join(new FakeSubflow(id));
  }

  get segments(): number {
    return this.controller.cwnd / 1000;
  }

  /** A window's worth of acknowledgments with round trips of `rtt` milliseconds; returns the window at the end. */
  round(rtt: number, acknowledgments = 4): number {
    const priorDelivered = this.#delivered;
    const acked = Math.ceil(this.controller.cwnd / acknowledgments);
    for (let i = 0; i < acknowledgments; i++) {
      this.#delivered += acked;
      this.controller.onAck(fakeAck(acked, { rtt: 1000 * rtt, delivered: this.#delivered, priorDelivered }), 0);
    }
    return this.segments;
  }

  /** To congestion avoidance at `segments`, with `base` as the shortest round trip and all others of `rtt`. */
  settle(segments: number, base: number, rtt: number): this {
    this.round(base);
    while (this.segments < 2 * segments) this.round(rtt);
    (this.controller as LossBasedController).endSlowStart(2000 * segments);
    // Halves the window and forgets the samples of slow start.
    this.controller.onLoss("penalty", 0, 0, 0);
    // The next round begins with what this one measured.
    this.round(rtt);
    return this;
  }
}

/** One path whose slow start does not end by itself. */
function alone(options: WvegasOptions = {}): Path {
  return new Path(wvegas({ gamma: 1000, initialWindow: 40, ...options }).create(fakeEnv(0)));
}

Deno.test("slow start ends when more than gamma segments wait in the queue, with the window that needs no queue and one", () => {
  const path = alone({ gamma: 1 });
  path.round(100);
  path.round(100);
  const { segments } = path;
  assertEquals(path.controller.ssthresh, Infinity);
  // Four samples with a mean of 102.5 ms: 2.4 % of the time, and so of the window, is in the queue.
  path.round(110);
  assertAlmostEquals(path.segments, segments * 100 / 102.5 + 1, 0.1);
  assertEquals(path.controller.ssthresh, path.controller.cwnd);
});

Deno.test("gamma decides how long the queue may be", () => {
  const path = alone();
  for (let round = 0; round < 6; round++) path.round(100 + 10 * round);
  assertEquals(path.controller.ssthresh, Infinity);
});

Deno.test("fewer than alpha segments in the queue: one segment more per round trip", () => {
  const path = alone().settle(40, 100, 101);
  assertEquals([101, 101, 101].map((rtt) => path.round(rtt)), [42, 43, 44]);
});

Deno.test("more than alpha segments in the queue: one segment less per round trip", () => {
  const path = alone({ totalAlpha: 3 }).settle(40, 100, 115);
  assertEquals([115, 115, 115].map((rtt) => path.round(rtt)), [40, 39, 38]);
  assertEquals(path.controller.ssthresh, path.controller.cwnd);
});

Deno.test("as many as alpha: the window stays", () => {
  // Of 41 segments a fifth is in the queue if round trips are a quarter longer.
  const path = alone({ totalAlpha: 41 / 5 }).settle(40, 100, 125);
  assertEquals([125, 125].map((rtt) => path.round(rtt)), [41, 41]);
});

Deno.test("a queue that is twice as long as it was empties: the window falls to half of what fits the path", () => {
  const path = alone().settle(40, 100, 103);
  assertEquals([103, 103, 105, 105].map((rtt) => path.round(rtt)), [42, 43, 44, 45]);
  path.round(107);
  const before = path.segments;
  path.round(107);
  assertAlmostEquals(path.segments, before * 100 / (2 * 107), 1);
});

Deno.test("all subflows together have the total in their queues, each in proportion to its rate", () => {
  const group = wvegas({ totalAlpha: 20, gamma: 1000, initialWindow: 60 }).create(fakeEnv(0));
  const [fast, slow] = [new Path(group, 0).settle(60, 100, 120), new Path(group, 1).settle(30, 100, 120)];
  for (let round = 0; round < 200; round++) [fast, slow].forEach((path) => path!.round(120));
  // With a sixth of each window in the queue that is a total window of 120 segments, however it is divided.
  assertAlmostEquals(fast!.segments + slow!.segments, 120, 2);
  slow!.controller.onLoss("timeout", 1000, 1000, 0);
  const { segments } = fast!;
  for (let round = 0; round < 10; round++) [fast, slow].forEach((path) => path!.round(120));
  // Its share has grown, so it may have more in the queue.
  assertEquals(fast!.segments > segments, true);
});

Deno.test("a loss halves the window", () => {
  const path = alone().settle(40, 100, 101);
  const { cwnd } = path.controller;
  path.controller.onLoss("fast", 1000, 50_000, 0);
  assertEquals(path.controller.cwnd, Math.floor(cwnd / 2));
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => wvegas({ initialWindow: 0 }), RangeError, "Cannot create wvegas: initialWindow");
  assertThrows(() => wvegas({ totalAlpha: 0 }), RangeError, "Cannot create wvegas: totalAlpha");
  assertThrows(() => wvegas({ gamma: -1 }), RangeError, "Cannot create wvegas: gamma");
});

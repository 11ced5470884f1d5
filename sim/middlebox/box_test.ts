import { assert, assertEquals, assertThrows } from "@std/assert";
import { LoneBox } from "../../tests/lone_box.ts";
import type { BoxFunction } from "./box.ts";
import { chain, delayPackets, dropPackets, splitSegments, stripOptions } from "./mod.ts";
import { makeSegment, payloadStartOf } from "./segment.ts";

/** Adds a letter to the payload. */
const adding = (letter: string): BoxFunction => (frame, direction, place) => {
  const text = new TextDecoder().decode(frame.bytes.subarray(payloadStartOf(frame), frame.end)) + letter;
  place.inject(makeSegment(place, frame, { payload: new TextEncoder().encode(text) }), direction);
  return false;
};

Deno.test("a chain works from the near side to the far one, and from the far side back", () => {
  const bench = new LoneBox(chain(adding("1"), adding("2"), adding("3")));
  assertEquals(bench.send("forward", { text: "a" }).map(({ payload }) => payload), ["a123"]);
  assertEquals(bench.send("backward", { text: "b" }).map(({ payload }) => payload), ["b321"]);
});

Deno.test("what is injected late goes through the rest of a chain and no other part of it", () => {
  const bench = new LoneBox(chain(adding("1"), delayPackets({ delay: 50 }), adding("2")));
  assertEquals(bench.send("forward", { text: "a" }), []);
  assertEquals(bench.wait(60).map(({ payload, at }) => [payload, at]), [["a12", 50]]);
});

Deno.test("what the rest of a chain drops is given back, and counted", () => {
  const bench = new LoneBox(chain(splitSegments({ bytes: 2 }), dropPackets({ direction: "forward" })));
  assertEquals(bench.send("forward", { text: "abcd" }), []);
  assertEquals(bench.simulator.frames.inUse, 0);
  assertEquals(bench.box.counters, { passed: 0, dropped: 1, injected: 0 });
});

Deno.test("a box has two sides", () => {
  const bench = new LoneBox(stripOptions());
  assertThrows(() => bench.box.attach(null as never), TypeError, "two sides");
  assert(bench.box.forwards);
});

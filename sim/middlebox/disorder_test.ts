import { assertEquals } from "@std/assert";
import { LoneBox } from "../../tests/lone_box.ts";
import { delayPackets, dropPackets, duplicatePackets } from "./disorder.ts";
import type { BoxFunction } from "./box.ts";

function times(process: BoxFunction, count: number): [number, number][] {
  const bench = new LoneBox(process);
  for (let i = 0; i < count; i++) bench.give("forward", { sequence: i });
  return bench.wait(100).map(({ sequence, at }) => [sequence, at]);
}

Deno.test("packets are dropped, the first few or all", () => {
  assertEquals(times(dropPackets({ count: 2 }), 4), [[2, 0], [3, 0]]);
  assertEquals(times(dropPackets(), 4), []);
});

Deno.test("packets come twice, the second time later if so wished", () => {
  assertEquals(times(duplicatePackets({ count: 1, delay: 30 }), 2), [[0, 0], [1, 0], [0, 30]]);
});

Deno.test("others overtake what is held up", () => {
  assertEquals(times(delayPackets({ delay: 50, every: 3 }), 5), [[1, 0], [2, 0], [4, 0], [0, 50], [3, 50]]);
});

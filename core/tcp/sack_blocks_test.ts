import { assertEquals } from "@std/assert";
import { RangeSet } from "../buffer/ranges.ts";
import { SackBlocks } from "./sack_blocks.ts";

class Receiver {
  readonly ranges = new RangeSet();
  readonly blocks = new SackBlocks();

  arrive(start: number, end: number): this {
    this.ranges.add(start, end);
    this.blocks.touch(start, this.ranges);
    return this;
  }

  report(most = 4): number[][] {
    const edges = new Float64Array(8);
    const count = this.blocks.fill(edges, most, this.ranges);
    return Array.from({ length: count }, (_, i) => [edges[2 * i]!, edges[2 * i + 1]!]);
  }
}

Deno.test("the block that holds the last segment comes first (RFC 2018 section 4, case 2)", () => {
  // The first of the segments of 500 bytes from 5000 on is lost.
  const receiver = new Receiver();
  assertEquals(receiver.arrive(5500, 6000).report(), [[5500, 6000]]);
  assertEquals(receiver.arrive(6000, 6500).report(), [[5500, 6500]]);
});

Deno.test("every second segment lost: the most recent blocks first (RFC 2018 section 4, case 3)", () => {
  const receiver = new Receiver();
  receiver.arrive(5500, 6000).arrive(6500, 7000).arrive(7500, 8000);
  assertEquals(receiver.report(), [[7500, 8000], [6500, 7000], [5500, 6000]]);
  receiver.arrive(8500, 9000);
  assertEquals(receiver.report(3), [[8500, 9000], [7500, 8000], [6500, 7000]]);
  // The segment 7000 fills a gap: two blocks become one, which is the most recent.
  assertEquals(receiver.arrive(7000, 7500).report(3), [[6500, 8000], [8500, 9000], [5500, 6000]]);
});

Deno.test("a block that changes moves to the front, once", () => {
  const receiver = new Receiver().arrive(10, 20).arrive(30, 40).arrive(50, 60);
  assertEquals(receiver.arrive(20, 25).report(), [[10, 25], [50, 60], [30, 40]]);
  assertEquals(receiver.arrive(5, 10).report(), [[5, 25], [50, 60], [30, 40]]);
});

Deno.test("a duplicate is reported before all and once (RFC 2883 section 4)", () => {
  const receiver = new Receiver().arrive(4500, 5000);
  receiver.blocks.noteDuplicate(3000, 3500);
  assertEquals(receiver.blocks.hasDuplicate, true);
  assertEquals(receiver.report(), [[3000, 3500], [4500, 5000]]);
  assertEquals([receiver.blocks.hasDuplicate, receiver.report()], [false, [[4500, 5000]]]);
});

Deno.test("a duplicate inside of a block is followed by that block (RFC 2883 section 4.2)", () => {
  const receiver = new Receiver().arrive(5500, 6500);
  receiver.blocks.noteDuplicate(5500, 6000);
  assertEquals(receiver.report(), [[5500, 6000], [5500, 6500]]);
});

Deno.test("no more blocks than there is room for", () => {
  const receiver = new Receiver().arrive(10, 20).arrive(30, 40);
  receiver.blocks.noteDuplicate(1, 2);
  assertEquals(receiver.report(0), []);
  assertEquals(receiver.blocks.hasDuplicate, true, "it waits for a segment with room");
  assertEquals(receiver.report(1), [[1, 2]]);
});

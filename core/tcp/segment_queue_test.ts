import { assertEquals } from "@std/assert";
import { BlockPool } from "../buffer/blocks.ts";
import { type Segment, SegmentPool } from "./segment.ts";
import { SegmentQueue } from "./segment_queue.ts";

const pool = new SegmentPool(new BlockPool());
const block = new BlockPool().take(0);

function queueOf(count: number): { queue: SegmentQueue; segments: Segment[] } {
  const queue = new SegmentQueue();
  const segments = Array.from({ length: count }, (_, i) => pool.take(10 * i, 10 * i + 10, null, 0));
  for (const segment of segments) queue.append(segment);
  return { queue, segments };
}

/** Starts of the segments in both orders, walked both ways. */
function orders(queue: SegmentQueue): { all: number[]; sent: number[] } {
  const all: number[] = [];
  for (let s = queue.first; s !== null; s = s.next) all.push(s.start);
  const back: number[] = [];
  for (let s = queue.last; s !== null; s = s.previous) back.unshift(s.start);
  assertEquals(back, all);
  const sent: number[] = [];
  for (let s = queue.oldest; s !== null; s = s.sentNext) sent.push(s.start);
  const sentBack: number[] = [];
  for (let s = queue.newest; s !== null; s = s.sentPrevious) sentBack.unshift(s.start);
  assertEquals(sentBack, sent);
  return { all, sent };
}

Deno.test("segments stand in the order of their numbers and leave from the front", () => {
  const { queue, segments } = queueOf(3);
  assertEquals([orders(queue).all, queue.unsent?.start], [[0, 10, 20], 0]);
  queue.removeFirst();
  assertEquals([orders(queue).all, queue.unsent?.start], [[10, 20], 10]);
  queue.removeFirst();
  queue.removeFirst();
  assertEquals([queue.first, queue.last, queue.unsent], [null, null, null]);
  assertEquals(segments.map(({ next }) => next), [null, null, null]);
});

Deno.test("segments in flight stand in the order in which they left", () => {
  const { queue, segments: [a, b, c] } = queueOf(3);
  for (const segment of [a!, b!, c!]) queue.appendSent(segment);
  queue.removeSent(b!);
  assertEquals([orders(queue).sent, b!.inFlight], [[0, 20], false]);
  queue.appendSent(b!);
  queue.removeSent(a!);
  assertEquals(orders(queue).sent, [20, 10]);
  queue.removeSent(b!);
  queue.removeSent(c!);
  assertEquals([queue.oldest, queue.newest], [null, null]);
});

Deno.test("the parts of a segment share its place in both orders", () => {
  const queue = new SegmentQueue();
  const segments = [0, 1, 2].map((i) => pool.take(10 * i, 10 * i + 10, block, 10 * i));
  for (const segment of segments) {
    queue.append(segment);
    queue.appendSent(segment);
  }
  queue.split(segments[0]!, 4, pool);
  queue.split(segments[2]!, 25, pool);
  assertEquals(orders(queue), { all: [0, 4, 10, 20, 25], sent: [0, 4, 10, 20, 25] });
  assertEquals([queue.last?.start, queue.newest?.start], [25, 25]);
});

Deno.test("a segment takes its place in time again: first, last or between", () => {
  const { queue, segments } = queueOf(4);
  segments.forEach((segment, i) => segment.sentAt = [5, 5, 7, 1][i]!);
  queue.restoreSent(segments[1]!);
  queue.restoreSent(segments[2]!);
  queue.restoreSent(segments[3]!);
  queue.restoreSent(segments[0]!);
  assertEquals(orders(queue).sent, [30, 0, 10, 20]);
});

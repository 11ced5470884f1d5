/**
 * What every segment pays for storage: one range, one timer, one copy in and one copy out.
 *
 * @module
 */

import { BlockPool } from "../core/buffer/blocks.ts";
import { RangeSet } from "../core/buffer/ranges.ts";
import { releaseBlocks, retainBlocks, StreamBuffer } from "../core/buffer/stream_buffer.ts";
import { type Timed, TimerHeap } from "../core/buffer/timer_heap.ts";

const SEGMENT = 1460;
const BATCH = 1000;

{
  const set = new RangeSet();
  let at = 0;
  Deno.bench("range set: 1000 segments in order", () => {
    for (let i = 0; i < BATCH; i++, at += SEGMENT) set.add(at, at + SEGMENT);
    set.removeBelow(at);
  });
}

{
  const set = new RangeSet();
  let at = 0;
  Deno.bench("range set: 1000 segments, one hole in eight filled 100 segments later", () => {
    for (let i = 0; i < BATCH; i++, at += SEGMENT) {
      if (i % 8 !== 0) set.add(at, at + SEGMENT);
      const late = i - 100;
      if (late >= 0 && late % 8 === 0) set.add(at - 100 * SEGMENT, at - 99 * SEGMENT);
    }
    set.removeBelow(at);
  });
}

{
  const set = new RangeSet();
  let at = 0;
  Deno.bench("range set: 1000 segments, every second first, then the holes backwards", () => {
    for (let i = 0; i < BATCH; i += 2) set.add(at + i * SEGMENT, at + (i + 1) * SEGMENT);
    for (let i = BATCH - 1; i > 0; i -= 2) set.add(at + i * SEGMENT, at + (i + 1) * SEGMENT);
    at += BATCH * SEGMENT;
    set.removeBelow(at);
  });
}

class Timer implements Timed {
  heapIndex = -1;
  constructor(public deadline: number) {}
}

for (const size of [10, 10_000]) {
  const heap = new TimerHeap<Timer>();
  const timers = Array.from({ length: size }, (_, i) => new Timer(200_000 + i));
  for (const timer of timers) heap.update(timer);
  let now = 0;
  Deno.bench(`timer heap of ${size}: 1000 deadlines pushed later`, () => {
    for (let i = 0; i < BATCH; i++) {
      const timer = timers[i % size]!;
      timer.deadline = ++now + 200_000;
      heap.update(timer);
    }
  });
  Deno.bench(`timer heap of ${size}: 1000 deadlines pushed later, the next one asked for each time`, () => {
    for (let i = 0; i < BATCH; i++) {
      const timer = timers[i % size]!;
      timer.deadline = ++now + 200_000;
      heap.update(timer);
      heap.nextDeadline();
    }
  });
  Deno.bench(`timer heap of ${size}: 1000 popped and put back`, () => {
    for (let i = 0; i < BATCH; i++) {
      const timer = heap.popDue(Infinity)!;
      timer.deadline += 200_000;
      heap.update(timer);
    }
  });
}

for (const length of [40, SEGMENT, 65536]) {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  const source = new Uint8Array(2 * length);
  const into = new Uint8Array(2 * length);
  let at = 0;
  Deno.bench(`stream buffer: write and read ${length} bytes`, () => {
    buffer.write(at, source, 3, 3 + length);
    buffer.read(at, into, 5, length);
    at += length;
    buffer.releaseBelow(at);
  });
  Deno.bench(`stream buffer: write, retain, read, release ${length} bytes`, () => {
    buffer.write(at, source, 3, 3 + length);
    const block = buffer.blockAt(at);
    retainBlocks(pool, block, at, length);
    buffer.read(at, into, 5, length);
    releaseBlocks(pool, block, at, length);
    at += length;
    buffer.releaseBelow(at);
  });
}

{
  const source = new Uint8Array(65536);
  const into = new Uint8Array(65536);
  for (const length of [SEGMENT, 65536]) {
    Deno.bench(`for comparison: two bare copies of ${length} bytes`, () => {
      into.set(source.subarray(0, length));
      source.set(into.subarray(0, length));
    });
  }
}

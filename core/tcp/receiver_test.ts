import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BLOCK_SIZE, BlockPool } from "../buffer/blocks.ts";
import { Receiver } from "./receiver.ts";

/** Offset before the first byte, near the end of a block. */
const FIRST = BLOCK_SIZE - 100;
const MAXIMUM_SEGMENT = 1000;

const byteAt = (offset: number) => (offset * 13 + (offset >> 7)) & 255;

class Under {
  readonly pool = new BlockPool();
  readonly out: number[] = [];
  readonly receiver = new Receiver(this.pool, MAXIMUM_SEGMENT, (offset, bytes, from, to) => {
    assertEquals(offset, FIRST + 1 + this.out.length, "bytes come in order");
    for (let i = from; i < to; i++) this.out.push(bytes[i]!);
  });

  constructor() {
    this.receiver.next = this.receiver.acknowledged = FIRST + 1;
  }

  /** [start, end) arrives, counted from the first byte, which is 1. */
  arrive(start: number, end: number, now = 0): boolean {
    const bytes = Uint8Array.from({ length: end - start + 2 }, (_, i) => byteAt(start + i - 1));
    return this.receiver.handlePayload(FIRST + start, bytes, 1, 1 + end - start, now);
  }

  sack(): [number, number][] {
    const edges = new Float64Array(8);
    const count = this.receiver.fillSack(edges, 4);
    return Array.from({ length: count }, (_, i) => [edges[2 * i]! - FIRST, edges[2 * i + 1]! - FIRST]);
  }

  get next(): number {
    return this.receiver.next - FIRST;
  }
}

Deno.test("bytes in order are handed on at once and nothing is held", () => {
  const under = new Under();
  under.arrive(1, 101);
  under.arrive(101, 201);
  assertEquals([under.next, under.receiver.bytesReceived, under.pool.inUse], [201, 200, 0]);
  assertEquals([under.receiver.hasSack, under.sack()], [false, []]);
});

Deno.test("a segment that overlaps what was delivered gives its new part", () => {
  const under = new Under();
  under.arrive(1, 101);
  under.arrive(51, 151);
  assertEquals([under.next, under.out.every((byte, i) => byte === byteAt(1 + i))], [151, true]);
});

Deno.test("the part of a segment that came before is reported as duplicate, the first one of several (RFC 2883 section 4.2)", () => {
  const delivered = new Under();
  delivered.arrive(1, 101);
  delivered.arrive(51, 151);
  assertEquals(delivered.sack(), [[51, 101]]);
  const filled = new Under();
  filled.arrive(51, 101);
  filled.sack();
  filled.arrive(1, 81);
  assertEquals([filled.next, filled.sack()], [101, [[51, 81]]]);
  const held = new Under();
  held.arrive(51, 101);
  held.arrive(151, 201);
  held.sack();
  held.arrive(81, 181);
  assertEquals(held.sack(), [[81, 101], [51, 201]]);
  held.arrive(1, 41);
  assertEquals(held.sack(), [[51, 201]], "once, and what is new is none");
});

Deno.test("an acknowledgment is due at once for what is out of order, fills a gap, or came before", () => {
  const under = new Under();
  const due = () => {
    const { isAckDue } = under.receiver;
    under.receiver.onAckSent();
    return isAckDue;
  };
  // The first acknowledgments of a connection are quick ones.
  for (let i = 0; i < 20; i++) {
    under.arrive(under.next, under.next + 10);
    due();
  }
  const at = under.next;
  under.arrive(at, at + 10);
  assertEquals(due(), false);
  under.arrive(at + 20, at + 30);
  assertEquals(due(), true, "out of order");
  under.arrive(at + 10, at + 20);
  assertEquals(due(), true, "fills the gap");
  under.arrive(at, at + 10);
  assertEquals(due(), true, "came before");
});

Deno.test("every second full segment is acknowledged, also after some came in one piece", () => {
  const under = new Under();
  const due = (length: number) => {
    under.arrive(under.next, under.next + length);
    const { isAckDue } = under.receiver;
    if (isAckDue) under.receiver.onAckSent();
    return isAckDue;
  };
  // The first acknowledgments of a connection are quick ones.
  for (let i = 0; i < 16; i++) due(10);
  assertEquals([due(900), due(900), due(900), due(900)], [false, true, false, true]);
  assertEquals(due(20_000), true);
  assertEquals([due(1000), due(1000), due(1000), due(1000)], [false, true, false, true]);
});

Deno.test("the delay of an acknowledgment runs from the first segment that waits for it", () => {
  const under = new Under();
  for (let i = 0; i < 16; i++) {
    under.arrive(under.next, under.next + 10, i);
    under.receiver.onAckSent();
  }
  under.arrive(161, 171, 1000);
  under.arrive(171, 181, 30_000);
  assertEquals([under.receiver.isAckDue, under.receiver.ackAt], [false, 41_000]);
  under.receiver.handleAckTimeout();
  assertEquals([under.receiver.isAckDue, under.receiver.ackAt], [true, Infinity]);
});

Deno.test("clearing gives everything back", () => {
  const under = new Under();
  under.arrive(50_000, 90_000);
  assert(under.pool.inUse > 0);
  under.receiver.clear();
  assertEquals([under.pool.inUse, under.receiver.held, under.receiver.ackAt], [0, 0, Infinity]);
});

// ------------------------------------------------------------------------------------------ against a naive model

interface Piece {
  readonly start: number;
  readonly length: number;
  readonly fin: boolean;
}

/** Ranges of `true` in `known` from `from` on. */
function rangesOf(known: readonly boolean[], from: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let i = from; i < known.length; i++) {
    if (!known[i]) continue;
    if (i > from && known[i - 1]) ranges.at(-1)![1] = i + 1;
    else ranges.push([i, i + 1]);
  }
  return ranges;
}

Deno.test("a receiver delivers and reports what one that knows every byte by itself does", () => {
  const piece = fc.record({
    start: fc.integer({ min: -30, max: 200 }),
    length: fc.integer({ min: 0, max: 40 }),
    fin: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  });
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces: Piece[]) => {
    const under = new Under();
    const { receiver } = under;
    const known: boolean[] = [true];
    let next = 1;
    let fin = Infinity;
    let finished = false;
    for (const { start: ahead, length, fin: isFin } of pieces) {
      if (finished) break;
      const start = Math.max(1, next + ahead);
      const end = start + length;
      if (length > 0) {
        const cut = Math.min(end, fin);
        // The first run of bytes that came before.
        let from = start;
        while (from < cut && !known[from]) from++;
        let to = from;
        while (to < cut && known[to]) to++;
        const isOld = to > from;
        for (let i = start; i < cut; i++) known[i] = true;
        while (known[next]) next++;
        assertEquals(under.arrive(start, end), next === fin && !finished);
        if (next === fin) finished = true;
        const sack = under.sack();
        if (isOld) assertEquals(sack.shift(), [from, to], "a duplicate is reported first");
        const ranges = rangesOf(known, next);
        assertEquals(sack.length, Math.min(ranges.length, isOld ? 3 : 4), "as many blocks as there is room for");
        assertEquals(new Set(sack.map(String)).size, sack.length);
        for (const block of sack) assert(ranges.some(([a, b]) => a === block[0] && b === block[1]), `${sack}`);
        // RFC 2018 section 4: the first block holds the segment that triggered the acknowledgment.
        if (to - from < cut - start && start > next) assert(sack[0]![0] <= start && sack[0]![1] >= cut);
        assertEquals(receiver.held, ranges.reduce((sum, [a, b]) => sum + b - a, 0));
      }
      // A FIN that contradicts what came is another matter.
      if (isFin && !finished && fin === Infinity && end >= known.length) {
        fin = end;
        finished = next === fin;
        assertEquals(receiver.handleFin(FIRST + fin), finished);
      }
      assertEquals([under.next, receiver.isFinished], [next + (finished ? 1 : 0), finished]);
      assertEquals(under.out.length, next - 1);
    }
    assert(under.out.every((byte, i) => byte === byteAt(1 + i)));
    if (receiver.held === 0) assertEquals(under.pool.inUse, 0);
  }));
});

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Pieces } from "../wire/pieces.ts";
import { type Block, BLOCK_SIZE, BlockPool } from "./blocks.ts";
import {
  copyFromBlocks,
  followBlocks,
  referToBlocks,
  releaseBlocks,
  retainBlocks,
  StreamBuffer,
} from "./stream_buffer.ts";

/** Bytes that tell their stream offset and the use they belong to. */
function pattern(offset: number, length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((offset + i) * 31 + Math.floor((offset + i) / 251) + salt) & 0xff);
}

function readBack(buffer: StreamBuffer, offset: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  buffer.read(offset, into, 0, length);
  return into;
}

Deno.test("what was written across blocks is read back", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  const bytes = pattern(0, 3 * BLOCK_SIZE + 5, 1);
  buffer.write(0, bytes, 0, 100);
  assertEquals(pool.inUse, 1);
  buffer.write(100, bytes, 100, bytes.length);
  assertEquals(pool.inUse, 4);
  assertEquals(readBack(buffer, 0, bytes.length), bytes);
  assertEquals(readBack(buffer, BLOCK_SIZE - 1, 2), bytes.subarray(BLOCK_SIZE - 1, BLOCK_SIZE + 1));
  buffer.releaseBelow(2 * BLOCK_SIZE - 1);
  assertEquals([pool.inUse, buffer.start], [3, 2 * BLOCK_SIZE - 1]);
  buffer.clear(bytes.length);
  assertEquals([pool.inUse, buffer.start, buffer.isEmpty], [0, bytes.length, true]);
});

Deno.test("a block is given up once its last byte is below, not before", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  buffer.write(0, new Uint8Array(2 * BLOCK_SIZE), 0, 2 * BLOCK_SIZE);
  buffer.releaseBelow(BLOCK_SIZE - 1);
  assertEquals(pool.inUse, 2);
  buffer.releaseBelow(BLOCK_SIZE);
  assertEquals(pool.inUse, 1);
  buffer.releaseBelow(2 * BLOCK_SIZE);
  assertEquals([pool.inUse, buffer.isEmpty], [0, true]);
});

Deno.test("neighbours are linked in whatever order they were written", () => {
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    const buffer = new StreamBuffer(new BlockPool());
    for (const number of order) buffer.write(number * BLOCK_SIZE, pattern(number, 1, 0), 0, 1);
    const first = buffer.blockAt(0);
    assertEquals([first.next, first.next?.next], [buffer.blockAt(BLOCK_SIZE), buffer.blockAt(2 * BLOCK_SIZE)]);
    assertEquals(first.next?.next?.next, null);
  }
});

Deno.test("blocks on the two sides of a hole are not linked", () => {
  const buffer = new StreamBuffer(new BlockPool());
  buffer.write(0, pattern(0, 1, 0), 0, 1);
  buffer.write(2 * BLOCK_SIZE, pattern(0, 1, 0), 0, 1);
  assertEquals(buffer.blockAt(0).next, null);
  assertThrows(() => buffer.blockAt(BLOCK_SIZE), RangeError, "Cannot find offset");
  assertThrows(() => readBack(buffer, 0, BLOCK_SIZE + 1), RangeError, "Cannot follow the stream");
});

Deno.test("retained blocks outlive the buffer with their links", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  const bytes = pattern(0, 4 * BLOCK_SIZE, 7);
  buffer.write(0, bytes, 0, bytes.length);
  const [offset, length] = [BLOCK_SIZE - 10, BLOCK_SIZE + 20];
  const block = buffer.blockAt(offset);
  retainBlocks(pool, block, offset, length);
  buffer.clear(bytes.length);
  assertEquals(pool.inUse, 3);

  const other = new StreamBuffer(pool);
  other.write(0, pattern(0, 4 * BLOCK_SIZE, 99), 0, 4 * BLOCK_SIZE);
  const into = new Uint8Array(length);
  copyFromBlocks(block, offset, into, 0, length);
  assertEquals(into, bytes.slice(offset, offset + length));
  assertEquals(followBlocks(block, offset + length - 1).start, 2 * BLOCK_SIZE);
  assertThrows(() => copyFromBlocks(block, offset, new Uint8Array(4 * BLOCK_SIZE), 0, 3 * BLOCK_SIZE), RangeError);

  releaseBlocks(pool, block, offset, length);
  assertThrows(() => releaseBlocks(pool, block, offset, 1), Error, "Cannot release a block");
  other.clear(0);
  assertEquals(pool.inUse, 0);
});

Deno.test("a block that outlives its neighbour does not lead into the neighbour's next use", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  buffer.write(0, new Uint8Array(2 * BLOCK_SIZE), 0, 2 * BLOCK_SIZE);
  const first = buffer.blockAt(0);
  retainBlocks(pool, first, 0, 1);
  buffer.clear(0);
  assertThrows(() => followBlocks(first, BLOCK_SIZE), RangeError, "Cannot follow the stream");
  pool.take(9 * BLOCK_SIZE);
  assertThrows(() => followBlocks(first, BLOCK_SIZE), RangeError, "Cannot follow the stream");
});

Deno.test("a stream beyond 2^32 bytes is as good as a young one", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  const base = 2 ** 48 - 3;
  buffer.clear(base);
  const bytes = pattern(0, 5 * BLOCK_SIZE, 3);
  for (let at = bytes.length; at > 0;) {
    const from = Math.max(0, at - 1000);
    buffer.write(base + from, bytes, from, at);
    at = from;
  }
  assertEquals(readBack(buffer, base, bytes.length), bytes);
  buffer.releaseBelow(base + bytes.length);
  assertEquals(pool.inUse, 1);
});

Deno.test("of lent bytes whole blocks stay where they are, and the pieces at both ends are copied", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  const lent = pattern(0, 3 * BLOCK_SIZE, 5) as Uint8Array<ArrayBuffer>;
  buffer.write(0, pattern(0, 10, 5), 0, 10);
  buffer.lend(10, lent, 10, lent.length - 1);
  assertEquals(readBack(buffer, 0, lent.length - 1), lent.subarray(0, -1));
  lent.fill(7);
  assertEquals(readBack(buffer, 10, 1), pattern(10, 1, 5));
  assertEquals(readBack(buffer, BLOCK_SIZE, BLOCK_SIZE), new Uint8Array(BLOCK_SIZE).fill(7));
  assertEquals(readBack(buffer, 2 * BLOCK_SIZE, 1), pattern(2 * BLOCK_SIZE, 1, 5));
  assertEquals([pool.inUse, buffer.blockAt(BLOCK_SIZE).bytes], [3, lent]);
  buffer.clear(lent.length);
  assertEquals([pool.inUse, pool.free], [0, 2]);
});

Deno.test("lent bytes whose buffer was detached are never read", () => {
  const buffer = new StreamBuffer(new BlockPool());
  const lent = new Uint8Array(BLOCK_SIZE);
  buffer.lend(0, lent, 0, BLOCK_SIZE);
  lent.buffer.transfer();
  assertThrows(() => readBack(buffer, 0, 1), RangeError, "Cannot send lent bytes: their buffer was detached");
  assertThrows(() => referToBlocks(buffer.blockAt(0), 0, new Pieces(), 1), RangeError, "Cannot send lent bytes");
  buffer.clear(BLOCK_SIZE);
});

Deno.test("property: written or lent in pieces of any length, the stream is the same, and every block comes back", () => {
  const piece = fc.record({
    length: fc.oneof(fc.nat(100), fc.nat(5 * BLOCK_SIZE)),
    isLent: fc.boolean(),
    from: fc.nat(50),
  });
  fc.assert(
    fc.property(fc.nat(3 * BLOCK_SIZE), fc.array(piece, { maxLength: 20 }), (base, pieces) => {
      const pool = new BlockPool();
      const buffer = new StreamBuffer(pool);
      buffer.clear(base);
      let end = base;
      for (const { length, isLent, from } of pieces) {
        const source = pattern(end - from, length + 2 * from, 1) as Uint8Array<ArrayBuffer>;
        buffer[isLent ? "lend" : "write"](end, source, from, from + length);
        end += length;
        assertEquals(readBack(buffer, base, end - base), pattern(base, end - base, 1));
      }
      const half = Math.floor((base + end) / 2);
      buffer.releaseBelow(half);
      assertEquals(readBack(buffer, half, end - half), pattern(half, end - half, 1));
      buffer.clear(end);
      assertEquals(pool.inUse, 0);
    }),
    { numRuns: 50 },
  );
});

Deno.test("misuse is refused before anything changes", () => {
  const pool = new BlockPool();
  const buffer = new StreamBuffer(pool);
  buffer.clear(100);
  const bytes = new Uint8Array(10);
  assertThrows(() => buffer.write(99, bytes, 0, 1), RangeError, "Cannot write at 99");
  assertThrows(() => buffer.write(NaN, bytes, 0, 1), RangeError, "Cannot write at NaN");
  assertThrows(() => buffer.write(100, bytes, 0, 11), RangeError, "Cannot write bytes 0 to 11");
  assertThrows(() => buffer.write(100, bytes, 5, 4), RangeError, "Cannot write bytes 5 to 4");
  assertThrows(() => buffer.blockAt(100), RangeError, "Cannot find offset 100");
  assertEquals(pool.inUse, 0);
  buffer.write(100, bytes, 0, 10);
  assertThrows(() => buffer.read(100, bytes, 5, 6), RangeError, "Cannot copy 6 bytes to 5");
  assertThrows(() => buffer.blockAt(BLOCK_SIZE), RangeError, "Cannot find offset");
  assertThrows(() => followBlocks(buffer.blockAt(100), -1), RangeError, "Cannot find offset -1");
});

interface Held {
  block: Block;
  offset: number;
  bytes: Uint8Array;
}

Deno.test("sparse writes, releases and retained ranges say the same as a plain array", () => {
  const span = 24 * BLOCK_SIZE;
  const offset = fc.oneof(
    fc.nat({ max: span - 1 }),
    fc.tuple(fc.nat({ max: 23 }), fc.integer({ min: -3, max: 3 })).map(([block, by]) =>
      Math.max(0, block * BLOCK_SIZE + by)
    ),
  );
  const length = fc.oneof(fc.nat({ max: 80 }), fc.nat({ max: 2000 }), fc.nat({ max: 3 * BLOCK_SIZE }));
  const what = fc.oneof(
    { weight: 8, arbitrary: fc.constant("write" as const) },
    { weight: 4, arbitrary: fc.constantFrom("retain" as const, "give up" as const) },
    { weight: 2, arbitrary: fc.constant("release below" as const) },
    { weight: 1, arbitrary: fc.constant("clear" as const) },
  );
  const command = fc.tuple(what, offset, length, fc.nat());
  fc.assert(
    fc.property(fc.nat({ max: 3 }), fc.array(command, { maxLength: 60, size: "max" }), (keep, commands) => {
      const pool = new BlockPool(keep);
      const buffer = new StreamBuffer(pool);
      const model = new Int16Array(span).fill(-1);
      const blocks = new Set<number>();
      const held: Held[] = [];
      let start = 0;
      let salt = 0;

      /** The longest written run from the first written offset at or after `from`. */
      const written = (from: number, most: number): [number, number] => {
        let first = from;
        while (first < span && model[first]! < 0) first++;
        let end = first;
        while (end < span && end - first < most && model[end]! >= 0) end++;
        return [first, end - first];
      };

      for (const [what, at, length, choice] of commands) {
        if (what === "write") {
          const from = Math.max(at, start);
          const to = Math.min(from + length, span);
          // A range that someone holds is never written again: its bytes are under way.
          if (to <= from || held.some((range) => range.offset < to && from < range.offset + range.bytes.length)) {
            continue;
          }
          const padding = choice % 3;
          const bytes = pattern(from - padding, to - from + 2 * padding, salt++);
          buffer.write(from, bytes, padding, bytes.length - padding);
          model.set(bytes.subarray(padding, bytes.length - padding), from);
          for (let at = from - from % BLOCK_SIZE; at < to; at += BLOCK_SIZE) blocks.add(at);
        } else if (what === "retain") {
          const [offset, run] = written(at, length);
          if (run === 0) continue;
          const block = buffer.blockAt(offset);
          retainBlocks(pool, block, offset, run);
          held.push({ block, offset, bytes: Uint8Array.from(model.subarray(offset, offset + run)) });
        } else if (what === "give up") {
          const [range] = held.splice(choice % Math.max(1, held.length), 1);
          if (range !== undefined) releaseBlocks(pool, range.block, range.offset, range.bytes.length);
        } else if (what === "release below") {
          buffer.releaseBelow(at);
          start = Math.max(start, at);
          model.fill(-1, 0, start);
          for (const at of blocks) if (at + BLOCK_SIZE <= start) blocks.delete(at);
        } else {
          start = Math.max(start, at);
          buffer.clear(start);
          model.fill(-1);
          blocks.clear();
        }

        assertEquals(buffer.start, start);
        const [offset, run] = written(choice % span, 5000);
        if (run > 0) assertEquals(readBack(buffer, offset, run), Uint8Array.from(model.subarray(offset, offset + run)));
        for (const range of held) {
          const into = new Uint8Array(range.bytes.length + 2);
          copyFromBlocks(range.block, range.offset, into, 1, range.bytes.length);
          const pieces = new Pieces();
          referToBlocks(range.block, range.offset, pieces, range.bytes.length);
          const gathered = new Uint8Array(range.bytes.length);
          pieces.copyTo(gathered, 0);
          assertEquals(gathered, range.bytes);
          assertEquals(into.subarray(1, -1), range.bytes);
          assertEquals([into[0], into.at(-1)], [0, 0]);
        }
        const distinct = new Set<Block>();
        for (const at of blocks) {
          const block = buffer.blockAt(Math.max(at, start));
          assertEquals(block.start, at);
          assertStrictEquals(block.next, blocks.has(at + BLOCK_SIZE) ? buffer.blockAt(at + BLOCK_SIZE) : null);
          distinct.add(block);
        }
        for (const { block, offset, bytes } of held) {
          for (let at = offset; at < offset + bytes.length; at += BLOCK_SIZE) distinct.add(followBlocks(block, at));
          distinct.add(followBlocks(block, offset + bytes.length - 1));
        }
        assertEquals([buffer.isEmpty, pool.inUse], [blocks.size === 0, distinct.size]);
      }
      for (const range of held) releaseBlocks(pool, range.block, range.offset, range.bytes.length);
      buffer.clear(span);
      assertEquals(pool.inUse, 0);
    }),
    { numRuns: 60 },
  );
});

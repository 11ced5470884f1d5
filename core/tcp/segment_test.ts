import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BLOCK_SIZE, BlockPool } from "../buffer/blocks.ts";
import { copyFromBlocks, StreamBuffer } from "../buffer/stream_buffer.ts";
import { type Segment, SegmentPool } from "./segment.ts";

const LENGTH = 3 * BLOCK_SIZE;

function stream() {
  const blocks = new BlockPool();
  const buffer = new StreamBuffer(blocks);
  buffer.write(0, Uint8Array.from({ length: LENGTH }, (_, i) => i * 31 >> 3), 0, LENGTH);
  return { blocks, buffer, pool: new SegmentPool(blocks) };
}

function read(segment: Segment): Uint8Array {
  const bytes = new Uint8Array(segment.payload);
  copyFromBlocks(segment.block!, segment.source, bytes, 0, bytes.length);
  return bytes;
}

Deno.test("a segment keeps its bytes after the stream has let go of them", () => {
  const { blocks, buffer, pool } = stream();
  const segment = pool.take(101, 101 + 200, buffer.blockAt(BLOCK_SIZE - 100), BLOCK_SIZE - 100);
  buffer.clear(LENGTH);
  assertEquals(blocks.inUse, 2);
  assertEquals(read(segment), Uint8Array.from({ length: 200 }, (_, i) => (BLOCK_SIZE - 100 + i) * 31 >> 3));
  pool.release(segment);
  assertEquals([blocks.inUse, pool.inUse], [0, 0]);
});

Deno.test("a segment that is used again remembers nothing", () => {
  const { buffer, pool } = stream();
  const first = pool.take(1, 11, buffer.blockAt(0), 0);
  Object.assign(first, { sacked: true, lost: true, retransmitted: true, inFlight: true, rangeChecksum: 7 });
  first.next =
    first.previous =
    first.sentNext =
    first.sentPrevious =
      first;
  pool.release(first);
  const second = pool.take(50, 60, buffer.blockAt(49), 49);
  assert(second === first);
  const { sacked, lost, retransmitted, inFlight, next, previous, sentNext, sentPrevious } = second;
  assertEquals([sacked, lost, retransmitted, inFlight], [false, false, false, false]);
  assertEquals([next, previous, sentNext, sentPrevious], [null, null, null, null]);
  assertEquals([second.rangeStart, second.rangeLength, second.rangeChecksum, second.fin], [50, 10, -1, false]);
});

Deno.test("a FIN takes a sequence number and carries nothing", () => {
  const { pool } = stream();
  const fin = pool.take(9, 10, null, 0);
  assertEquals([fin.fin, fin.length, fin.payload], [true, 1, 0]);
});

Deno.test("no more segments are kept than the pool was told", () => {
  const pool = new SegmentPool(new BlockPool(), 1);
  const [a, b] = [pool.take(1, 2, null, 0), pool.take(2, 3, null, 0)];
  pool.release(a);
  pool.release(b);
  assert(pool.take(1, 2, null, 0) === a);
  assert(pool.take(1, 2, null, 0) !== b);
});

Deno.test("however a range is cut, its parts carry the same bytes and still know the whole", () => {
  fc.assert(fc.property(
    fc.nat(2 * BLOCK_SIZE),
    fc.integer({ min: 2, max: BLOCK_SIZE + 200 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
    (source, length, cuts) => {
      const { blocks, buffer, pool } = stream();
      length = Math.min(length, LENGTH - source);
      const whole = pool.take(1000, 1000 + length, buffer.blockAt(source), source);
      whole.sentAt = 77;
      const parts = [whole];
      for (const cut of cuts) {
        const index = Math.floor(cut * parts.length) % parts.length;
        const part = parts[index]!;
        const at = part.start + Math.floor(cut * part.length);
        if (at > part.start && at < part.end) parts.splice(index + 1, 0, pool.split(part, at));
      }
      buffer.clear(LENGTH);
      let at = 1000;
      for (const part of parts) {
        assertEquals([part.start, part.source, part.sentAt], [at, source + at - 1000, 77]);
        assertEquals([part.rangeStart, part.rangeLength, part.rangeSource], [1000, length, source]);
        read(part).forEach((byte, i) => assert(byte === ((part.source + i) * 31 >> 3 & 255)));
        at = part.end;
      }
      assertEquals(at, 1000 + length);
      for (const part of cuts.length % 2 ? parts : parts.reverse()) pool.release(part);
      assertEquals([blocks.inUse, pool.inUse], [0, 0]);
    },
  ));
});

Deno.test("a segment is cut by its own blocks, whatever became of the block behind them", () => {
  const blocks = new BlockPool();
  const segments = new SegmentPool(blocks);
  const written = new StreamBuffer(blocks);
  const bytes = new Uint8Array(4 * BLOCK_SIZE).map((_, i) => i >>> 14);
  written.write(0, bytes, 0, bytes.length);
  const segment = segments.take(1, 1 + BLOCK_SIZE, written.blockAt(2 * BLOCK_SIZE), 2 * BLOCK_SIZE);
  // The peer has acknowledged all of it on another subflow, and the block behind the segment's serves another stream.
  written.clear(bytes.length);
  const others = [0, 1, 2].map((i) => blocks.take(i * BLOCK_SIZE));
  const rest = segments.split(segment, 1 + 100);
  assertEquals(rest.block, segment.block);
  for (const piece of [segment, rest]) segments.release(piece);
  for (const other of others) blocks.release(other);
  assertEquals(blocks.inUse, 0);
});

import { assertEquals } from "@std/assert";
import { BLOCK_SIZE, BlockPool } from "../buffer/blocks.ts";
import { StreamBuffer } from "../buffer/stream_buffer.ts";
import { SegmentPool } from "./segment.ts";

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

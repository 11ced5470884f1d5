import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Block, BLOCK_SIZE, BlockPool } from "./blocks.ts";

Deno.test("a block comes back to the pool with its last owner and is used again", () => {
  const pool = new BlockPool();
  const block = pool.take(0);
  pool.retain(block);
  pool.release(block);
  assertEquals([pool.inUse, pool.free, block.references], [1, 0, 1]);
  pool.release(block);
  assertEquals([pool.inUse, pool.free, block.references, block.next], [0, 1, 0, null]);
  const again = pool.take(5 * BLOCK_SIZE);
  assertStrictEquals(again, block);
  assertEquals([again.start, again.next, again.references], [5 * BLOCK_SIZE, null, 1]);
});

Deno.test("a pool keeps no more free blocks than it was told", () => {
  const pool = new BlockPool(2);
  const blocks = [0, 1, 2, 3].map((i) => pool.take(i * BLOCK_SIZE));
  for (const block of blocks) pool.release(block);
  assertEquals([pool.inUse, pool.free], [0, 2]);
  assertThrows(() => new BlockPool(-1), RangeError, "Cannot make a block pool");
  assertThrows(() => new BlockPool(NaN), RangeError, "Cannot make a block pool");
});

Deno.test("a block that nobody holds can be neither retained nor released", () => {
  const pool = new BlockPool();
  const block = pool.take(0);
  pool.release(block);
  assertThrows(() => pool.release(block), Error, "Cannot release a block");
  assertThrows(() => pool.retain(block), Error, "Cannot retain a block");
  assertEquals([pool.inUse, pool.free], [0, 1]);
});

Deno.test("any order of takes, retains and releases keeps the counts, and no block has two uses at once", () => {
  const command = fc.tuple(fc.constantFrom("take", "retain", "release"), fc.nat());
  fc.assert(fc.property(fc.nat({ max: 4 }), fc.array(command, { maxLength: 200, size: "max" }), (keep, commands) => {
    const pool = new BlockPool(keep);
    const owners: Block[] = [];
    for (const [what, choice] of commands) {
      if (what === "take") {
        const block = pool.take(choice * BLOCK_SIZE);
        for (const owned of owners) assertNotStrictEquals(block, owned);
        assertEquals([block.start, block.next], [choice * BLOCK_SIZE, null]);
        owners.push(block);
      } else if (owners.length > 0) {
        const at = choice % owners.length;
        const block = owners[at]!;
        if (what === "retain") {
          pool.retain(block);
          owners.push(block);
        } else {
          pool.release(block);
          owners.splice(at, 1);
        }
      }
      const distinct = new Set(owners);
      assertEquals(pool.inUse, distinct.size);
      for (const block of distinct) assertEquals(block.references, owners.filter((owned) => owned === block).length);
      assert(pool.free <= keep);
    }
    for (const block of owners) pool.release(block);
    assertEquals(pool.inUse, 0);
  }));
});

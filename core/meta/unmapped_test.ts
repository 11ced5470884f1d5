import { assertEquals } from "@std/assert";
import { BlockPool } from "../buffer/blocks.ts";
import { Mappings } from "./mappings.ts";
import { Unmapped } from "./unmapped.ts";

/** What comes out of `unmapped`, as data offset and text. */
function released(unmapped: Unmapped, mappings: Mappings): [number, string][] {
  const out: [number, string][] = [];
  unmapped.release(mappings, (_offset, bytes, from, to) => {
    out.push([mappings.data, new TextDecoder().decode(bytes.subarray(from, to))]);
  });
  return out;
}

const text = (letters: string) => new TextEncoder().encode(letters);

Deno.test("bytes wait for their mapping, however many pieces they came in", () => {
  const pool = new BlockPool();
  const unmapped = new Unmapped(pool);
  const mappings = new Mappings();
  unmapped.hold(100, text("abc"), 0, 3);
  unmapped.hold(103, text("xdefx"), 1, 4);
  assertEquals([released(unmapped, mappings), unmapped.held], [[], 6]);
  mappings.add(100, 4, 500, 100);
  assertEquals([released(unmapped, mappings), unmapped.held], [[[500, "abcd"]], 2]);
  mappings.add(104, 10, 504, 104);
  assertEquals([released(unmapped, mappings), unmapped.held, pool.inUse], [[[504, "ef"]], 0, 0]);
});

Deno.test("what stands before something that is mapped is given up", () => {
  const unmapped = new Unmapped(new BlockPool());
  const mappings = new Mappings();
  unmapped.hold(100, text("abcdef"), 0, 6);
  mappings.add(104, 2, 504, 106);
  mappings.add(104, 8, 504, 100);
  assertEquals([released(unmapped, mappings), unmapped.held], [[[504, "ef"]], 0]);
  unmapped.hold(112, text("gh"), 0, 2);
  mappings.removeBelow(112);
  mappings.add(200, 8, 600, 112);
  assertEquals([released(unmapped, mappings), unmapped.held], [[], 0]);
});

Deno.test("no more is kept than a mapping can cover", () => {
  const pool = new BlockPool();
  const unmapped = new Unmapped(pool);
  const bytes = new Uint8Array(0xffff);
  assertEquals(unmapped.hold(1, bytes, 0, 0xffff), true);
  assertEquals(unmapped.hold(0x10000, bytes, 0, 1), false);
  unmapped.clear();
  assertEquals([unmapped.held, pool.inUse], [0, 0]);
});

Deno.test("everything can be taken, mapped or not, and nothing is kept then", () => {
  const pool = new BlockPool();
  const unmapped = new Unmapped(pool);
  const bytes = new Uint8Array(40_000).map((_, i) => i % 251);
  unmapped.hold(1000, bytes, 0, 40_000);
  const taken: number[] = [];
  unmapped.drain((offset, block, from, to) => {
    assertEquals(offset, 1000 + taken.length);
    taken.push(...block.subarray(from, to));
  });
  assertEquals([taken, unmapped.held, pool.inUse], [[...bytes], 0, 0]);
});

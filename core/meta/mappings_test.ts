import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Mappings } from "./mappings.ts";

/** Data offset and length that `offset` is mapped to, or null. */
function find(mappings: Mappings, offset: number): [number, number] | null {
  return mappings.find(offset) ? [mappings.data, mappings.length] : null;
}

Deno.test("a byte of the subflow is the byte of the data stream that its mapping says", () => {
  const mappings = new Mappings();
  assertEquals(mappings.add(1, 100, 5000, 1), "added");
  assertEquals([find(mappings, 1), find(mappings, 41), find(mappings, 100)], [[5000, 100], [5040, 60], [5099, 1]]);
  assertEquals([find(mappings, 0), find(mappings, 101)], [null, null]);
});

Deno.test("mappings may come in any order", () => {
  const mappings = new Mappings();
  assertEquals([mappings.add(201, 100, 900, 1), mappings.add(1, 100, 300, 1)], ["added", "added"]);
  assertEquals([find(mappings, 1)?.[0], find(mappings, 150), find(mappings, 201)?.[0]], [300, null, 900]);
});

Deno.test("the same mapping again, or a part of it, is known; any other is a conflict (RFC 8684 section 3.3.1)", () => {
  const mappings = new Mappings();
  mappings.add(101, 100, 1000, 1);
  assertEquals(mappings.add(101, 100, 1000, 1), "known");
  assertEquals(mappings.add(151, 50, 1050, 1), "known");
  assertEquals(mappings.add(101, 100, 1001, 1), "conflict");
  assertEquals(mappings.add(151, 50, 1000, 1), "conflict");
  assertEquals(mappings.add(151, 100, 1050, 1), "conflict", "it says more than the first, which cannot be changed");
  assertEquals(mappings.add(51, 100, 950, 1), "conflict");
  assertEquals(find(mappings, 101), [1000, 100]);
});

Deno.test("a mapping that reaches over two others is a conflict", () => {
  const mappings = new Mappings();
  mappings.add(1, 10, 1, 1);
  mappings.add(21, 10, 21, 1);
  assertEquals(mappings.add(5, 20, 5, 1), "conflict");
  assertEquals(mappings.add(11, 10, 11, 1), "added");
});

Deno.test("a mapping of what was delivered is known", () => {
  assertEquals(new Mappings().add(1, 100, 7, 101), "known");
});

Deno.test("mappings are forgotten once they are used up, not before", () => {
  const mappings = new Mappings();
  mappings.add(1, 100, 0, 1);
  mappings.add(101, 100, 100, 1);
  mappings.removeBelow(100);
  assertEquals(find(mappings, 100), [99, 1]);
  mappings.removeBelow(101);
  assertEquals([find(mappings, 100), find(mappings, 101)], [null, [100, 100]]);
});

Deno.test("a peer cannot declare mappings without end", () => {
  const mappings = new Mappings();
  const verdicts = Array.from({ length: 5000 }, (_, i) => mappings.add(1 + 2 * i, 1, i, 1));
  assertEquals(verdicts.filter((verdict) => verdict === "added").length, 4096);
});

Deno.test("mappings say what a table with a line for each byte says", () => {
  const step = fc.record({
    gap: fc.integer({ min: -20, max: 20 }),
    length: fc.integer({ min: 1, max: 15 }),
    shift: fc.constantFrom(0, 0, 0, 7),
    consume: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const mappings = new Mappings();
    const data = new Map<number, number>();
    const group = new Map<number, number>();
    let floor = 1;
    let end = 1;
    steps.forEach(({ gap, length, shift, consume }, id) => {
      const start = Math.max(1, end + gap);
      const bytes = Array.from({ length }, (_, i) => start + i);
      const verdict = mappings.add(start, length, 1000 + shift + start, floor);
      const owners = new Set(bytes.filter((at) => group.has(at)).map((at) => group.get(at)));
      if (start + length <= floor) assertEquals(verdict, "known");
      else if (owners.size === 0) {
        assertEquals(verdict, "added");
        for (const at of bytes) {
          data.set(at, 1000 + shift + at);
          group.set(at, id);
        }
        end = Math.max(end, start + length);
      } else {
        const isSame = owners.size === 1 && bytes.every((at) => data.get(at) === 1000 + shift + at && group.has(at));
        assertEquals(verdict, isSame ? "known" : "conflict");
      }
      // Bytes are taken in order as far as they are mapped, and whole mappings forgotten.
      for (let i = 0; i < consume && data.has(floor); i++) {
        assertEquals(find(mappings, floor)?.[0], data.get(floor));
        floor++;
      }
      mappings.removeBelow(floor);
      for (const id of new Set(group.values())) {
        const own = [...group].filter(([, owner]) => owner === id).map(([at]) => at);
        if (Math.max(...own) < floor) { for (const at of own) data.delete(at) && group.delete(at); }
      }
      for (let at = Math.max(1, floor - 3); at < end + 3; at++) {
        assertEquals(find(mappings, at)?.[0], data.get(at), `byte ${at}`);
      }
    });
  }));
});

Deno.test("mappings lie on one line if each takes its bytes as far", () => {
  const mappings = new Mappings();
  assert(mappings.isShiftBy(-1));
  mappings.add(1, 100, 0, 1);
  mappings.add(301, 100, 300, 1);
  assert(mappings.isShiftBy(-1));
  mappings.add(101, 100, 0, 1);
  assert(!mappings.isShiftBy(-1));
  mappings.removeBelow(201);
  assert(mappings.isShiftBy(-1));
});

Deno.test("coverage ends at the first hole, and the next mapping begins behind it", () => {
  const mappings = new Mappings();
  mappings.add(10, 5, 110, 0);
  mappings.add(15, 5, 300, 0);
  mappings.add(30, 5, 400, 0);
  const asked = [[10, 3], [10, 8], [12, 100], [20, 5], [9, 5], [30, 100]] as const;
  assertEquals(asked.map(([offset, length]) => mappings.coverage(offset, length)), [3, 8, 8, 0, 0, 5]);
  assertEquals([5, 10, 20, 30].map((offset) => mappings.nextFrom(offset)), [10, 15, 30, Infinity]);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { RangeSet } from "./ranges.ts";

function listed(set: RangeSet): [number, number][] {
  return Array.from({ length: set.count }, (_, index) => [set.startAt(index), set.endAt(index)]);
}

function setOf(...ranges: [number, number][]): RangeSet {
  const set = new RangeSet();
  for (const [start, end] of ranges) set.add(start, end);
  return set;
}

Deno.test("an empty set answers for nothing", () => {
  const set = new RangeSet();
  assertEquals([set.isEmpty, set.count, set.total, set.contiguousFrom(7)], [true, 0, 0, 7]);
  assertEquals([set.remove(0, 10), set.removeBelow(10), set.indexOf(0), set.countWithin(0, 9)], [0, 0, -1, 0]);
  assertEquals([set.firstGap(3, 9), set.firstCovered(3, 9)], [3, 9]);
  assert(set.contains(4, 4));
  assert(!set.contains(4, 5));
  assert(!set.intersects(0, 100));
});

Deno.test("ranges that touch become one", () => {
  assertEquals(listed(setOf([0, 10], [10, 20])), [[0, 20]]);
  assertEquals(listed(setOf([10, 20], [0, 10])), [[0, 20]]);
  assertEquals(listed(setOf([0, 10], [20, 30], [10, 20])), [[0, 30]]);
  assertEquals(listed(setOf([0, 10], [20, 30], [40, 50], [5, 45])), [[0, 50]]);
  assertEquals(listed(setOf([0, 10], [20, 30], [40, 50], [30, 35])), [[0, 10], [20, 35], [40, 50]]);
});

Deno.test("add returns only what is new", () => {
  const set = setOf([0, 10], [20, 30]);
  assertEquals([set.add(5, 5), set.add(2, 8), set.add(5, 25), set.add(0, 40)], [0, 0, 10, 10]);
});

Deno.test("a range can be cut in two and cut off without end", () => {
  const set = setOf([0, 30]);
  assertEquals(set.remove(10, 20), 10);
  assertEquals(listed(set), [[0, 10], [20, 30]]);
  assertEquals(set.remove(5, Infinity), 15);
  assertEquals(listed(set), [[0, 5]]);
});

Deno.test("offsets beyond 32 bits are exact", () => {
  const base = Number.MAX_SAFE_INTEGER - 100;
  const set = setOf([base, base + 1], [base + 2, base + 3]);
  assertEquals([set.add(base + 1, base + 2), set.count, set.total], [1, 1, 3]);
});

Deno.test("swapped ends and indices out of range are errors of the caller", () => {
  const set = setOf([0, 1]);
  assertThrows(() => set.add(2, 1), RangeError, "Cannot use range 2 to 1");
  assertThrows(() => set.add(NaN, 1), RangeError, "Cannot use range");
  assertThrows(() => set.remove(2, 1), RangeError, "Cannot use range");
  assertThrows(() => set.startAt(1), RangeError, "Cannot read range 1");
  assertThrows(() => set.endAt(-1), RangeError, "Cannot read range -1");
});

const UNIVERSE = 200;

/** Compares everything that `set` says with what `model` says, one boolean for each integer. */
function assertSame(set: RangeSet, model: boolean[], from: number, to: number): void {
  const expected: [number, number][] = [];
  for (let i = 0; i < UNIVERSE; i++) {
    if (!model[i]) continue;
    if (i > 0 && model[i - 1]) expected.at(-1)![1] = i + 1;
    else expected.push([i, i + 1]);
  }
  assertEquals(listed(set), expected);
  assertEquals(set.isEmpty, expected.length === 0);
  assertEquals(set.total, model.filter(Boolean).length);

  const slice = model.slice(from, to);
  const gap = slice.indexOf(false);
  const covered = slice.indexOf(true);
  assertEquals(set.contains(from, to), gap < 0);
  assertEquals(set.intersects(from, to), covered >= 0);
  assertEquals(set.countWithin(from, to), slice.filter(Boolean).length);
  assertEquals(set.firstGap(from, to), gap < 0 ? to : from + gap);
  assertEquals(set.firstCovered(from, to), covered < 0 ? to : from + covered);
  assertEquals(set.indexOf(from), expected.findIndex(([start, end]) => start <= from && from < end));
  const hole = model.indexOf(false, from);
  assertEquals(set.contiguousFrom(from), hole < 0 ? UNIVERSE : hole);
}

Deno.test("a set says the same as one boolean for each integer", () => {
  const edge = fc.nat({ max: UNIVERSE });
  const short = fc.tuple(edge, fc.nat({ max: 3 })).map(([a, length]) => [a, Math.min(a + length, UNIVERSE)] as const);
  const long = fc.tuple(edge, edge).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const range = fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long });
  const what = fc.oneof(
    { weight: 12, arbitrary: fc.constant("add" as const) },
    { weight: 3, arbitrary: fc.constant("remove" as const) },
    { weight: 1, arbitrary: fc.constant("below" as const) },
    { weight: 1, arbitrary: fc.constantFrom("beyond" as const, "clear" as const) },
  );
  const command = fc.tuple(what, range, range);
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120, size: "max" }), (commands) => {
      const set = new RangeSet();
      const model = new Array<boolean>(UNIVERSE).fill(false);
      for (const [what, [from, to], probe] of commands) {
        const before = model.filter(Boolean).length;
        let changed = 0;
        if (what === "add") changed = set.add(from, to), model.fill(true, from, to);
        else if (what === "remove") changed = -set.remove(from, to), model.fill(false, from, to);
        else if (what === "below") changed = -set.removeBelow(from), model.fill(false, 0, from);
        else if (what === "beyond") changed = -set.remove(from, Infinity), model.fill(false, from);
        else changed = -set.total, set.clear(), model.fill(false);
        assertEquals(changed, model.filter(Boolean).length - before);
        assertSame(set, model, ...probe);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a window of many holes that slides on keeps its ranges", () => {
  const set = new RangeSet();
  for (let i = 0; i < 5000; i++) {
    assertEquals(set.add(10 * i, 10 * i + 5), 5);
    set.removeBelow(10 * (i - 200));
  }
  assertEquals(set.count, 201);
  assertEquals([set.startAt(0), set.endAt(200)], [10 * 4799, 10 * 4999 + 5]);
  for (let i = 4799; i < 5000; i++) assertEquals(set.add(10 * i + 5, 10 * i + 10), 5);
  assertEquals(listed(set), [[10 * 4799, 50000]]);
});

Deno.test("a set that had many ranges is as good as new once emptied", () => {
  const empties = [
    (set: RangeSet) => set.clear(),
    (set: RangeSet) => set.removeBelow(1000),
    (set: RangeSet) => set.remove(0, 1000),
  ];
  for (const empty of empties) {
    const set = new RangeSet();
    for (let i = 0; i < 100; i++) set.add(10 * i, 10 * i + 5);
    empty(set);
    assertEquals([set.isEmpty, set.count, set.total], [true, 0, 0]);
    set.add(7, 9);
    set.add(3, 5);
    assertEquals(listed(set), [[3, 5], [7, 9]]);
  }
});

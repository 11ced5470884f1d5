import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeSubflow } from "../tests/kit/mod.ts";
import { PerSubflow } from "./per_subflow.ts";

Deno.test("each subflow has a number of its own, whatever others come and go", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(100))), (steps) => {
    const numbers = new PerSubflow(-1);
    const expected = new Map<number, number>();
    let subflows: FakeSubflow[] = [];
    let nextId = 0;
    for (const [choice, value] of steps) {
      if (choice < 10) subflows.push(new FakeSubflow(nextId++));
      else if (choice < 15) subflows = subflows.filter((_, i) => i !== value % subflows.length);
      const subflow = subflows[choice % subflows.length];
      if (subflow === undefined) continue;
      const slot = numbers.slot(subflow, subflows);
      assertEquals(numbers.values[slot], expected.get(subflow.id) ?? -1);
      numbers.values[slot] = value;
      expected.set(subflow.id, value);
    }
  }));
});

Deno.test("it does not grow with the subflows that have been", () => {
  const numbers = new PerSubflow(0);
  for (let id = 0; id < 1000; id++) {
    const subflow = new FakeSubflow(id);
    const slot = numbers.slot(subflow, [subflow]);
    assertEquals(numbers.values[slot], 0);
    numbers.values[slot] = id;
  }
  assertEquals(numbers.values.length, 8);
});

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { windows } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { coupled } from "./coupled.ts";

testCongestion(coupled(), { mostGain: 1, share: [0.6, 1.25] });

Deno.test("all windows together gain a segment per total window", () => {
  const [one, other] = windows(coupled().create(fakeEnv(0)), 10, 30);
  assertAlmostEquals(one!.acknowledge(10) + other!.acknowledge(30), 1, 2e-2);
});

Deno.test("a loss takes half of the total from the window that it hits, down to a segment", () => {
  const [one, other] = windows(coupled().create(fakeEnv(0)), 10, 30);
  assertEquals([other!.lose(), one!.segments], [10, 10]);
  other!.lose();
  assertEquals(other!.segments, 1);
});

Deno.test("alone it is plain TCP", () => {
  const [only] = windows(coupled().create(fakeEnv(0)), 20);
  assertAlmostEquals(only!.acknowledge(20), 1, 2e-3);
  assertAlmostEquals(only!.lose(), 10.5, 1e-2);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => coupled({ initialWindow: 0 }), RangeError, "Cannot create coupled");
});

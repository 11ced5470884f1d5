import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { windows } from "../tests/harness/windows.ts";
import { fakeEnv, testCongestion } from "../tests/kit/mod.ts";
import { ewtcp } from "./ewtcp.ts";

testCongestion(ewtcp(), { mostGain: 1, share: [0.8, 1.25] });

Deno.test("n subflows gain 1/n² of a segment per window each, wherever the others are", () => {
  for (const [count, gain] of [[1, 1], [2, 1 / 4], [4, 1 / 16]] as const) {
    const [one] = windows(ewtcp().create(fakeEnv(0)), ...Array.from({ length: count }, (_, i) => 20 + 10 * i));
    assertAlmostEquals(one!.acknowledge(20), gain, 1e-2);
  }
});

Deno.test("subflows that cannot carry data do not count", () => {
  const [one, other] = windows(ewtcp().create(fakeEnv(0)), 20, 20);
  other!.view.usable = false;
  assertAlmostEquals(one!.acknowledge(20), 1, 1e-2);
});

Deno.test("a loss halves the window that it hits and no other", () => {
  const [one, other] = windows(ewtcp().create(fakeEnv(0)), 20, 30);
  assertEquals([one!.lose(), other!.segments], [10, 30]);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => ewtcp({ initialWindow: 0 }), RangeError, "Cannot create ewtcp");
});

import { assertEquals } from "@std/assert";
import { WindowUse } from "./window_use.ts";

const MSS = 1000;

Deno.test("in slow start half a window in use is enough, in avoidance not a segment may be missing", () => {
  const use = new WindowUse();
  use.onSent(5001);
  assertEquals([use.isLimit(10_000, Infinity, MSS), use.isLimit(10_000, 10_000, MSS)], [true, false]);
  use.onSent(9000);
  assertEquals(use.isLimit(10_000, 10_000, MSS), false);
  use.onSent(9001);
  assertEquals(use.isLimit(10_000, 10_000, MSS), true);
});

Deno.test("the largest flight of a round trip counts until the round is acknowledged", () => {
  const use = new WindowUse();
  use.onSent(10_000);
  use.onAck(0, 10_000, 10_000);
  use.onAck(5000, 12_000, 5000);
  assertEquals(use.isLimit(10_000, 10_000, MSS), true, "the first round goes on");
  use.onAck(10_000, 12_000, 2000);
  assertEquals(use.isLimit(10_000, 10_000, MSS), false);
});

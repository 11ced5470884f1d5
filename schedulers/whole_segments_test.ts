import { assertEquals } from "@std/assert";
import { FakeSubflow } from "../tests/kit/mod.ts";
import { wholeSegments } from "./whole_segments.ts";

Deno.test("all that waits is taken if it fits, short last segment included", () => {
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 10_000 }), 4321), 4321);
});

Deno.test("what does not fit is cut to whole segments", () => {
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 4999 }), 20_000), 4000);
});

Deno.test("room for less than a segment is left alone while an acknowledgment or a transmission is to come", () => {
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 4999, inFlight: 4000 }), 20_000), 0);
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 4999, queued: 4000 }), 20_000), 0);
});

Deno.test("a message that fits into less than a segment of room goes at once", () => {
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 4999, inFlight: 4000 }), 999), 999);
});

Deno.test("an idle subflow takes a segment even if its window is smaller", () => {
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 500 }), 20_000), 1000);
  assertEquals(wholeSegments(new FakeSubflow(0, { cwnd: 500 }), 700), 700);
});

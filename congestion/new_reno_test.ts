import { assertEquals, assertThrows } from "@std/assert";
import { fakeAck, fakeEnv, FakeSubflow, testCongestion } from "../tests/kit/mod.ts";
import { newReno } from "./new_reno.ts";

testCongestion(newReno());
testCongestion({ ...newReno({ initialWindow: 1, pacing: false }), name: "new-reno from one segment, unpaced" });

Deno.test("a window of acknowledged data is worth one segment in congestion avoidance (RFC 9293 MUST-19)", () => {
  const view = new FakeSubflow(0);
  const controller = newReno().create(fakeEnv(0)).join(view);
  controller.onLoss("fast", 1000, 9000, 0);
  controller.onRecovered?.(0);
  const windows = [];
  for (let round = 0; round < 4; round++) {
    controller.onAck(fakeAck(controller.cwnd), 0);
    windows.push(controller.cwnd);
  }
  assertEquals(windows, [6000, 7000, 8000, 9000]);
});

Deno.test("acknowledgments of single segments add up to a little less, since the window grows under way", () => {
  const view = new FakeSubflow(0);
  const controller = newReno().create(fakeEnv(0)).join(view);
  controller.onLoss("fast", 1000, 9000, 0);
  for (let segment = 0; segment < 5; segment++) {
    controller.onAck(fakeAck(1000), 0);
  }
  // 1e6/5000 + 1e6/5200 + 1e6/5392 + 1e6/5577 + 1e6/5757, the window counted in whole bytes
  assertEquals(controller.cwnd, 5930);
});

Deno.test("options are checked under its own name", () => {
  assertThrows(() => newReno({ initialWindow: 0 }), RangeError, "Cannot create new-reno");
});

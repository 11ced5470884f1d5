import { assertEquals, assertThrows } from "@std/assert";
import type { LossKind } from "../core/plugin.ts";
import { fakeAck, FakeSubflow } from "../tests/kit/mod.ts";
import { type LossBasedOptions, lossBasedSettings } from "./options.ts";
import { LossBasedController } from "./shell.ts";

/** A controller that grows by a hundredth of what is acknowledged in avoidance; segments are 1000 bytes. */
function create(options: LossBasedOptions = {}, mss = 1000): LossBasedController {
  const view = new FakeSubflow(0, { mss, srtt: 50_000 });
  return new LossBasedController(view, lossBasedSettings("test", options), () => ({
    increase: (acked): number => acked / 100,
  }));
}

function lose(controller: LossBasedController, kind: LossKind): [cwnd: number, ssthresh: number] {
  controller.onLoss(kind, 1000, 5000, 0);
  return [controller.cwnd, controller.ssthresh];
}

Deno.test("the initial window is that of RFC 6928: ten segments, at most 14,600 bytes, at least two", () => {
  assertEquals(create({}, 536).cwnd, 5360);
  assertEquals(create({}, 1460).cwnd, 14_600);
  assertEquals(create({}, 1500).cwnd, 14_600);
  assertEquals(create({}, 9000).cwnd, 18_000);
  assertEquals(create({ initialWindow: 4 }, 1448).cwnd, 5792);
  assertEquals(create({ initialWindow: 1 }, 1448).cwnd, 1448);
});

Deno.test("an initial window that is no number of segments is refused", () => {
  for (const initialWindow of [0, -1, 2.5, 1001, NaN]) {
    assertThrows(() => create({ initialWindow }), RangeError, "Cannot create test: initialWindow must be");
  }
});

Deno.test("slow start counts every byte of a stretched acknowledgment, up to the threshold (RFC 9293 MUST-19)", () => {
  const controller = create();
  controller.onAck(fakeAck(10_000), 0);
  assertEquals(controller.cwnd, 20_000);
  lose(controller, "timeout");
  assertEquals([controller.cwnd, controller.ssthresh], [1000, 10_000]);
  controller.onAck(fakeAck(11_000), 0);
  // 9000 bytes reach the threshold; a hundredth of the other 2000 is added.
  assertEquals(controller.cwnd, 10_020);
});

Deno.test("fractions of a byte add up", () => {
  const controller = create();
  lose(controller, "fast");
  for (let i = 0; i < 3; i++) controller.onAck(fakeAck(50), 0);
  assertEquals(controller.cwnd, 5001);
  controller.onAck(fakeAck(50), 0);
  assertEquals(controller.cwnd, 5002);
});

Deno.test("neither a sender short of data nor one in recovery grows its window", () => {
  const controller = create();
  controller.onAck(fakeAck(5000, { cwndLimited: false }), 0);
  controller.onAck(fakeAck(5000, { inRecovery: true }), 0);
  assertEquals(controller.cwnd, 10_000);
});

Deno.test("a loss, a mark and a penalty halve the window (RFC 6356 3-2)", () => {
  assertEquals(lose(create(), "fast"), [5000, 5000]);
  assertEquals(lose(create(), "ecn"), [5000, 5000]);
  assertEquals(lose(create(), "penalty"), [5000, 5000]);
});

Deno.test("the threshold stays at two segments or more, and a smaller window is not raised to it", () => {
  const controller = create({ initialWindow: 3 });
  assertEquals(lose(controller, "fast"), [2000, 2000]);
  controller.onRecovered(0);
  assertEquals(lose(controller, "timeout"), [1000, 2000]);
  controller.onRecovered(0);
  assertEquals(lose(controller, "fast"), [1000, 2000]);
});

Deno.test("a rule can decide how far the window falls, but not at a penalty", () => {
  const view = new FakeSubflow(0);
  const settings = lossBasedSettings("test", {});
  const rule = { increase: (): number => 0, decrease: (): number => 7000.9 };
  assertEquals(lose(new LossBasedController(view, settings, () => rule), "fast"), [7000, 7000]);
  assertEquals(lose(new LossBasedController(view, settings, () => rule), "timeout"), [1000, 7000]);
  assertEquals(lose(new LossBasedController(view, settings, () => rule), "penalty"), [5000, 5000]);
});

Deno.test("timeouts in a row lower the threshold once, with progress in between twice", () => {
  const controller = create();
  lose(controller, "timeout");
  assertEquals(lose(controller, "timeout"), [1000, 5000]);
  controller.onAck(fakeAck(4000), 0);
  assertEquals(lose(controller, "timeout"), [1000, 2500]);
});

Deno.test("a timeout during recovery does not lower the threshold again, one after it does", () => {
  const during = create();
  lose(during, "fast");
  during.onAck(fakeAck(1000, { inRecovery: true }), 0);
  assertEquals(lose(during, "timeout"), [1000, 5000]);

  const after = create();
  lose(after, "fast");
  after.onRecovered(0);
  assertEquals(lose(after, "timeout"), [1000, 2500]);
});

Deno.test("a spurious loss gives back window and threshold, once", () => {
  const controller = create();
  lose(controller, "fast");
  controller.onSpurious(0);
  assertEquals([controller.cwnd, controller.ssthresh], [10_000, Infinity]);
  controller.onLoss("ecn", 0, 0, 0);
  controller.onSpurious(0);
  assertEquals([controller.cwnd, controller.ssthresh], [5000, 5000]);
});

Deno.test("of spurious timeouts in a row the first counts", () => {
  const controller = create();
  lose(controller, "timeout");
  lose(controller, "timeout");
  controller.onSpurious(0);
  assertEquals([controller.cwnd, controller.ssthresh], [10_000, Infinity]);
});

Deno.test("a window that has grown past the old one stays", () => {
  const controller = create();
  lose(controller, "timeout");
  controller.onAck(fakeAck(4000), 0);
  controller.onAck(fakeAck(1_000_000), 0);
  assertEquals(controller.cwnd, 15_000);
  controller.onSpurious(0);
  assertEquals(controller.cwnd, 15_000);
});

Deno.test("an idle sender returns to the initial window and keeps three quarters of the old one as threshold", () => {
  const controller = create();
  lose(controller, "fast");
  controller.onAck(fakeAck(1_500_000), 0);
  assertEquals(controller.cwnd, 20_000);
  controller.onIdle(0);
  assertEquals([controller.cwnd, controller.ssthresh], [10_000, 15_000]);
});

Deno.test("larger segments leave a window in use as it is, unless one does not fit", () => {
  const controller = create();
  controller.onSent(1000, 1000, 0);
  controller.onMss(4000);
  assertEquals([controller.cwnd, controller.mss], [10_000, 4000]);
  controller.onMss(12_000);
  assertEquals(controller.cwnd, 12_000);
});

Deno.test("a window that was never used starts anew with the segment size that the handshake found", () => {
  const controller = create();
  controller.onMss(500);
  assertEquals(controller.cwnd, 5000);
  controller.onMss(1420);
  assertEquals(controller.cwnd, 14_200);
});

Deno.test("pacing is twice the window per round trip in slow start, 1.2 times in avoidance", () => {
  const controller = create();
  assertEquals(controller.pacingRate, 400_000);
  lose(controller, "fast");
  assertEquals(controller.pacingRate, 120_000);
});

Deno.test("there is no pacing before the first sample, nor when it is switched off", () => {
  const view = new FakeSubflow(0, { srtt: 0 });
  const rule = { increase: (): number => 0 };
  assertEquals(new LossBasedController(view, lossBasedSettings("test", {}), () => rule).pacingRate, Infinity);
  assertEquals(create({ pacing: false }).pacingRate, Infinity);
});

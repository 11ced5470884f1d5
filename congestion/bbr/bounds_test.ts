import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { AckSample, LossSample } from "../../core/plugin.ts";
import { fakeAck } from "../../tests/kit/mod.ts";
import { Bounds, flightAtLoss, isTooMuch } from "./bounds.ts";

const MSS = 1000;

function loss(fields: Partial<LossSample> = {}): LossSample {
  return { start: 0, bytes: MSS, sentInFlight: 100_000, lost: MSS, delivered: 0, appLimited: false, ...fields };
}

/** A round in which so much was delivered at such a rate. */
function round(number: number, delivered: number, deliveryRate: number): AckSample {
  return fakeAck(MSS, { delivered: 1e6 * number + delivered, priorDelivered: 1e6 * number, deliveryRate });
}

Deno.test("more than two per cent of the flight is too much to lose", () => {
  assertEquals([2000, 2001].map((lost) => isTooMuch(loss({ lost }))), [false, true]);
});

Deno.test("the flight that was too much is where the two per cent were crossed, within the lost segment", () => {
  // 100 segments before this one, of which 2 were lost: its first byte is the one too many.
  assertEquals(flightAtLoss(loss({ sentInFlight: 101_000, lost: 3000 })), 100_000);
  // One was lost of 100: of this one so much that 1000 + x are two per cent of 100,000 + x.
  const flight = flightAtLoss(loss({ sentInFlight: 101_000, lost: 2000 }));
  assertAlmostEquals(1000 + flight - 100_000, 0.02 * flight, 1e-6);
});

Deno.test("a round with losses takes the bounds to what was delivered, or to 0.7 of what they were (section 5.5.10.3)", () => {
  const bounds = new Bounds();
  bounds.beginAck(round(1, 80_000, 9e5));
  bounds.noteLoss(loss({ delivered: 1e6 }));
  bounds.beginAck(round(2, 60_000, 5e5));
  bounds.adapt(false, 1e6, 200_000);
  assertEquals([bounds.rate, bounds.flight], [9e5, 140_000]);
  bounds.endAck(round(2, 60_000, 5e5));
  bounds.noteLoss(loss({ delivered: 2.06e6 }));
  bounds.beginAck(round(3, 30_000, 2e5));
  bounds.adapt(false, 1e6, 200_000);
  assertEquals([bounds.rate, Math.round(bounds.flight)], [0.7 * 9e5, 98_000]);
  bounds.forgetShortTerm();
  assertEquals([bounds.rate, bounds.flight], [Infinity, Infinity]);
});

Deno.test("losses that were provoked, and rounds without any, leave the bounds", () => {
  const bounds = new Bounds();
  bounds.beginAck(round(1, 80_000, 9e5));
  bounds.adapt(false, 1e6, 200_000);
  bounds.noteLoss(loss({ delivered: 1e6 }));
  bounds.beginAck(round(2, 80_000, 9e5));
  bounds.adapt(true, 1e6, 200_000);
  assertEquals([bounds.rate, bounds.isLossInRound], [Infinity, false]);
});

Deno.test("the long-term bound is raised by one, two, four segments in successive rounds (section 5.3.3.4)", () => {
  const bounds = new Bounds();
  bounds.longTerm = 100_000;
  bounds.startRaising(100_000, MSS);
  const raised = [1, 2, 3, 4].map(() => {
    const before = bounds.longTerm;
    for (let segment = 1; segment <= 100; segment++) bounds.raise(MSS, 100_000, MSS, segment === 100);
    return bounds.longTerm - before;
  });
  assertEquals(raised, [1000, 2000, 4000, 8000]);
  bounds.stopRaising();
  bounds.raise(1e6, 100_000, MSS, false);
  assertEquals(bounds.longTerm, 115_000);
});

Deno.test("headroom is 15 per cent, a segment at least, and leaves the least window", () => {
  const bounds = new Bounds();
  assertEquals(bounds.withHeadroom(MSS, 4000), Infinity);
  bounds.longTerm = 100_000;
  assertEquals(bounds.withHeadroom(MSS, 4000), 85_000);
  bounds.longTerm = 5000;
  assertEquals(bounds.withHeadroom(MSS, 4000), 4000);
});

Deno.test("runs of lost segments are counted, not segments", () => {
  const bounds = new Bounds();
  for (const start of [0, 1000, 2000, 5000, 6000, 9000]) bounds.noteLoss(loss({ start }));
  assertEquals(bounds.lostRuns, 3);
});

Deno.test("a loss that was none brings all bounds back", () => {
  const bounds = new Bounds();
  bounds.longTerm = 100_000;
  bounds.remember();
  bounds.noteLoss(loss());
  bounds.longTerm = 50_000;
  bounds.rate = 1;
  bounds.flight = 1;
  bounds.restore();
  assertEquals([bounds.longTerm, bounds.rate, bounds.flight, bounds.isLossInRound], [
    100_000,
    Infinity,
    Infinity,
    false,
  ]);
});

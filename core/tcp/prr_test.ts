import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProportionalRateReduction } from "./prr.ts";

const MSS = 1000;

/**
 * Feeds the acknowledgment that begins recovery, which delivers `first` segments and leaves `pipe` in flight, and then
 * `acks` of one segment each; returns how many segments leave after each.
 */
function recovery(flight: number, first: number, pipe: number, target: number, acks: number): number[] {
  const prr = new ProportionalRateReduction();
  prr.start(target * MSS, flight * MSS, MSS);
  prr.onAck(first * MSS, pipe * MSS, false, MSS);
  const sent: number[] = [];
  let inFlight = pipe * MSS;
  const leave = () => {
    let count = 0;
    while (prr.window - inFlight >= MSS) {
      prr.onSent(MSS);
      inFlight += MSS;
      count++;
    }
    sent.push(count);
  };
  leave();
  for (let i = 0; i < acks; i++) {
    inFlight -= MSS;
    prr.onAck(MSS, inFlight, true, MSS);
    leave();
  }
  return sent;
}

Deno.test("one loss in twenty with half the window as target: a segment for every second acknowledgment (RFC 6937)", () => {
  // Section 4, first example: FlightSize 20, ssthresh 10. The acknowledgment that begins recovery delivers three, half
  // of which may leave, and then one for each two delivered, until the pipe has come down to the target, which holds.
  const sent = recovery(20, 3, 16, 10, 16);
  assertEquals(sent, [1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1]);
});

Deno.test("fifteen losses in twenty: slow start makes up for a pipe below the target (RFC 6937 section 4)", () => {
  // Second example: pipe is 4, ssthresh 10. Each acknowledgment lets what it delivered leave, and one more.
  assertEquals(recovery(20, 1, 4, 10, 5), [1, 2, 2, 2, 2, 2]);
});

Deno.test("an acknowledgment that reports more loss lets only what it delivered leave", () => {
  const prr = new ProportionalRateReduction();
  prr.start(10 * MSS, 20 * MSS, MSS);
  prr.onAck(MSS, 4 * MSS, false, MSS);
  prr.onSent(MSS);
  prr.onAck(2 * MSS, 3 * MSS, false, MSS);
  assertEquals(prr.window, 5 * MSS);
  prr.onAck(2 * MSS, 3 * MSS, true, MSS);
  assertEquals(prr.window, 3 * MSS + 5 * MSS);
});

Deno.test("the window never passes the target while the pipe is below it", () => {
  const prr = new ProportionalRateReduction();
  prr.start(10 * MSS, 20 * MSS, MSS);
  prr.onSent(MSS);
  prr.onAck(8 * MSS, 9.5 * MSS, true, MSS);
  assertEquals(prr.window, 10 * MSS);
});

Deno.test("whatever is delivered, recovery sends no more than in proportion, and ends at the target", () => {
  fc.assert(fc.property(
    fc.integer({ min: 4, max: 500 }),
    fc.double({ min: 0.3, max: 0.9, noNaN: true }),
    (flight, share) => {
      const target = Math.max(2, Math.floor(flight * share));
      const sent = recovery(flight, 1, flight - 2, target, flight - 2);
      const total = sent.reduce((sum, count) => sum + count, 0);
      assert(Math.abs(total - Math.ceil((flight - 1) * target / flight)) <= 1, `${total} for ${target} of ${flight}`);
      let so = 0;
      sent.forEach((count, acks) => assert((so += count) <= Math.ceil((acks + 1) * target / flight) + 1));
    },
  ));
});

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ConstantRate, DeliveryOpportunities, RateSteps } from "./capacity.ts";

/** Packets as they come to an idle or busy link: pause before each, and length. */
const packets = fc.array(fc.record({ pause: fc.nat(20_000), bytes: fc.integer({ min: 40, max: 1500 }) }), {
  minLength: 1,
  maxLength: 60,
});

Deno.test("a constant rate takes the time of the bits", () => {
  assertEquals(new ConstantRate(12e6).finish(500, 1500), 1500);
  assertEquals(new ConstantRate(Infinity).finish(500, 1500), 500);
});

Deno.test("steps send what a slow integration of the rate sends", () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: 30 }), rate: fc.nat(20).map((mbit) => mbit * 1e6) });
  const steps = fc.array(step, { minLength: 1, maxLength: 6 }).filter((all) => all.some(({ rate }) => rate > 0));
  fc.assert(fc.property(steps, packets, fc.nat(5000), (lengths, packets, origin) => {
    let period = 0;
    const list = lengths.map(({ length, rate }) => {
      const at = period;
      period += 1000 * length;
      return { at, rate };
    });
    const trace = new RateSteps(list, period);
    const capacity = trace.begin(origin);
    // Bits that could have been sent between two times, one step after the other.
    const bitsBetween = (from: number, to: number) => {
      let bits = 0;
      for (let at = from; at < to;) {
        const phase = (at - origin) % period;
        const index = list.findLastIndex((step) => step.at <= phase);
        const end = Math.min(to, at - phase + (list[index + 1]?.at ?? period));
        bits += list[index]!.rate * (end - at) / 1e6;
        at = end;
      }
      return bits;
    };
    let free = origin;
    for (const { pause, bytes } of packets) {
      const start = free + pause;
      free = capacity.finish(start, bytes);
      assertAlmostEquals(bitsBetween(start, free), 8 * bytes, 0.01);
    }
  }));
});

Deno.test("delivery opportunities give 1500 bytes each, to whom they find", () => {
  const trace = new DeliveryOpportunities(Float64Array.of(1000, 1000, 5000, 9000));
  assertAlmostEquals(trace.meanRate, 4 * 12_000 / 0.009);
  const capacity = trace.begin(0);
  assertEquals(capacity.finish(0, 1500), 1000);
  assertEquals(capacity.finish(1000, 1000), 1000);
  assertEquals(capacity.finish(1000, 500), 1000);
  assertEquals(capacity.finish(1000, 100), 5000);
  // The rest of that opportunity is lost: nothing was waiting.
  assertEquals(capacity.finish(5001, 100), 9000);
  assertEquals(capacity.finish(9000, 1500), 10_000);
  assertEquals(capacity.finish(1_000_000, 4000), 9000 * 111 + 5000);
});

Deno.test("opportunities are used in order, and never by more than 1500 bytes each", () => {
  const times = fc.array(fc.nat(3000), { minLength: 1, maxLength: 20 }).filter((all) => all.some((time) => time > 0));
  fc.assert(fc.property(times, packets, (gaps, packets) => {
    let at = 0;
    const trace = new DeliveryOpportunities(Float64Array.from(gaps, (gap) => at += gap));
    const capacity = trace.begin(0);
    let free = 0;
    const sent: { at: number; bytes: number; start: number }[] = [];
    for (const { pause, bytes } of packets) {
      const start = free + pause;
      free = capacity.finish(start, bytes);
      assert(free >= start);
      sent.push({ at: free, bytes, start });
    }
    for (let i = 0; i < sent.length; i++) {
      let bytes = 0;
      for (let j = i; j < sent.length; j++) {
        bytes += sent[j]!.bytes;
        const opportunities = countBetween(trace, sent[i]!.start, sent[j]!.at);
        assert(bytes <= 1500 * opportunities, `${bytes} bytes in ${opportunities} opportunities`);
      }
    }
  }));
});

function countBetween(trace: DeliveryOpportunities, from: number, to: number): number {
  let count = 0;
  const first = Math.floor(from / trace.period) - 1;
  for (let round = Math.max(first, 0); round * trace.period <= to; round++) {
    for (const time of trace.times) {
      const at = round * trace.period + time;
      if (at >= from && at <= to) count++;
    }
  }
  return count;
}

Deno.test("traces that never send, or are out of order, are refused", () => {
  assertThrows(() => new RateSteps([{ at: 0, rate: 0 }], 1000), RangeError, "none of them sends");
  assertThrows(() => new RateSteps([{ at: 5, rate: 1 }], 1000), RangeError, "times must grow from 0");
  assertThrows(() => new DeliveryOpportunities(Float64Array.of()), RangeError, "after time 0");
  assertThrows(() => new DeliveryOpportunities(Float64Array.of(5, 3)), RangeError, "number 1 is out of order");
  assertThrows(() => new ConstantRate(-1), RangeError, "Cannot use rate -1");
});

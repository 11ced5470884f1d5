import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Allowance } from "./allowance.ts";

Deno.test("an allowance is spent at once or over time, never faster than it fills", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 100 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), steps, (most, steps) => {
    const allowance = new Allowance(most, 10);
    let now = 0;
    let taken = 0;
    for (const step of steps) {
      now += step;
      if (allowance.take(now)) taken++;
    }
    assertEquals(taken <= most + Math.floor(now / 10), true);
    // Who waits gets everything again.
    now += most * 10;
    assertEquals(Array.from({ length: most + 1 }, () => allowance.take(now)), [...Array(most).fill(true), false]);
  }));
});

import { assertEquals } from "@std/assert";
import type { Env } from "../core/plugin.ts";
import { fakeEnv } from "../tests/kit/mod.ts";
import { Backoff } from "./backoff.ts";

const SETTINGS = { shortest: 1_000_000, longest: 60_000_000 };

/** An environment in which chance always says `value`. */
function env(value: number): Env {
  return { ...fakeEnv(0), random: () => value };
}

Deno.test("the wait doubles from one failure to the next, up to the longest", () => {
  const backoff = new Backoff(SETTINGS);
  const waits = [];
  let now = 5_000_000;
  for (let i = 0; i < 8; i++) {
    backoff.fail(now, env(0));
    waits.push((backoff.notBefore - now) / 1e6);
    now = backoff.notBefore;
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
});

Deno.test("chance adds up to a tenth", () => {
  const backoff = new Backoff(SETTINGS);
  backoff.fail(0, env(0.5));
  assertEquals(backoff.notBefore, 1_050_000);
});

Deno.test("failures during a wait prolong it without doubling", () => {
  const backoff = new Backoff(SETTINGS);
  backoff.fail(0, env(0));
  backoff.fail(400_000, env(0));
  assertEquals(backoff.notBefore, 1_400_000);
});

Deno.test("what worked and broke is tried again at once, and waits the next time unless it lasted", () => {
  const backoff = new Backoff(SETTINGS);
  backoff.break(0, 300_000, env(0));
  assertEquals(backoff.notBefore <= 300_000, true, "at once");
  backoff.break(300_000, 400_000, env(0));
  assertEquals(backoff.notBefore, 1_400_000, "haste did not help");
  backoff.break(1_400_000, 1_500_000, env(0));
  assertEquals(backoff.notBefore, 3_500_000, "twice as long");
  backoff.break(3_500_000, 7_500_000, env(0));
  assertEquals(backoff.notBefore <= 7_500_000, true, "it lasted as long as the next wait");
  backoff.fail(7_600_000, env(0));
  assertEquals(backoff.notBefore, 8_600_000, "the first failure again");
});

Deno.test("what was opened before the attempt at once breaks of the same cause, and does not wait", () => {
  const backoff = new Backoff(SETTINGS);
  backoff.break(0, 500_000, env(0));
  backoff.break(100_000, 500_001, env(0));
  assertEquals(backoff.notBefore <= 500_001, true);
});

Deno.test("a wait for attempts that failed is not cut short by what breaks meanwhile", () => {
  const backoff = new Backoff(SETTINGS);
  backoff.fail(10_000_000, env(0));
  backoff.break(0, 10_500_000, env(0));
  assertEquals(backoff.notBefore, 11_000_000);
});

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

Deno.test("after forgiveness the first wait is the shortest again", () => {
  const backoff = new Backoff(SETTINGS);
  for (let i = 0; i < 5; i++) backoff.fail(i * 100_000_000, env(0));
  backoff.forgive();
  backoff.fail(900_000_000, env(0));
  assertEquals(backoff.notBefore, 901_000_000);
});

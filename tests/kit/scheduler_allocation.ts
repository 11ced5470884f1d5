/**
 * Whether a scheduler allocates: it is asked for every few segments.
 *
 * @module
 */

import type { Plugin, Scheduler } from "../../core/plugin.ts";
import { fakeEnv } from "./fake_env.ts";
import { Violation } from "./property.ts";
import { SteadyBatch } from "./steady_batch.ts";

/** The rule. */
export const ALLOCATES_NOTHING = "allocates nothing when it is asked";

/**
 * Bytes that count as nothing: of a question, and of each subflow in it. A number that is no small integer takes 16 wherever
 * the compiler does not inline, which depends on all that ran before in the process: reading one rate of each subflow is
 * such a number. A list, a closure or an iterator takes more.
 */
const MOST = 48;
const MOST_OF_SUBFLOW = 16;
/** Questions until the compiler is done, if it has a processor to itself. */
const WARM_UP = 60_000;
/** Rounds of measurement, of which the best counts: on a busy machine the compiler may take longer. */
const ROUNDS = 8;
/** Questions of one measurement: few, so that seldom a collection falls into it. */
const WINDOW = 500;
/** Measurements; the median counts, which leaves out those with a collection or the compiler in them. */
const WINDOWS = 60;

/** Throws if `plugin` allocates more than `most` bytes for a question with `count` subflows. */
export function checkAllocation(
  plugin: Plugin<Scheduler>,
  count: number,
  most: number = MOST + MOST_OF_SUBFLOW * count,
): void {
  const scheduler = plugin.create(fakeEnv(1));
  const batch = new SteadyBatch(count);
  let now = 0;
  const run = (questions: number): void => {
    for (let i = 0; i < questions; i++) {
      batch.turn(i);
      scheduler.schedule(batch, now += 100);
    }
  };
  const measure = (): number => {
    for (let i = 0; i < WARM_UP / WINDOW; i++) run(WINDOW);
    const growth: number[] = [];
    for (let i = 0; i < WINDOWS; i++) {
      const before = Deno.memoryUsage().heapUsed;
      run(WINDOW);
      growth.push((Deno.memoryUsage().heapUsed - before) / WINDOW);
    }
    return growth.sort((a, b) => a - b)[WINDOWS / 2]!;
  };
  let bytes = Infinity;
  for (let round = 0; round < ROUNDS && bytes > most; round++) bytes = Math.min(bytes, measure());
  if (bytes > most) throw new Violation(`${ALLOCATES_NOTHING}: ${bytes.toFixed(1)} bytes with ${count} subflows`);
}

/**
 * What holds for every scheduler.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Plugin, Scheduler } from "../../core/plugin.ts";
import { fakeEnv } from "./fake_env.ts";
import {
  checkHistories,
  type CheckOptions,
  judgeOf,
  type Property,
  registerProperties,
  REPLAYS,
  type Step,
  step,
  THROWS_NOTHING,
  WAKES_AHEAD,
} from "./property.ts";
import { ALLOCATES_NOTHING, checkAllocation } from "./scheduler_allocation.ts";
import { SCHEDULER_RULES, SchedulerModel } from "./scheduler_model.ts";

/** What a scheduler is held to. */
export interface SchedulerKitOptions extends CheckOptions {
  /**
   * True if it may leave room unused on purpose, as one that waits for a faster subflow does. Then something has to be
   * assigned only when neither an acknowledgment nor `wakeAt` would bring the question back. Default: false.
   */
  readonly mayWait?: boolean;
  /** True if it may allocate when it is asked, as a first draft does. Default: false. */
  readonly mayAllocate?: boolean;
}

/**
 * Registers a test for each property of `plugin`.
 *
 * @example
 * ```ts ignore
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { testScheduler } from "@userspace/mptcp/testing";
 *
 * testScheduler(minRtt());
 * ```
 */
export function testScheduler(plugin: Plugin<Scheduler>, options: SchedulerKitOptions = {}): void {
  registerProperties(plugin.name, schedulerProperties(plugin, options));
}

/**
 * The properties of a scheduler, over random histories of a connection: subflows come, go, change and fall silent, data
 * is written and acknowledged, the window opens and closes.
 *
 * Room may be exceeded in one case: a subflow with nothing in flight and nothing queued may be given one segment.
 *
 * @example
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { schedulerProperties } from "@userspace/mptcp/testing";
 *
 * for (const property of schedulerProperties(minRtt())) property.check();
 * ```
 */
export function schedulerProperties(plugin: Plugin<Scheduler>, options: SchedulerKitOptions = {}): Property[] {
  const model = (rule: string, seed: number): SchedulerModel =>
    new SchedulerModel(plugin, fakeEnv(seed), judgeOf(rule), { mayWait: options.mayWait ?? false });
  const finish = (models: readonly SchedulerModel[]): void => models.forEach((it) => it.finish());
  const rules = [THROWS_NOTHING, WAKES_AHEAD, ...Object.values(SCHEDULER_RULES)].map((rule): Property => ({
    name: rule,
    check: () => checkHistories(schedulerSteps(), (seed) => [model(rule, seed)], options, finish),
  }));
  const replays: Property = {
    name: REPLAYS,
    check: () =>
      checkHistories(
        schedulerSteps(),
        (seed) => [model(REPLAYS, seed), model(REPLAYS, seed)],
        options,
        (models) => {
          finish(models);
          assertEquals(models[0]?.log, models[1]?.log);
        },
      ),
  };
  const allocation: Property = {
    name: ALLOCATES_NOTHING,
    check: () => [1, 2, 5].forEach((count) => checkAllocation(plugin, count)),
  };
  return options.mayAllocate ? [...rules, replays] : [...rules, replays, allocation];
}

function schedulerSteps(): fc.Arbitrary<Step<SchedulerModel>>[] {
  const index = fc.nat(7);
  const srtt = fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 2_000_000 }));
  const mss = fc.constantFrom(536, 1000, 1220, 1448, 8948);
  const segments = fc.integer({ min: 1, max: 60 });
  const opened = fc.record({ mss, srtt, segments, backup: fc.boolean() });
  return [
    opened.map(({ segments, ...fields }) =>
      step(
        `open ${JSON.stringify({ ...fields, segments })}`,
        (model) => model.open({ ...fields, cwnd: segments * fields.mss }),
      )
    ),
    index.map((i) => step(`close #${i}`, (model) => model.close(i))),
    fc.tuple(index, fc.boolean()).map(([i, backup]) =>
      step(`backup #${i} ${backup}`, (model) => model.change(i, (subflow) => subflow.backup = backup))
    ),
    fc.tuple(index, fc.boolean()).map(([i, stale]) =>
      step(`stale #${i} ${stale}`, (model) => model.change(i, (subflow) => subflow.stale = stale))
    ),
    fc.tuple(index, srtt, fc.integer({ min: 500, max: 60_000 })).map(([i, srtt, cwnd]) =>
      step(
        `change #${i} srtt ${srtt} cwnd ${cwnd}`,
        (model) => model.change(i, (subflow) => Object.assign(subflow, { srtt, cwnd })),
      )
    ),
    fc.integer({ min: 1, max: 300_000 }).map((bytes) => step(`write ${bytes}`, (model) => model.write(bytes))),
    fc.nat(400_000).map((bytes) => step(`window ${bytes}`, (model) => model.offerWindow(bytes))),
    fc.tuple(index, fc.integer({ min: 1, max: 40 })).map(([i, count]) =>
      step(`acknowledge #${i} ×${count}`, (model) => model.acknowledge(i, count))
    ),
    fc.nat(3_000_000).map((duration) => step(`pass ${duration}`, (model) => model.pass(duration))),
  ];
}

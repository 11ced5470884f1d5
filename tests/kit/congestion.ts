/**
 * What holds for every congestion control.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CongestionGroup, LossKind, Plugin } from "../../core/plugin.ts";
import { chaosSteps, CongestionChaos, SURVIVES } from "./congestion_chaos.ts";
import { ALLOCATES_NOTHING, checkAllocation, checkWork, WORKS_LITTLE } from "./congestion_cost.ts";
import { checkCoupling, checkGrowth, COUPLED, GROWS } from "./congestion_growth.ts";
import { CONGESTION_RULES, CongestionModel } from "./congestion_model.ts";
import { checkShare, SHARES } from "./congestion_share.ts";
import { fakeEnv } from "./fake_env.ts";
import {
  checkHistories,
  type CheckOptions,
  excepting,
  judgeOf,
  type Property,
  registerProperties,
  REPLAYS,
  type Step,
  step,
  THROWS_NOTHING,
} from "./property.ts";

/** What a congestion control is held to. */
export interface CongestionKitOptions extends CheckOptions {
  /**
   * What all subflows together may gain in congestion avoidance, as a multiple of what one TCP connection gains on the
   * best of their paths; 1 if they shall do no harm (RFC 6356 section 2). Default: not looked at.
   */
  readonly mostGain?: number;
  /**
   * Least and greatest throughput of a connection of two subflows beside a TCP connection at one bottleneck, as a multiple
   * of the other's; around 1 if it shall do no harm. Simulated. Default: not looked at.
   */
  readonly share?: readonly [least: number, most: number];
  /**
   * Properties that do not hold for it, by name, with the reason. The kit makes sure of that: it looks for a counterexample
   * and fails if there is none.
   */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/**
 * Registers a test for each property of `plugin`.
 *
 * @example
 * ```ts ignore
 * import { lia } from "@userspace/mptcp/congestion";
 * import { testCongestion } from "@userspace/mptcp/testing";
 *
 * testCongestion(lia(), { mostGain: 1, share: [0.8, 1.25] });
 * ```
 */
export function testCongestion(plugin: Plugin<CongestionGroup>, options: CongestionKitOptions = {}): void {
  registerProperties(plugin.name, congestionProperties(plugin, options));
}

/**
 * The properties of a congestion control, most of them over random histories of a few subflows.
 *
 * @example
 * ```ts
 * import { lia } from "@userspace/mptcp/congestion";
 * import { congestionProperties } from "@userspace/mptcp/testing";
 *
 * for (const property of congestionProperties(lia(), { mostGain: 1 })) await property.check();
 * ```
 */
export function congestionProperties(
  plugin: Plugin<CongestionGroup>,
  options: CongestionKitOptions = {},
): Property[] {
  const model = (rule: string, seed: number): CongestionModel =>
    new CongestionModel(plugin, fakeEnv(seed), judgeOf(rule));
  const rules = [THROWS_NOTHING, ...Object.values(CONGESTION_RULES)].map((rule): Property => ({
    name: rule,
    check: () => checkHistories(congestionSteps(), (seed) => [model(rule, seed)], options),
  }));
  const replays: Property = {
    name: REPLAYS,
    check: () =>
      checkHistories(
        congestionSteps(),
        (seed) => [model(REPLAYS, seed), model(REPLAYS, seed)],
        options,
        ([one, other]) => assertEquals(one?.log, other?.log),
      ),
  };
  const others: Property[] = [
    { name: GROWS, check: () => checkGrowth(plugin, options) },
    {
      name: SURVIVES,
      check: () =>
        checkHistories(
          chaosSteps(),
          (seed) => [new CongestionChaos(plugin, fakeEnv(seed), judgeOf(SURVIVES))],
          options,
        ),
    },
    { name: WORKS_LITTLE, check: () => checkWork(plugin) },
  ];
  const { mostGain, share, exceptions = {} } = options;
  if (mostGain !== undefined) others.push({ name: COUPLED, check: () => checkCoupling(plugin, mostGain, options) });
  if (share !== undefined) others.push({ name: SHARES, check: () => checkShare(plugin, share) });
  // First, since what the other properties do makes the compiler ready for anything, and that takes memory.
  const allocation: Property = { name: ALLOCATES_NOTHING, check: () => checkAllocation(plugin) };
  return excepting([allocation, ...rules, replays, ...others], exceptions);
}

function congestionSteps(): fc.Arbitrary<Step<CongestionModel>>[] {
  const index = fc.nat(5);
  const rtt = fc.integer({ min: 50, max: 2_000_000 });
  const share = fc.constantFrom(0.01, 0.1, 0.5, 1);
  const mss = fc.constantFrom(536, 1220, 1448, 8948);
  const kind = fc.constantFrom<LossKind>("fast", "fast", "timeout", "ecn", "penalty");
  const acknowledge = fc.tuple(index, share, fc.boolean(), fc.oneof(fc.constant(0), rtt)).map(([i, share, full, rtt]) =>
    step<CongestionModel>(
      `acknowledge #${i} ×${share} cwndLimited ${full} rtt ${rtt}`,
      (model) => model.acknowledge(i, share, full, rtt),
    )
  );
  const send = fc.tuple(index, share).map(([i, share]) =>
    step<CongestionModel>(`send #${i} ×${share}`, (model) => model.send(i, share))
  );
  return [
    fc.tuple(mss, fc.oneof(fc.constant(0), rtt)).map(([mss, srtt]) =>
      step(`join mss ${mss} srtt ${srtt}`, (model) => model.join(mss, srtt))
    ),
    index.map((i) => step(`leave #${i}`, (model) => model.leave(i))),
    send,
    send,
    acknowledge,
    acknowledge,
    fc.tuple(index, kind).map(([i, kind]) => step(`${kind} loss #${i}`, (model) => model.lose(i, kind))),
    index.map((i) => step(`spurious #${i}`, (model) => model.undo(i))),
    index.map((i) => step(`recovered #${i}`, (model) => model.recover(i))),
    index.map((i) => step(`idle #${i}`, (model) => model.rest(i))),
    fc.tuple(index, mss).map(([i, mss]) => step(`mss #${i} ${mss}`, (model) => model.resize(i, mss))),
    fc.nat(3_000_000).map((duration) => step(`pass ${duration}`, (model) => model.pass(duration))),
  ];
}

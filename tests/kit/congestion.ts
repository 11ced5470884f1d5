/**
 * What holds for every congestion control.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CongestionController, CongestionGroup, LossKind, Plugin } from "../../core/plugin.ts";
import { CONGESTION_RULES, CongestionModel, sampleOf } from "./congestion_model.ts";
import { fakeEnv } from "./fake_env.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import {
  checkHistories,
  type CheckOptions,
  judgeOf,
  type Property,
  registerProperties,
  REPLAYS,
  runParameters,
  type Step,
  step,
  THROWS_NOTHING,
} from "./property.ts";

/** What a congestion control is held to. */
export interface CongestionKitOptions extends CheckOptions {
  /**
   * True if all subflows together shall gain no more in congestion avoidance than one TCP connection would on the best
   * of their paths (RFC 6356 section 2, "do no harm"). Default: false.
   */
  readonly coupled?: boolean;
}

/**
 * Registers a test for each property of `plugin`.
 *
 * @example
 * ```ts ignore
 * import { lia } from "@userspace/mptcp/congestion";
 * import { testCongestion } from "@userspace/mptcp/testing";
 *
 * testCongestion(lia(), { coupled: true });
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
 * for (const property of congestionProperties(lia(), { coupled: true })) property.check();
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
  const coupled: Property = { name: COUPLED, check: () => checkCoupling(plugin, options) };
  const grows: Property = { name: GROWS, check: () => checkGrowth(plugin, options) };
  return [...rules, grows, replays, ...(options.coupled ? [coupled] : [])];
}

const COUPLED = "gains no more in total than one TCP connection on the best path";
const GROWS = "lets the window grow again and again while nothing is lost";

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

/** A subflow and its window. */
interface Path {
  readonly view: FakeSubflow;
  readonly controller: CongestionController;
}

function join(group: CongestionGroup, id: number, srtt: number): Path {
  const view = new FakeSubflow(id, { srtt, minRtt: srtt });
  return { view, controller: group.join(view) };
}

/** Sends and acknowledges `bytes` on `path`, whose window is said to be the limit. */
function deliver({ view, controller }: Path, bytes: number, now: number): void {
  view.inFlight = Math.max(bytes, controller.cwnd);
  controller.onSent(bytes, view.inFlight, now);
  const sample = sampleOf(view, bytes, true, view.srtt);
  view.bytesAcked += bytes;
  controller.onAck(sample, now);
  view.cwnd = controller.cwnd;
}

/** Takes `path` through slow start to twice `bytes` and a loss, to congestion avoidance at about `bytes`. */
function settle(path: Path, bytes: number): void {
  const { view, controller } = path;
  for (let rounds = 0; controller.cwnd < 2 * bytes && rounds < 30; rounds++) {
    deliver(path, Math.min(controller.cwnd, 2 * bytes - controller.cwnd), 0);
  }
  controller.onLoss("fast", view.mss, controller.cwnd - view.mss, 0);
  controller.onRecovered?.(0);
  view.cwnd = controller.cwnd;
}

function checkGrowth(plugin: Plugin<CongestionGroup>, options: CheckOptions): void {
  const segments = fc.integer({ min: 5, max: 200 });
  fc.assert(
    fc.property(fc.nat(), segments, fc.integer({ min: 1000, max: 500_000 }), (seed, segments, srtt) => {
      const path = join(plugin.create(fakeEnv(seed)), 0, srtt);
      settle(path, segments * path.view.mss);
      let now = 0;
      for (let epoch = 1; epoch <= 3; epoch++) {
        const before = path.controller.cwnd;
        for (let round = 0; round < 50; round++) deliver(path, path.controller.cwnd, now += srtt);
        const after = path.controller.cwnd;
        judgeOf(GROWS)(GROWS, after > before, () => `${before} to ${after} in 50 round trips`);
      }
    }),
    runParameters(options),
  );
}

/** Length of the comparison in round trips of the longest path, and its parts. */
const LONGEST_ROUND_TRIPS = 40;
const PARTS = 400;

/**
 * Lets every path deliver at its own rate, window per round-trip time, for the same time, and compares the sum of the
 * windows' gains with what TCP gains on the path with the shortest round trip: a segment each (RFC 5681). Gains in steps
 * of a whole segment are allowed for.
 */
function checkCoupling(plugin: Plugin<CongestionGroup>, options: CheckOptions): void {
  const path = fc.record({
    segments: fc.integer({ min: 10, max: 200 }),
    srtt: fc.integer({ min: 10_000, max: 300_000 }),
  });
  fc.assert(
    fc.property(fc.nat(), fc.array(path, { minLength: 2, maxLength: 4 }), (seed, shapes) => {
      const group = plugin.create(fakeEnv(seed));
      const paths = shapes.map(({ srtt }, id) => join(group, id, srtt));
      paths.forEach((path, i) => settle(path, shapes[i]!.segments * path.view.mss));
      const before = total(paths);
      const duration = LONGEST_ROUND_TRIPS * Math.max(...shapes.map((it) => it.srtt));
      for (let part = 1; part <= PARTS; part++) {
        for (const path of paths) {
          const bytes = Math.round(path.controller.cwnd * duration / PARTS / path.view.srtt);
          deliver(path, bytes, part * duration / PARTS);
        }
      }
      const gain = total(paths) - before;
      const mss = paths[0]!.view.mss;
      const tcp = mss * duration / Math.min(...shapes.map((it) => it.srtt));
      judgeOf(COUPLED)(COUPLED, gain <= 1.01 * tcp + paths.length * mss, () => `${gain} bytes, TCP ${tcp}`);
    }),
    runParameters(options),
  );
}

function total(paths: readonly Path[]): number {
  return paths.reduce((sum, it) => sum + it.controller.cwnd, 0);
}

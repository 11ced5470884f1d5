/**
 * How windows grow while nothing is lost.
 *
 * @module
 */

import fc from "fast-check";
import type { CongestionController, CongestionGroup, Plugin } from "../../core/plugin.ts";
import { sampleOf } from "./congestion_model.ts";
import { fakeEnv } from "./fake_env.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { assertHolds, type CheckOptions, judgeOf } from "./property.ts";

/** Every window grows as long as nothing speaks against it. */
export const GROWS = "lets the window grow again and again while nothing is lost";
/** RFC 6356 section 2, goal 2, as a bound on what subflows gain. */
export const COUPLED = "gains no more in total than it may, measured by one TCP connection on the best path";

/** A subflow and its window. */
export interface Path {
  readonly view: FakeSubflow;
  readonly controller: CongestionController;
}

/** A subflow of `group` whose round trips take `srtt`. */
export function joinPath(group: CongestionGroup, id: number, srtt: number): Path {
  const view = new FakeSubflow(id, { srtt, minRtt: srtt });
  return { view, controller: group.join(view) };
}

/** Sends and acknowledges `bytes` on `path`, whose window is said to be the limit. */
export function deliver({ view, controller }: Path, bytes: number, now: number): void {
  view.inFlight = Math.max(bytes, controller.cwnd);
  controller.onSent(bytes, view.inFlight, now);
  const sample = sampleOf(view, bytes, true, view.srtt);
  view.bytesAcked += bytes;
  controller.onAck(sample, now);
  view.cwnd = controller.cwnd;
}

/** Takes `path` through slow start to twice `bytes` and a loss, to congestion avoidance at about `bytes`. */
export function settle(path: Path, bytes: number): void {
  const { view, controller } = path;
  for (let rounds = 0; controller.cwnd < 2 * bytes && rounds < 30; rounds++) {
    deliver(path, Math.min(controller.cwnd, 2 * bytes - controller.cwnd), 0);
  }
  controller.onLoss("fast", view.mss, controller.cwnd - view.mss, 0);
  controller.onRecovered?.(0);
  view.cwnd = controller.cwnd;
}

/** Looks for a path on which {@linkcode GROWS} does not hold. */
export function checkGrowth(plugin: Plugin<CongestionGroup>, options: CheckOptions): void {
  const segments = fc.integer({ min: 5, max: 200 });
  assertHolds(
    fc.property(fc.nat(), segments, fc.integer({ min: 1000, max: 500_000 }), (seed, segments, srtt) => {
      const path = joinPath(plugin.create(fakeEnv(seed)), 0, srtt);
      settle(path, segments * path.view.mss);
      let now = 0;
      for (let epoch = 1; epoch <= 3; epoch++) {
        const before = path.controller.cwnd;
        for (let round = 0; round < 50; round++) deliver(path, path.controller.cwnd, now += srtt);
        const after = path.controller.cwnd;
        judgeOf(GROWS)(GROWS, after > before, () => `${before} to ${after} in 50 round trips`);
      }
    }),
    options,
  );
}

/** Length of the comparison in round trips of the longest path, and its parts. */
const LONGEST_ROUND_TRIPS = 40;
const PARTS = 400;

/**
 * Lets every path deliver at its own rate, window per round-trip time, for the same time, and compares the sum of the
 * windows' gains with `most` times what TCP gains on the path with the shortest round trip: a segment each (RFC 5681).
 * Gains in steps of a whole segment are allowed for.
 */
export function checkCoupling(plugin: Plugin<CongestionGroup>, most: number, options: CheckOptions): void {
  const path = fc.record({
    segments: fc.integer({ min: 10, max: 200 }),
    srtt: fc.integer({ min: 10_000, max: 300_000 }),
  });
  assertHolds(
    fc.property(fc.nat(), fc.array(path, { minLength: 2, maxLength: 4 }), (seed, shapes) => {
      const group = plugin.create(fakeEnv(seed));
      const paths = shapes.map(({ srtt }, id) => joinPath(group, id, srtt));
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
      judgeOf(COUPLED)(COUPLED, gain <= 1.01 * most * tcp + paths.length * mss, () => `${gain} bytes, TCP ${tcp}`);
    }),
    options,
  );
}

function total(paths: readonly Path[]): number {
  return paths.reduce((sum, it) => sum + it.controller.cwnd, 0);
}

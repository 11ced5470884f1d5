/**
 * What plug-ins cost: a scheduler for each piece of data, a congestion control for each acknowledgment.
 *
 * Each figure is for 1000 questions or acknowledgments; the nanoseconds of one are the microseconds of a thousand. Beside
 * a scheduler stands what one choice of it allocates.
 *
 * @module
 */

import { lia, newReno } from "../congestion/mod.ts";
import type { CongestionGroup, Plugin, Scheduler } from "../core/plugin.ts";
import {
  adaptiveRedundancy,
  blest,
  burst,
  daps,
  ecf,
  minRtt,
  otias,
  peekaboo,
  redundant,
  roundRobin,
  sttf,
} from "../schedulers/mod.ts";
import { fakeAck, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";
import { SteadyBatch } from "../tests/kit/steady_batch.ts";

const TIMES = 1000;
const MSS = 1448;

/** Subflows of which every third is full, as when their acknowledgments come one after the other. */
function makeSubflows(count: number): FakeSubflow[] {
  return Array.from({ length: count }, (_, id) => {
    const inFlight = id % 3 === 0 ? 100 * MSS : 90 * MSS;
    return new FakeSubflow(id, { mss: MSS, cwnd: 100 * MSS, inFlight, srtt: 20_000 + 7919 * (id * 5 % count) });
  });
}

/** Bytes that a choice allocates, in the steady state. */
function bytesPerChoice(scheduler: Scheduler, batch: SteadyBatch): number {
  const growth: number[] = [];
  for (let window = 0; window < 200; window++) {
    const before = Deno.memoryUsage().heapUsed;
    choose(scheduler, batch);
    growth.push((Deno.memoryUsage().heapUsed - before) / TIMES);
  }
  // The median leaves out collections, and the compiler at work.
  return Math.round(growth.sort((a, b) => a - b)[growth.length / 2]!);
}

function choose(scheduler: Scheduler, batch: SteadyBatch): void {
  for (let i = 0; i < TIMES; i++) {
    batch.turn(i);
    scheduler.schedule(batch, 100 * i);
  }
}

const SCHEDULERS: readonly Plugin<Scheduler>[] = [
  minRtt(),
  roundRobin(),
  burst(),
  blest(),
  ecf(),
  daps(),
  otias(),
  sttf(),
  peekaboo(),
  redundant(),
  adaptiveRedundancy(),
];

for (const plugin of SCHEDULERS) {
  for (const count of [2, 8]) {
    const scheduler = plugin.create(fakeEnv(0));
    const batch = new SteadyBatch(count);
    const bytes = bytesPerChoice(scheduler, batch);
    Deno.bench(
      `${plugin.name}: 1000 × two segments, ${count} subflows, ${bytes} bytes each`,
      { group: `schedulers, ${count}` },
      () => choose(scheduler, batch),
    );
  }
}

for (const plugin of [newReno(), lia()] satisfies Plugin<CongestionGroup>[]) {
  for (const count of [2, 8]) {
    const group = plugin.create(fakeEnv(0));
    const controllers = makeSubflows(count).map((view) => group.join(view));
    const sample = fakeAck(2 * MSS, {
      priorInFlight: 100 * MSS,
      inFlight: 98 * MSS,
      delivered: 1e9,
      priorDelivered: 1e9 - 100 * MSS,
      deliveryRate: 1e7,
    });
    Deno.bench(`${plugin.name}: 1000 × acknowledgment, ${count} subflows`, { group: `congestion, ${count}` }, () => {
      for (const controller of controllers) controller.onLoss("ecn", 0, 0, 0);
      for (let i = 0; i < TIMES; i++) controllers[i % count]!.onAck(sample, i);
    });
  }
}

/**
 * What plug-ins cost: a scheduler for each piece of data, a congestion control for each acknowledgment.
 *
 * Each figure is for 1000 questions or acknowledgments.
 *
 * @module
 */

import { lia, newReno } from "../congestion/mod.ts";
import type { CongestionGroup, Plugin, Scheduler, SendBatch, SubflowView } from "../core/plugin.ts";
import { minRtt, roundRobin } from "../schedulers/mod.ts";
import { fakeAck, fakeEnv, FakeSubflow } from "../tests/kit/mod.ts";

const TIMES = 1000;
const MSS = 1448;

/** Subflows of which every third is full, as when their acknowledgments come one after the other. */
function makeSubflows(count: number): FakeSubflow[] {
  return Array.from({ length: count }, (_, id) => {
    const inFlight = id % 3 === 0 ? 100 * MSS : 90 * MSS;
    return new FakeSubflow(id, { mss: MSS, cwnd: 100 * MSS, inFlight, srtt: 20_000 + 7919 * (id * 5 % count) });
  });
}

/** Two segments that wait, whatever was assigned. */
class Question implements SendBatch {
  readonly reason = "data";
  waiting = 2 * MSS;
  readonly queued = 2 * MSS;
  readonly unacked = 0;
  readonly next = 0;
  readonly windowEnd = 1e9;
  readonly subflows: readonly SubflowView[];

  constructor(subflows: readonly SubflowView[]) {
    this.subflows = subflows;
  }

  assign(_subflow: SubflowView, bytes: number): number {
    this.waiting -= bytes;
    return bytes;
  }

  carrier(): null {
    return null;
  }

  penalise(): void {}
}

for (const plugin of [minRtt(), roundRobin()] satisfies Plugin<Scheduler>[]) {
  for (const count of [2, 8]) {
    const scheduler = plugin.create(fakeEnv(0));
    const question = new Question(makeSubflows(count));
    Deno.bench(`${plugin.name}: 1000 × two segments, ${count} subflows`, { group: `schedulers, ${count}` }, () => {
      for (let i = 0; i < TIMES; i++) {
        question.waiting = 2 * MSS;
        scheduler.schedule(question, i);
      }
    });
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

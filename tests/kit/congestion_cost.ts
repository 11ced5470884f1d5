/**
 * What an acknowledgment costs: it comes a hundred thousand times a second, for each of eight subflows.
 *
 * @module
 */

import type { CongestionController, CongestionGroup, Plugin } from "../../core/plugin.ts";
import { fakeAck } from "./fake_ack.ts";
import { fakeEnv } from "./fake_env.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { judgeOf } from "./property.ts";

/** Work does not grow with anything but the number of subflows. */
export const WORKS_LITTLE = "looks at each subflow a few times for an acknowledgment, however many came before";
/** What is allocated has to be collected, which stops everything. */
export const ALLOCATES_NOTHING = "allocates next to nothing for an acknowledgment";

/** Reads of a subflow's fields that an acknowledgment may cost, for each subflow of the connection. */
const MOST_READS = 12;
const SUBFLOWS = 8;
const MSS = 1448;

/** Bytes for an acknowledgment: a few numbers that the runtime boxes, 16 each, but nothing for each of the subflows. */
const MOST_BYTES = 100;
const WARM_UP = 60_000;
const WINDOWS = 50;
const PER_WINDOW = 2000;

/** Counts what each of many acknowledgments reads. */
export function checkWork(plugin: Plugin<CongestionGroup>): void {
  let reads = 0;
  const group = plugin.create(fakeEnv(0));
  const controllers = Array.from({ length: SUBFLOWS }, (_, id) => {
    const view = new FakeSubflow(id, { mss: MSS, srtt: 20_000 + 1000 * id, minRtt: 20_000 });
    return group.join(
      new Proxy(view, {
        get: (target, name) => {
          reads++;
          return Reflect.get(target, name);
        },
      }),
    );
  });
  const feed = new Feed(controllers);
  feed.loseOnce();
  for (let i = 0; i < 2000; i++) {
    reads = 0;
    feed.acknowledge();
    const read = reads;
    judgeOf(WORKS_LITTLE)(
      WORKS_LITTLE,
      read <= MOST_READS * SUBFLOWS,
      () => `${read} reads of ${SUBFLOWS} subflows at acknowledgment ${i}`,
    );
  }
}

/** Measures what many acknowledgments leave on the heap, and takes the median: the compiler allocates now and then, too. */
export function checkAllocation(plugin: Plugin<CongestionGroup>): void {
  const collect = (globalThis as { gc?: (options: { type: "minor" }) => void }).gc ?? (() => {});
  const group = plugin.create(fakeEnv(0));
  const controllers = Array.from(
    { length: SUBFLOWS },
    (_, id) => group.join(new FakeSubflow(id, { mss: MSS, srtt: 20_000 + 1000 * id, minRtt: 20_000 })),
  );
  const feed = new Feed(controllers);
  feed.loseOnce();
  for (let i = 0; i < WARM_UP; i++) feed.acknowledge();
  const bytes: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    feed.loseOnce();
    collect({ type: "minor" });
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < PER_WINDOW; i++) feed.acknowledge();
    bytes.push((Deno.memoryUsage().heapUsed - before) / PER_WINDOW);
  }
  const median = bytes.sort((a, b) => a - b)[WINDOWS / 2]!;
  judgeOf(ALLOCATES_NOTHING)(ALLOCATES_NOTHING, median < MOST_BYTES, () => `${median.toFixed(1)} bytes each`);
}

/** Acknowledgments of two segments on one subflow after the other. */
class Feed {
  readonly #controllers: readonly CongestionController[];
  readonly #sample = { ...fakeAck(2 * MSS) };
  #count = 0;

  constructor(controllers: readonly CongestionController[]) {
    this.#controllers = controllers;
  }

  /** Windows must not grow for ever. */
  loseOnce(): void {
    for (const controller of this.#controllers) {
      while (controller.cwnd > 100 * MSS) {
        controller.onLoss("timeout", MSS, controller.cwnd, this.#now);
        controller.onRecovered?.(this.#now);
      }
      controller.onLoss("fast", MSS, controller.cwnd, this.#now);
      controller.onRecovered?.(this.#now);
    }
  }

  acknowledge(): void {
    const sample = this.#sample;
    const index = this.#count++ % SUBFLOWS;
    const controller = this.#controllers[index]!;
    sample.rtt = 20_000 + 1000 * index + this.#count % 512;
    sample.delivered += 2 * MSS;
    sample.priorDelivered = Math.max(0, sample.delivered - 40 * MSS);
    sample.inFlight = sample.priorInFlight = sample.sentInFlight = 40 * MSS;
    sample.deliveryRate = 40 * MSS * 50;
    controller.onAck(sample, this.#now);
  }

  get #now(): number {
    return 500 * this.#count;
  }
}

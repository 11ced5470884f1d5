/**
 * What an acknowledgment costs: it comes a hundred thousand times a second, for each of eight subflows.
 *
 * @module
 */

import type { CongestionGroup, Plugin } from "../../core/plugin.ts";
import { fakeEnv } from "./fake_env.ts";
import { judgeOf } from "./property.ts";
import { SteadyAcks } from "./steady_acks.ts";

/** Work does not grow with anything but the number of subflows. */
export const WORKS_LITTLE = "looks at each subflow a few times for an acknowledgment, however many came before";
/** What is allocated has to be collected, which stops everything. */
export const ALLOCATES_NOTHING = "allocates next to nothing for an acknowledgment";

/** Reads of a subflow's fields that an acknowledgment may cost, for each subflow of the connection. */
const MOST_READS = 12;
const SUBFLOWS = 8;

/** Bytes for an acknowledgment: a few numbers that the runtime boxes, 16 each, but nothing for each of the subflows. */
const MOST_BYTES = 100;
/** Acknowledgments until the compiler is done, if it has a processor to itself. */
const WARM_UP = 60_000;
/** Measurements, of which the best counts: on a busy machine the compiler may take longer. What allocates does so in all. */
const ROUNDS = 6;
const WINDOWS = 50;
const PER_WINDOW = 2000;

/** Counts what each of many acknowledgments reads. */
export function checkWork(plugin: Plugin<CongestionGroup>): void {
  let reads = 0;
  const acks = new SteadyAcks(plugin.create(fakeEnv(0)), SUBFLOWS, (view) =>
    new Proxy(view, {
      get: (target, name) => {
        reads++;
        return Reflect.get(target, name);
      },
    }));
  for (let i = 0; i < 2000; i++) {
    reads = 0;
    acks.acknowledge();
    const read = reads;
    judgeOf(WORKS_LITTLE)(
      WORKS_LITTLE,
      read <= MOST_READS * SUBFLOWS,
      () => `${read} reads of ${SUBFLOWS} subflows at acknowledgment ${i}`,
    );
  }
}

/** Looks for a plug-in that allocates. */
export function checkAllocation(plugin: Plugin<CongestionGroup>): void {
  let bytes = Infinity;
  for (let round = 0; round < ROUNDS && bytes >= MOST_BYTES; round++) {
    bytes = Math.min(bytes, bytesPerAcknowledgment(plugin, SUBFLOWS));
  }
  judgeOf(ALLOCATES_NOTHING)(ALLOCATES_NOTHING, bytes < MOST_BYTES, () => `${bytes.toFixed(1)} bytes each`);
}

/** Measures what many acknowledgments leave on the heap; the median, since the compiler allocates now and then, too. */
export function bytesPerAcknowledgment(plugin: Plugin<CongestionGroup>, subflows: number): number {
  const collect = (globalThis as { gc?: (options: { type: "minor" }) => void }).gc ?? (() => {});
  const acks = new SteadyAcks(plugin.create(fakeEnv(0)), subflows);
  for (let i = 0; i < WARM_UP; i++) acks.acknowledge();
  const bytes: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    acks.lose();
    collect({ type: "minor" });
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < PER_WINDOW; i++) acks.acknowledge();
    bytes.push((Deno.memoryUsage().heapUsed - before) / PER_WINDOW);
  }
  return bytes.sort((a, b) => a - b)[WINDOWS / 2]!;
}

/**
 * What plug-ins cost: a scheduler for each piece of data, a congestion control for each acknowledgment.
 *
 * Each figure is for 1000 questions or acknowledgments; the nanoseconds of one are the microseconds of a thousand. Beside
 * each stands what one of them allocates.
 *
 * @module
 */

import { CONGESTIONS } from "../config/congestions.ts";
import { withDefaults } from "../config/plugin_entry.ts";
import { SCHEDULERS } from "../config/schedulers.ts";
import type { Scheduler } from "../core/plugin.ts";
import { fakeEnv } from "../tests/kit/mod.ts";
import { SteadyAcks } from "../tests/kit/steady_acks.ts";
import { SteadyBatch } from "../tests/kit/steady_batch.ts";

const TIMES = 1000;

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

for (const plugin of Object.values(withDefaults(SCHEDULERS))) {
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

/** Each is measured in an isolate of its own: what others made the compiler expect costs numbers that are boxed. */
async function bytesPerAcknowledgment(name: string, subflows: number): Promise<number> {
  const worker = new Worker(new URL("./acknowledgment_worker.ts", import.meta.url), { type: "module" });
  const bytes = await new Promise<number>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ name, subflows });
  });
  worker.terminate();
  return Math.round(bytes);
}

for (const [name, plugin] of Object.entries(withDefaults(CONGESTIONS))) {
  for (const count of [2, 8]) {
    const bytes = await bytesPerAcknowledgment(name, count);
    const acks = new SteadyAcks(plugin.create(fakeEnv(0)), count);
    Deno.bench(
      `${name}: 1000 × acknowledgment, ${count} subflows, ${bytes} bytes each`,
      { group: `congestion, ${count}` },
      () => {
        acks.lose();
        for (let i = 0; i < TIMES; i++) acks.acknowledge();
      },
    );
  }
}

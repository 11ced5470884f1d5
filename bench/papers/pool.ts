/**
 * Runs on all cores: a worker for each, which takes one job after the other.
 *
 * @module
 */

import type { Figures } from "./experiment.ts";

/** One run of one variant of one experiment. */
export interface Job {
  /** URL of the module whose default export is the experiment. */
  readonly module: string;
  /** See `Experiment.variants`. */
  readonly variant: string;
  /** Seed of the simulation. */
  readonly seed: number;
}

/** What a worker answers. */
export type Answer = { readonly figures: Figures } | { readonly error: string };

/**
 * Runs `jobs` on `workers` workers; resolves to their figures, in the order of the jobs. `onDone` is called as each ends.
 *
 * @throws {Error} what the first job that fails throws, with its name.
 */
export async function runJobs(
  jobs: readonly Job[],
  workers: number,
  onDone: (finished: number) => void,
): Promise<Figures[]> {
  const results: Figures[] = [];
  const pool = Array.from({ length: Math.min(workers, jobs.length) }, () => {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  });
  let next = 0;
  let finished = 0;
  const serve = async (worker: Worker): Promise<void> => {
    while (next < jobs.length) {
      const index = next++;
      const job = jobs[index]!;
      const answer = await ask(worker, job);
      if ("error" in answer) throw new Error(`${job.module}, ${job.variant}, seed ${job.seed}: ${answer.error}`);
      results[index] = answer.figures;
      onDone(++finished);
    }
  };
  try {
    await Promise.all(pool.map(serve));
  } finally {
    for (const worker of pool) worker.terminate();
  }
  return results;
}

function ask(worker: Worker, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`${job.module}: ${event.message}`));
    };
    worker.postMessage(job);
  });
}

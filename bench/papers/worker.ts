/**
 * Takes jobs and answers figures, in a thread of its own.
 *
 * @module
 */

import type { Experiment } from "./experiment.ts";
import type { Answer, Job } from "./pool.ts";

/** The one thing of the worker's global scope that is needed, which the types of the main thread do not know. */
const scope = self as unknown as { onmessage: unknown; postMessage(answer: Answer): void };

scope.onmessage = async ({ data: { module, variant, seed } }: MessageEvent<Job>) => {
  try {
    const { default: experiment } = await import(module) as { default: Experiment };
    scope.postMessage({ figures: await experiment.run(variant, seed) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
  }
};

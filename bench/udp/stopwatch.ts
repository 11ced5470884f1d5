/**
 * Time and processor time of this process between two moments.
 *
 * @module
 */

import process from "node:process";

/** What passed. */
export interface Measure {
  /** Time. */
  readonly milliseconds: number;
  /** Processor time of all threads, that of the kernel for them included. */
  readonly cpuSeconds: number;
}

/** Begins to measure; call what it returns for what has passed since. */
export function stopwatch(): () => Measure {
  const began = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { milliseconds: performance.now() - began, cpuSeconds: (user + system) / 1e6 };
  };
}

/**
 * Times that messages took.
 *
 * @module
 */

import type { LatencyReport } from "./report.ts";

/** How `times`, in milliseconds, are spread; null if there are none. Quantiles are nearest ranks: times that occurred. */
export function distribution(times: readonly number[]): LatencyReport | null {
  if (times.length === 0) return null;
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)]!;
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
    median: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    maximum: sorted.at(-1)!,
  };
}

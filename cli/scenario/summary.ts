/**
 * What many runs of a scenario have in common.
 *
 * @module
 */

import type { ScenarioReport } from "./report.ts";

/** A mean over runs, and how sure it is. */
export interface Estimate {
  /** Mean. */
  readonly mean: number;
  /** Half the width of the 95 % confidence interval of the mean (Student's t); null for a single run. */
  readonly margin: number | null;
}

/** What {@linkcode summarise} makes of many reports; each estimate is over the runs. */
export interface ScenarioSummary {
  /** How many runs. */
  readonly runs: number;
  /** One for each application. */
  readonly connections: readonly ConnectionSummary[];
  /** Two for each link. */
  readonly links: readonly LinkSummary[];
}

/** One application over all runs. */
export interface ConnectionSummary {
  /** Name of the application. */
  readonly name: string;
  /** In how many runs it was done. */
  readonly done: number;
  /** See `ConnectionReport`. */
  readonly bytes: Estimate;
  /** See `ConnectionReport`. */
  readonly seconds: Estimate;
  /** See `ConnectionReport`. */
  readonly bitsPerSecond: Estimate;
  /** See `ConnectionReport`. */
  readonly longestPauseMs: Estimate;
  /** See `ConnectionReport`. */
  readonly reinjectedBytes: Estimate;
  /** See `ConnectionReport`. */
  readonly retransmissions: Estimate;
  /** Its subflows, those on one path together; a run without any counts as 0. */
  readonly paths: readonly PathSummary[];
}

/** The subflows of one connection that take the same path. */
export interface PathSummary {
  /** Name of the subflows. */
  readonly name: string;
  /** See `SubflowReport`. */
  readonly bytes: Estimate;
  /** See `SubflowReport`. */
  readonly share: Estimate;
  /** See `SubflowReport`. */
  readonly retransmissions: Estimate;
}

/** One direction of a link over all runs. */
export interface LinkSummary {
  /** Name of the link. */
  readonly name: string;
  /** Node that sends into it. */
  readonly from: string;
  /** Node that it leads to. */
  readonly to: string;
  /** See `LinkReport`. */
  readonly bytes: Estimate;
  /** See `LinkReport`; null without a rate. */
  readonly utilisation: Estimate | null;
  /** Packets dropped, whatever the cause. */
  readonly dropped: Estimate;
  /** See `LinkReport`. */
  readonly queueHighWaterPackets: Estimate;
  /** See `LinkReport`. */
  readonly queueHighWaterBytes: Estimate;
}

/** What `reports`, runs of one scenario with different seeds, say together. */
export function summarise(reports: readonly ScenarioReport[]): ScenarioSummary {
  const [first] = reports;
  return {
    runs: reports.length,
    connections: first?.connections.map(({ name }, i) => {
      const all = reports.map(({ connections }) => connections[i]!);
      const paths = new Set(all.flatMap(({ subflows }) => subflows.map((subflow) => subflow.name)));
      return {
        name,
        done: all.filter(({ end }) => end === "done").length,
        bytes: estimate(all.map(({ bytes }) => bytes)),
        seconds: estimate(all.map(({ seconds }) => seconds)),
        bitsPerSecond: estimate(all.map(({ bitsPerSecond }) => bitsPerSecond)),
        longestPauseMs: estimate(all.map(({ longestPauseMs }) => longestPauseMs)),
        reinjectedBytes: estimate(all.map(({ reinjectedBytes }) => reinjectedBytes)),
        retransmissions: estimate(all.map(({ retransmissions }) => retransmissions)),
        paths: Array.from(paths, (path) => {
          const sums = (field: "bytes" | "share" | "retransmissions") =>
            estimate(
              all.map(({ subflows }) =>
                subflows.filter((subflow) => subflow.name === path).reduce((sum, subflow) => sum + subflow[field], 0)
              ),
            );
          return { name: path, bytes: sums("bytes"), share: sums("share"), retransmissions: sums("retransmissions") };
        }),
      };
    }) ?? [],
    links: first?.links.map(({ name, from, to, utilisation }, i) => {
      const all = reports.map(({ links }) => links[i]!);
      return {
        name,
        from,
        to,
        bytes: estimate(all.map(({ bytes }) => bytes)),
        utilisation: utilisation === null ? null : estimate(all.map((link) => link.utilisation ?? 0)),
        dropped: estimate(all.map(({ dropped }) => dropped.queue + dropped.loss + dropped.down + dropped.mtu)),
        queueHighWaterPackets: estimate(all.map(({ queueHighWaterPackets }) => queueHighWaterPackets)),
        queueHighWaterBytes: estimate(all.map(({ queueHighWaterBytes }) => queueHighWaterBytes)),
      };
    }) ?? [],
  };
}

/** Mean and confidence interval of independent samples. */
export function estimate(samples: readonly number[]): Estimate {
  const count = samples.length;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / count;
  if (count < 2) return { mean, margin: null };
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / (count - 1);
  return { mean, margin: studentT(count - 1) * Math.sqrt(variance / count) };
}

/** 97.5 % quantiles of Student's t for 1, 2, … 30 degrees of freedom. */
const STUDENT_T = [
  12.706,
  4.303,
  3.182,
  2.776,
  2.571,
  2.447,
  2.365,
  2.306,
  2.262,
  2.228,
  2.201,
  2.179,
  2.16,
  2.145,
  2.131,
  2.12,
  2.11,
  2.101,
  2.093,
  2.086,
  2.08,
  2.074,
  2.069,
  2.064,
  2.06,
  2.056,
  2.052,
  2.048,
  2.045,
  2.042,
] as const;

/** The quantile for more degrees is within 0.1 % of the first terms of its expansion about the normal's. */
function studentT(degrees: number): number {
  const normal = 1.959964;
  return STUDENT_T[degrees - 1] ?? normal + (normal ** 3 + normal) / (4 * degrees);
}

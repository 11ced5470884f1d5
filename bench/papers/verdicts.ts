/**
 * From figures to verdicts: means over seeds, each held against what was published.
 *
 * @module
 */

import { estimate } from "../../cli/scenario/summary.ts";
import type { Estimate, Experiment, Figures, Results } from "./experiment.ts";

/** One line of the table. */
export interface Verdict {
  /** Id of the experiment. */
  readonly experiment: string;
  /** The variant, or those that are compared. */
  readonly variant: string;
  /** The figure, or the sentence. */
  readonly figure: string;
  /** What was published. */
  readonly published: number | string;
  /** What was measured; null for a sentence. */
  readonly ours: Estimate | null;
  /** Where the mean has to lie; null for a sentence, and for a number that is only shown. */
  readonly band: readonly [number, number] | null;
  /** Whether it does, or whether the sentence holds. */
  readonly outcome: Outcome;
}

/** What becomes of one claim or comparison. */
export type Outcome =
  /** The mean lies in its band, or the sentence holds. */
  | "agrees"
  /** It does not. */
  | "differs"
  /** The confidence interval of the mean is wider than its band: wherever the mean lies, it says nothing. */
  | "too few seeds"
  /** There is no band. */
  | "shown";

/** The figures of all runs of one variant. */
export type Runs = ReadonlyMap<string, readonly Figures[]>;

/** Means and confidence intervals of every figure of every variant. */
export function summarise(runs: Runs): Results {
  return new Map(
    Array.from(runs, ([variant, all]) => {
      const names = Object.keys(all[0] ?? {});
      return [variant, new Map(names.map((name) => [name, estimate(all.map((figures) => value(figures, name)))]))];
    }),
  );
}

/** A verdict for each claim and comparison of `experiment`. */
export function judge(experiment: Experiment, results: Results): Verdict[] {
  const find = (variant: string, figure: string): Estimate => {
    const found = results.get(variant)?.get(figure);
    if (found !== undefined) return found;
    throw new Error(`Cannot judge ${experiment.id}: ${variant} measured no "${figure}"`);
  };
  const numbers = experiment.claims.map(({ variant, figure, published, band }): Verdict => {
    const ours = find(variant, figure);
    const outcome = band === undefined ? "shown" : outcomeOf(ours, band);
    return { experiment: experiment.id, variant, figure, published, ours, band: band ?? null, outcome };
  });
  const sentences = (experiment.comparisons ?? []).map(({ variant, sentence, published, holds }): Verdict => ({
    experiment: experiment.id,
    variant,
    figure: sentence,
    published,
    ours: null,
    band: null,
    outcome: holds((variant, figure) => find(variant, figure).mean) ? "agrees" : "differs",
  }));
  return [...numbers, ...sentences];
}

/** A single run has an interval without bounds. */
function outcomeOf({ mean, margin }: Estimate, [least, most]: readonly [number, number]): Outcome {
  if (2 * (margin ?? Infinity) > most - least) return "too few seeds";
  return mean >= least && mean <= most ? "agrees" : "differs";
}

function value(figures: Figures, name: string): number {
  const figure = figures[name];
  if (figure === undefined) throw new Error(`Cannot average "${name}": not every run measured it`);
  return figure;
}

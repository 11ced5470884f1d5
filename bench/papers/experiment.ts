/**
 * What an experiment is: a published result, how to measure the same here, and when the two agree.
 *
 * @module
 */

import type { Plot } from "./plot.ts";

/** What one run measured: figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** A mean over the runs, and how sure it is. */
export interface Estimate {
  /** Mean. */
  readonly mean: number;
  /** Half the width of the 95 % confidence interval of the mean; null for a single run. */
  readonly margin: number | null;
}

/** Estimates by variant and figure. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Estimate>>;

/** A published number, and where the mean of ours has to lie. */
export interface Claim {
  /** One of the experiment's variants. */
  readonly variant: string;
  /** One of the figures that its runs measure. */
  readonly figure: string;
  /** What was published; text where it is no number. */
  readonly published: number | string;
  /** Least and greatest mean that agree with it; without one the number is shown, and not judged. */
  readonly band?: readonly [least: number, most: number];
  /** Where ours differs from what was published, and why. */
  readonly differs?: string;
}

/** A published sentence about several figures at once. */
export interface Comparison {
  /** The variants that it is about, as the table names them. */
  readonly variant: string;
  /** What has to hold, as a sentence of few words. */
  readonly sentence: string;
  /** Whether it holds of the means; `mean` throws when there is no such figure. */
  readonly holds: (mean: (variant: string, figure: string) => number) => boolean;
  /** What was published. */
  readonly published: number | string;
  /** Where ours differs from what was published, and why. */
  readonly differs?: string;
}

/** The default export of `experiment.ts` in a folder of its own. */
export interface Experiment {
  /** "E5", as on the command line. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** Who published it, where, and in which section or figure. */
  readonly source: string;
  /** Usually algorithms; each is run with every seed. */
  readonly variants: readonly string[];
  /** Numbers to reproduce. */
  readonly claims: readonly Claim[];
  /** Sentences to reproduce. */
  readonly comparisons?: readonly Comparison[];
  /** Measures once. The same variant and seed must give the same figures. */
  readonly run: (variant: string, seed: number) => Promise<Figures>;
  /** What to draw instead of a bar for each claim. */
  readonly plot?: (results: Results) => Plot;
}

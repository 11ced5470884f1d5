/**
 * How evenly something is shared.
 *
 * @module
 */

/** Jain's index of fairness: 1 when all have the same, 1/n when one has all. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return sum * sum / (shares.length * squares);
}

/** Mean of at least one number. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

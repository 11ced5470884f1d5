/**
 * What is said of options that are out of range.
 *
 * @module
 */

/** `value` if it is a number from `least` to `most`; throws a RangeError for the scheduler `name` otherwise. */
export function within(name: string, option: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Cannot create ${name}: ${option} must be ${range}, got ${value}`);
}

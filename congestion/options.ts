/**
 * Options that loss-based congestion controls share.
 *
 * @module
 */

/** Options of every loss-based congestion control. */
export interface LossBasedOptions {
  /** Initial window in segments of at most 1460 bytes (RFC 6928), 1 to 1000. Default: 10. */
  readonly initialWindow?: number;
  /** Spread transmissions over the round-trip time instead of sending the window in bursts. Default: true. */
  readonly pacing?: boolean;
  /** Leave the first slow start when round trips become longer, before anything is lost (RFC 9406). Default: false. */
  readonly hystart?: boolean;
}

/** The options with their defaults filled in. */
export type LossBasedSettings = Required<LossBasedOptions>;

/**
 * Checks `options` of the congestion control called `name` and fills in defaults.
 *
 * @throws {RangeError} if `initialWindow` is not a whole number from 1 to 1000.
 */
export function lossBasedSettings(name: string, options: LossBasedOptions): LossBasedSettings {
  const { initialWindow = 10, pacing = true, hystart = false } = options;
  return { initialWindow: checkInitialWindow(name, initialWindow), pacing, hystart };
}

/**
 * Returns `segments` if it can be an initial window of the congestion control called `name`.
 *
 * @throws {RangeError} if it is not a whole number from 1 to 1000.
 */
export function checkInitialWindow(name: string, segments: number): number {
  if (Number.isSafeInteger(segments) && segments >= 1 && segments <= 1000) return segments;
  throw new RangeError(
    `Cannot create ${name}: initialWindow must be a whole number of segments from 1 to 1000, got ${segments}`,
  );
}

/**
 * Returns `value` of the option called `option` if it lies in a range, whose ends belong to it.
 *
 * @throws {RangeError} if it does not, or is no number.
 */
export function checkOption(name: string, option: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new RangeError(`Cannot create ${name}: ${option} must be a number from ${least} to ${most}, got ${value}`);
}

/** The window in bytes of `segments` segments of `mss` bytes before anything is acknowledged (RFC 6928 section 2). */
export function initialWindowBytes(segments: number, mss: number): number {
  return Math.min(segments * mss, Math.max(2 * mss, segments * 1460));
}

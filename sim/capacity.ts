/**
 * How fast a link sends, now and later.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** What a link sends with: when the last byte of a packet will have left, in closed form. Belongs to one link. */
export interface Capacity {
  /** Mean rate in bits per second, by which a queue measured in time is sized. */
  readonly meanRate: number;
  /** When `bytes` bytes that begin to leave at `start` have left; `start` never goes back from call to call. */
  finish(start: Micros, bytes: number): Micros;
}

/** A capacity that changes over time by itself, fit to be used for several links: a trace. */
export interface CapacityTrace {
  /** Mean rate in bits per second. */
  readonly meanRate: number;
  /** The capacity of one link whose trace begins at `origin`. */
  begin(origin: Micros): Capacity;
}

/** The same rate always. */
export class ConstantRate implements Capacity {
  /** Bits per second; Infinity for a link that takes no time. */
  readonly meanRate: number;
  readonly #microsPerByte: number;

  /** `rate` in bits per second, above 0. */
  constructor(rate: number) {
    if (!(rate > 0)) throw new RangeError(`Cannot use rate ${rate}: give bits per second above 0, or Infinity`);
    this.meanRate = rate;
    this.#microsPerByte = 8e6 / rate;
  }

  /** See {@linkcode Capacity.finish}. */
  finish(start: Micros, bytes: number): Micros {
    return start + bytes * this.#microsPerByte;
  }
}

/** One step of a {@linkcode RateSteps}: from `at` on, `rate` bits per second. */
export interface RateStep {
  /** Since the beginning of the trace. */
  readonly at: Micros;
  /** Bits per second, 0 for an outage. */
  readonly rate: number;
}

/** A rate that changes in steps, over and over again. */
export class RateSteps implements CapacityTrace {
  /** Bits per second over one round. */
  readonly meanRate: number;
  /** The steps, by time; the first at 0. */
  readonly steps: readonly RateStep[];
  /** How long a round takes. */
  readonly period: Micros;

  /** The last step lasts until `period`. */
  constructor(steps: readonly RateStep[], period: Micros) {
    let bits = 0;
    for (const [i, { at, rate }] of steps.entries()) {
      const end = steps[i + 1]?.at ?? period;
      if (!(end > at) || (i === 0 && at !== 0)) {
        throw new RangeError(`Cannot use steps: step ${i} is from ${at} to ${end} µs; times must grow from 0`);
      }
      if (!(rate >= 0 && rate < Infinity)) throw new RangeError(`Cannot use steps: step ${i} has rate ${rate}`);
      bits += rate * (end - at) / 1e6;
    }
    if (!(bits > 0)) throw new RangeError("Cannot use steps: none of them sends anything");
    this.steps = steps;
    this.period = period;
    this.meanRate = bits * 1e6 / period;
  }

  /** See {@linkcode CapacityTrace.begin}. */
  begin(origin: Micros): Capacity {
    return new SteppedRate(this, origin);
  }
}

class SteppedRate implements Capacity {
  readonly meanRate: number;
  readonly #trace: RateSteps;
  /** When the round of the current step began. */
  #round: Micros;
  #index = 0;

  constructor(trace: RateSteps, origin: Micros) {
    this.meanRate = trace.meanRate;
    this.#trace = trace;
    this.#round = origin;
  }

  finish(start: Micros, bytes: number): Micros {
    const { steps, period } = this.#trace;
    if (start >= this.#round + period) {
      this.#round += Math.floor((start - this.#round) / period) * period;
      this.#index = 0;
    }
    let at = start;
    for (let bits = 8 * bytes;;) {
      const end = this.#round + (steps[this.#index + 1]?.at ?? period);
      if (at < end) {
        const rate = steps[this.#index]!.rate;
        const needed = rate === 0 ? Infinity : bits * 1e6 / rate;
        if (at + needed <= end) return at + needed;
        bits -= rate * (end - at) / 1e6;
        at = end;
      }
      if (++this.#index === steps.length) {
        this.#index = 0;
        this.#round += period;
      }
    }
  }
}

/** Bytes that may leave at one delivery opportunity. */
const OPPORTUNITY_BYTES = 1500;

/**
 * Moments at which 1500 bytes may leave, over and over again: what the mahimahi tools record. An opportunity that finds
 * nothing to send is lost; a longer packet takes several, and several short ones share one.
 */
export class DeliveryOpportunities implements CapacityTrace {
  /** Bits per second over one round. */
  readonly meanRate: number;
  /** Moments since the beginning, in order. */
  readonly times: Float64Array;
  /** The length of a round. */
  readonly period: Micros;

  /** The round ends with the last of `times`. */
  constructor(times: Float64Array) {
    const period = times.at(-1);
    if (period === undefined || !(period > 0)) {
      throw new RangeError("Cannot use delivery opportunities: the last must come after time 0");
    }
    for (let i = 0; i < times.length; i++) {
      if (!(times[i]! >= (times[i - 1] ?? 0))) {
        throw new RangeError(`Cannot use delivery opportunities: number ${i} is out of order`);
      }
    }
    this.times = times;
    this.period = period;
    this.meanRate = times.length * OPPORTUNITY_BYTES * 8e6 / period;
  }

  /** See {@linkcode CapacityTrace.begin}. */
  begin(origin: Micros): Capacity {
    return new Opportunities(this, origin);
  }
}

class Opportunities implements Capacity {
  readonly meanRate: number;
  readonly #trace: DeliveryOpportunities;
  #round: Micros;
  #index = 0;
  #left = OPPORTUNITY_BYTES;

  constructor(trace: DeliveryOpportunities, origin: Micros) {
    this.meanRate = trace.meanRate;
    this.#trace = trace;
    this.#round = origin;
  }

  finish(start: Micros, bytes: number): Micros {
    const { times, period } = this.#trace;
    if (start > this.#round + period) {
      this.#round += Math.floor((start - this.#round) / period) * period;
      this.#index = 0;
      this.#left = OPPORTUNITY_BYTES;
    }
    for (let left = bytes;;) {
      const at = this.#round + times[this.#index]!;
      if (at >= start && this.#left > 0) {
        const sent = Math.min(left, this.#left);
        this.#left -= sent;
        left -= sent;
        if (left === 0) return at;
      }
      this.#left = OPPORTUNITY_BYTES;
      if (++this.#index === times.length) {
        this.#index = 0;
        this.#round += period;
      }
    }
  }
}

/**
 * Times, rates and sizes, as numbers in the unit that their place is known for or as text with a unit.
 *
 * @module
 */

import { z } from "zod";
import { refuse, show } from "./checks.ts";

const MICROS: Readonly<Record<string, number>> = { µs: 1, us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 };
const BITS_PER_SECOND: Readonly<Record<string, number>> = { "bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** A time in whole microseconds: a number of microseconds or text such as "200 ms", at least `least`. */
export function microseconds(least: number): z.ZodType<number> {
  const wanted = `a whole number of microseconds of at least ${least} or text like "200 ms" or "1.5 s"`;
  return quantity(MICROS, (value) => value >= least && Number.isSafeInteger(value) ? value : wanted);
}

/** A time in milliseconds: a number of milliseconds or text such as "1.5 s". */
export function milliseconds(): z.ZodType<number> {
  const wanted = 'a number of milliseconds from 0 or text like "20 ms" or "1.5 s"';
  return quantity(MICROS, (value) => value >= 0 ? value / 1000 : wanted, 1000);
}

/** A rate in bits per second: a number of them or text such as "30 Mbit/s". */
export function bitRate(): z.ZodType<number> {
  return quantity(
    BITS_PER_SECOND,
    (value) => value > 0 ? value : 'bits per second above 0 or text like "30 Mbit/s" or "500 kbit/s"',
  );
}

/** A number of bytes: a whole number of at least `least`, or text such as "32 MB" (10⁶) or "64 KiB" (2¹⁰). */
export function byteCount(least: number): z.ZodType<number> {
  return quantity(
    BYTES,
    (value) =>
      value >= least && Number.isSafeInteger(value)
        ? value
        : `a whole number of bytes of at least ${least} or text like "32 MB" or "64 KiB"`,
  );
}

/** `check` answers the value, or what it must be. A number counts as `bare` of the smallest unit. */
function quantity(
  units: Readonly<Record<string, number>>,
  check: (value: number) => number | string,
  bare = 1,
): z.ZodType<number> {
  return z.unknown().transform((given, context) => {
    const value = typeof given === "number" ? given * bare : typeof given === "string" ? withUnit(given, units) : NaN;
    const checked = Number.isFinite(value) ? check(value) : check(NaN);
    if (typeof checked === "number") return checked;
    const known = typeof given === "string" ? ` (units are ${Object.keys(units).join(", ")})` : "";
    return refuse(context, `must be ${checked}, is ${show(given)}${known}`);
  });
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits, unit] = /^\s*([\d.]+(?:e\d+)?)\s*(\S+)\s*$/.exec(text) ?? [];
  if (digits === undefined || !Object.hasOwn(units, unit!)) return NaN;
  // Rounded, because 1.1 MB is 1,100,000 bytes and not a little more.
  return Number((Number(digits) * units[unit!]!).toPrecision(15));
}

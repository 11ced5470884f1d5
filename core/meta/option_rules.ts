/**
 * What each option may be.
 *
 * @module
 */

import { shown } from "../shown.ts";
import type { SocketOptions } from "./options.ts";

/** A truth value, one of some words, or a number in a range. */
type Rule =
  | "flag"
  | readonly string[]
  | { readonly what: "whole number" | "number"; readonly least: number; readonly most: number; readonly unit: string };

/** The largest buffer that window scaling can express (RFC 7323 section 2.3). */
const LARGEST_BUFFER = 0xffff * 2 ** 14;

const BYTES: Rule = { what: "whole number", least: 1, most: LARGEST_BUFFER, unit: " bytes" };
const TIME: Rule = { what: "number", least: 0, most: Infinity, unit: " microseconds" };
const COUNT: Rule = whole(0, Infinity);

const RULES: { readonly [name in keyof SocketOptions]: Rule } = {
  sendBuffer: BYTES,
  receiveBuffer: BYTES,
  receiveTuning: "flag",
  sendTuning: "flag",
  noDelay: "flag",
  closeTimeout: TIME,
  announceRetries: COUNT,
  announceTimeout: TIME,
  acceptedSubflows: COUNT,
  checksum: "flag",
  capableRetries: COUNT,
  blackHoleTimeout: TIME,
  joinsToInitialAddress: "flag",
  multipath: "flag",
  synRetries: COUNT,
  synAckRetries: COUNT,
  retries: COUNT,
  userTimeout: TIME,
  exchangeUserTimeout: "flag",
  timeWait: TIME,
  maximumWindow: BYTES,
  keepAlive: "flag",
  keepAliveTime: TIME,
  keepAliveInterval: TIME,
  keepAliveProbes: whole(1, Infinity),
  selectiveAcknowledgments: "flag",
  timestamps: "flag",
  mtuProbing: ["never", "after-black-hole", "always"],
  ecn: ["ask", "answer", "never"],
  dscp: whole(0, 63),
  hopLimit: whole(1, 255),
};

/** Throws if `value` is nothing that the option can be: a TypeError, or a RangeError where only the range is wrong. */
export function checkOption(name: keyof SocketOptions, value: unknown): void {
  const rule = RULES[name];
  if (isAllowed(rule, value)) return;
  const isNumber = typeof rule === "object" && "least" in rule;
  const isOfType = isNumber ? typeof value === "number" : typeof rule === "object" && typeof value === "string";
  const ErrorClass = isOfType ? RangeError : TypeError;
  throw new ErrorClass(`Cannot set ${name} to ${shown(value)}: it must be ${textOf(rule)}`);
}

function whole(least: number, most: number): Rule {
  return { what: "whole number", least, most, unit: "" };
}

function isAllowed(rule: Rule, value: unknown): boolean {
  if (rule === "flag") return typeof value === "boolean";
  if (!("least" in rule)) return rule.includes(value as string);
  if (typeof value !== "number" || !(value >= rule.least && value <= rule.most)) return false;
  // Infinity, where nothing bounds it, is for ever.
  return rule.what === "number" || Number.isInteger(value) || value === Infinity;
}

function textOf(rule: Rule): string {
  if (rule === "flag") return "true or false";
  if (!("least" in rule)) return rule.map((word) => `"${word}"`).join(" or ");
  const { what, least, most, unit } = rule;
  return `a ${what} ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}${unit}`;
}

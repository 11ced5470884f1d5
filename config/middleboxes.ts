/**
 * Boxes in the way, in scenario files.
 *
 * @module
 */

import { z } from "zod";
import { addressSchema } from "../config.ts";
import { MOMENTS } from "../sim/mod.ts";
import { fields, flag, list, oneOf, oneOfTypes, show, text, wholeNumber } from "./checks.ts";
import { byteCount, milliseconds } from "./quantities.ts";

/** What a middlebox of a scenario does: one step of several that packets go through. */
export type BoxStep = z.output<ReturnType<typeof middleboxShapes>["step"]>;

/** The objects that a middlebox is made of. `shapes` names those that the manual has a table for. */
// deno-lint-ignore explicit-module-boundary-types -- the type is inferred from the schema; written out it would stand twice.
export function middleboxShapes() {
  const mptcp = oneOf("copy", "first", "last", "drop");
  const options = {
    kinds: z.array(wholeNumber(2, 255), list).min(1, "must hold at least one kind").exactOptional(),
    subtypes: z.array(wholeNumber(0, 15), list).min(1, "must hold at least one subtype").exactOptional(),
  };
  const duplicate = { delay: milliseconds().exactOptional() };
  const delay = { delay: milliseconds(), every: wholeNumber(1).exactOptional() };
  const renumber = { sack: flag().exactOptional() };
  const split = { bytes: byteCount(1), mptcp: mptcp.exactOptional() };
  const coalesce = {
    bytes: byteCount(1),
    wait: milliseconds().exactOptional(),
    mptcp: oneOf("first", "last", "drop").exactOptional(),
  };
  const acknowledge = { timeout: milliseconds().exactOptional(), copiesOptions: flag().exactOptional() };
  const alter = { byte: wholeNumber(0).exactOptional(), fixChecksum: flag().exactOptional() };
  const replace = {
    find: text("text to look for"),
    replacement: z.string({ error: ({ input }) => `must be text, which may be empty, is ${show(input)}` }),
  };
  const forge = {
    flags: text('flags such as "RA"').regex(/^[SAFRP]+$/, "must be letters out of S, A, F, R and P"),
    sequence: distance().exactOptional(),
    acknowledgment: distance().exactOptional(),
    bytes: byteCount(0).exactOptional(),
    options: oneOf("none", "copy").exactOptional(),
    delay: milliseconds().exactOptional(),
  };
  const translate = {
    type: z.literal("translate-addresses"),
    address: addressSchema.transform((address) => address.toString()),
    rebinds: fields(SCOPE).exactOptional(),
  };
  const step = oneOfTypes({
    "strip-options": scoped("strip-options", options),
    "drop-options": scoped("drop-options", options),
    "drop": scoped("drop", {}),
    "drop-holes": scoped("drop-holes", {}),
    "duplicate": scoped("duplicate", duplicate),
    "delay": scoped("delay", delay),
    "renumber": scoped("renumber", renumber),
    "split": scoped("split", split),
    "coalesce": scoped("coalesce", coalesce),
    "acknowledge-early": scoped("acknowledge-early", acknowledge),
    "alter": scoped("alter", alter),
    "replace": scoped("replace", replace),
    "forge": scoped("forge", forge),
    "translate-addresses": fields(translate),
  });
  const middlebox = { does: z.array(step, list).min(1, "must hold at least one thing that it does") };
  return {
    step,
    middlebox,
    shapes: {
      "every step": { type: translate.type, ...SCOPE },
      "strip-options, drop-options": options,
      "duplicate": duplicate,
      "delay": delay,
      "renumber": renumber,
      "split": split,
      "coalesce": coalesce,
      "acknowledge-early": acknowledge,
      "alter": alter,
      "replace": replace,
      "forge": forge,
      "translate-addresses": { address: translate.address, rebinds: translate.rebinds },
    },
  };
}

/** What most steps have: which packets are meant. */
const SCOPE = {
  direction: oneOf("forward", "backward").exactOptional(),
  at: oneOf(...MOMENTS).exactOptional(),
  from: oneOf(...MOMENTS).exactOptional(),
  after: milliseconds().exactOptional(),
  until: milliseconds().exactOptional(),
  count: wholeNumber(1).exactOptional(),
};

// deno-lint-ignore explicit-module-boundary-types -- the type is inferred from the schema; written out it would stand twice.
function scoped<const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return fields({ type: z.literal(type), ...SCOPE, ...shape });
}

/** A whole number of either sign that a sequence number may be off by. */
function distance(): z.ZodNumber {
  const error = (issue: { readonly input?: unknown }) => `must be a whole number of bytes, is ${show(issue.input)}`;
  return z.int({ error }).min(-(2 ** 32), { error }).max(2 ** 32, { error });
}

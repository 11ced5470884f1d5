import fc from "fast-check";
import type { BoxStep } from "../../config/middleboxes.ts";
import { type BoxDirection, MOMENTS } from "../../sim/mod.ts";
import { begin, type Case, strike } from "../harness/mod.ts";
import { anyBeating } from "./cases.ts";
import { runs } from "./runs.ts";

const moment = fc.constantFrom(...MOMENTS);
const scope = fc.record({
  direction: fc.constantFrom<BoxDirection | undefined>("forward", "backward", undefined),
  at: fc.option(moment, { nil: undefined }),
  from: fc.option(moment, { nil: undefined }),
  count: fc.constantFrom(undefined, undefined, 1, 5),
}).map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const mptcp = fc.constantFrom("first" as const, "last" as const, "drop" as const);
const bytes = fc.constantFrom(50, 100, 536, 1000, 3000, 9000);
const wait = fc.constantFrom(0, 1, 20, 300);

/** Boxes that leave bytes as they are; what is forged is off by more than any window. */
const step: fc.Arbitrary<BoxStep> = fc.oneof(
  fc.record({ type: fc.constant("strip-options" as const) }),
  fc.record({ type: fc.constant("drop-options" as const) }),
  fc.record({ type: fc.constant("drop" as const) }),
  fc.record({ type: fc.constant("drop-holes" as const) }),
  fc.record({ type: fc.constant("duplicate" as const), delay: wait }),
  fc.record({ type: fc.constant("delay" as const), delay: wait, every: fc.constantFrom(1, 3, 7) }),
  fc.record({ type: fc.constant("renumber" as const), sack: fc.boolean() }),
  fc.record({ type: fc.constant("split" as const), bytes, mptcp: fc.oneof(mptcp, fc.constant("copy" as const)) }),
  fc.record({ type: fc.constant("coalesce" as const), bytes, wait, mptcp }),
  fc.record({
    type: fc.constant("acknowledge-early" as const),
    timeout: fc.constant(300),
    copiesOptions: fc.boolean(),
  }),
  fc.record({ type: fc.constant("alter" as const), fixChecksum: fc.constant(false) }),
  fc.record({
    type: fc.constant("forge" as const),
    flags: fc.constantFrom("R", "RA", "S", "SA", "A", "FA"),
    sequence: fc.constantFrom(2 ** 30, -(2 ** 30)),
    acknowledgment: fc.constantFrom(0, 2 ** 30, -(2 ** 30)),
    options: fc.constantFrom("none" as const, "copy" as const),
    // What is forged may be answered, and the answer be the occasion for the next.
    count: fc.constantFrom(1, 5, 50),
  }),
).chain((does) => scope.map((where) => ({ ...where, ...does }) as BoxStep));

const boxes = fc.array(step, { maxLength: 3 });

const anyBoxed = fc.record({ beating: anyBeating, boxes: fc.array(boxes, { minLength: 3, maxLength: 3 }) }).map(
  ({ beating: { given, blows }, boxes }) => ({
    blows,
    given: { ...given, paths: given.paths.map((path, i) => ({ ...path, boxes: boxes[i]! })) } as Case,
  }),
);

Deno.test("whatever boxes stand in the way, a connection ends, what arrived is right, and nothing is left", () => {
  fc.assert(
    fc.property(anyBoxed, ({ given, blows }) => {
      const begun = begin(given);
      strike(begun, given, blows);
      begun.world.settle();
      begun.running.assertOver();
    }),
    runs(2000),
  );
});

import fc from "fast-check";
import { begin, run, strike } from "../harness/mod.ts";
import { anySqueezed, anySqueezedBeating } from "./cases.ts";

/** See `transfer_test.ts`. */
const FACTOR = Number(Deno.env.get("MPTCP_TEST_RUNS") ?? 1);
const SEED = FACTOR === 1 ? { seed: 8201 } : {};

Deno.test("any bytes cross paths that become narrower and wider at any time, whether routers say so or not", () => {
  fc.assert(fc.property(anySqueezed, (given) => void run(given)), { numRuns: 1500 * FACTOR, ...SEED });
});

Deno.test("whatever else is done to a connection on such paths, it ends, what arrived is right, and nothing is left", () => {
  fc.assert(
    fc.property(anySqueezedBeating, ({ given, blows }) => {
      const begun = begin(given);
      strike(begun, given, blows);
      begun.world.settle();
      begun.running.assertOver();
    }),
    { numRuns: 1500 * FACTOR, ...SEED },
  );
});

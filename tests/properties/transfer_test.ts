import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Tap } from "../../sim/tap.ts";
import { begin, type Case, run, strike } from "../harness/mod.ts";
import { anyBeating, anyCase } from "./cases.ts";
import { runs } from "./runs.ts";

Deno.test("any bytes cross any network once and in order, and nothing is left of the connection", () => {
  fc.assert(fc.property(anyCase, (given) => void run(given)), runs(3000));
});

Deno.test("the same seed gives the same packets at the same times", () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const first = trace(given);
      const second = trace(given);
      assertEquals(second.hash, first.hash);
      assertEquals(second, first);
    }),
    runs(100),
  );
});

Deno.test("whatever is done to a connection, it ends, what arrived is right, and nothing is left", () => {
  fc.assert(
    fc.property(anyBeating, ({ given, blows }) => {
      const begun = begin(given);
      strike(begun, given, blows);
      begun.world.settle();
      begun.running.assertOver();
    }),
    runs(3000),
  );
});

function trace(given: Case): { readonly hash: number; readonly packets: number; readonly capture: Uint8Array } {
  const { world } = begin(given);
  const tap = new Tap();
  for (const { up, down } of world.links) {
    tap.watch(up);
    tap.watch(down);
  }
  world.settle();
  return { hash: world.hash, packets: world.packets, capture: tap.bytes() };
}

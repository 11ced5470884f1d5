import { assertAlmostEquals } from "@std/assert";
import { LinUcbArm } from "./lin_ucb.ts";

Deno.test("an arm that knows nothing expects nothing, and is as unsure as the context is long", () => {
  const arm = new LinUcbArm(2);
  const contexts = Float64Array.of(9, 0.3, 0.4);
  assertAlmostEquals(arm.score(contexts, 1, 0), 0);
  assertAlmostEquals(arm.score(contexts, 1, 2), 2 * 0.5);
});

Deno.test("after one reward the expectation is that of ridge regression", () => {
  const arm = new LinUcbArm(2);
  const contexts = Float64Array.of(1, 0);
  arm.learn(contexts, 0, 0.8);
  // A = [[2, 0], [0, 1]], b = [0.8, 0].
  assertAlmostEquals(arm.score(contexts, 0, 0), 0.4);
  assertAlmostEquals(arm.score(contexts, 0, 1), 0.4 + Math.sqrt(1 / 2));
  assertAlmostEquals(arm.score(Float64Array.of(0, 1), 0, 1), 1, 1e-12, "nothing is known about the other direction");
});

Deno.test("two contexts side by side are told apart: the inverse is that of the whole sum", () => {
  const arm = new LinUcbArm(2);
  arm.learn(Float64Array.of(1, 1), 0, 1);
  arm.learn(Float64Array.of(1, -1), 0, 0);
  // A = [[3, 0], [0, 3]], b = [1, 1].
  assertAlmostEquals(arm.score(Float64Array.of(1, 1), 0, 0), 2 / 3);
  assertAlmostEquals(arm.score(Float64Array.of(1, -1), 0, 0), 0);
  assertAlmostEquals(arm.score(Float64Array.of(1, 0), 0, 3), 1 / 3 + 3 * Math.sqrt(1 / 3));
});

Deno.test("with many rewards the expectation comes close to them", () => {
  const arm = new LinUcbArm(2);
  for (let i = 0; i < 1000; i++) {
    const context = Float64Array.of(1, (i % 10) / 10);
    arm.learn(context, 0, 0.2 + 0.5 * context[1]!);
  }
  assertAlmostEquals(arm.score(Float64Array.of(1, 0.5), 0, 0), 0.45, 0.005);
});

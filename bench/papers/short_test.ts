import { assert, assertEquals } from "@std/assert";
import { permutation } from "./e13_fat_tree/experiment.ts";
import aggregation from "./e01_aggregation/experiment.ts";
import idle from "./e02_idle_aggregation/experiment.ts";

// What one run tells without doubt; `deno task papers` is the long form.

Deno.test("16 MiB over two paths take no longer than Linux allows itself, in either direction (E1)", async () => {
  for (const variant of ["10+10, 1/25 ms", "15+5, 25/1 ms"]) {
    const figures = await aggregation.run(variant, 1);
    for (const claim of aggregation.claims.filter((claim) => claim.variant === variant)) {
      const [least, most] = claim.band ?? [-Infinity, Infinity];
      const figure = figures[claim.figure]!;
      assert(figure >= least && figure <= most, `${variant}, ${claim.figure}: ${figure}`);
    }
  }
});

Deno.test("LIA fills two idle links of different delay, and windows that are coupled in full do not (E2)", async () => {
  const lia = (await idle.run("lia", 1))["packets/s"]!;
  const coupled = (await idle.run("coupled", 1))["packets/s"]!;
  assert(lia > 1900, `${lia} packets/s with LIA`);
  assert(coupled < 1630, `${coupled} packets/s with coupled windows`);
});

Deno.test("many subflows find room in a FatTree where one finds none, and share it more evenly (E13)", async () => {
  const [one, many] = [await permutation(4, 1, 1), await permutation(4, 8, 1)];
  assert(many["% of the optimum"]! > one["% of the optimum"]! + 10, `${JSON.stringify(one)}, ${JSON.stringify(many)}`);
  assert(many["Jain"]! > one["Jain"]!, `${JSON.stringify(one)}, ${JSON.stringify(many)}`);
});

Deno.test("the same seed makes the same figures", async () => {
  const figures = await permutation(2, 2, 3);
  assertEquals(await permutation(2, 2, 3), figures);
});

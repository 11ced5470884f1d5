import { assertEquals } from "@std/assert";
import { FakeSubflow } from "../tests/kit/mod.ts";
import { bestPreference, preferenceOf } from "./preference.ts";

const regular = new FakeSubflow(0);
const backup = new FakeSubflow(1, { backup: true });
const stale = new FakeSubflow(2, { stale: true });
const staleBackup = new FakeSubflow(3, { stale: true, backup: true });

Deno.test("a regular subflow comes before a backup, both before stale ones", () => {
  assertEquals([regular, backup, stale, staleBackup].map(preferenceOf), [0, 1, 2, 3]);
});

Deno.test("the best preference is that of the best usable subflow, room or not", () => {
  const full = new FakeSubflow(4, { cwnd: 1000, inFlight: 1000 });
  assertEquals(bestPreference([stale, backup, full]), 0);
  assertEquals(bestPreference([stale, backup]), 1);
  assertEquals(bestPreference([staleBackup, stale]), 2);
  assertEquals(bestPreference([stale, new FakeSubflow(5, { usable: false })]), 2);
  assertEquals(bestPreference([]), Infinity);
});

import { assertEquals } from "@std/assert";
import { Bulk } from "./bulk.ts";

/** When bulk begins and ends while `bytes` pass every `interval` µs, from `start` for `duration`. */
function changes(bulk: Bulk, bytes: number, interval: number, start: number, duration: number): string[] {
  const told: string[] = [];
  for (let now = start; now < start + duration; now += interval) {
    bulk.note(bytes);
    if (bulk.isDue && bulk.judge(now)) {
      told.push(`${bulk.isOn ? "on" : "off"} at ${Math.round((now - start) / 1000)} ms`);
    }
  }
  return told;
}

Deno.test("a gigabit a second is bulk, from the second megabyte on", () => {
  assertEquals(changes(new Bulk(), 65_536, 500, 1e9, 1e6), ["on at 16 ms"]);
});

Deno.test("questions and answers are none, however many and however long", () => {
  assertEquals(changes(new Bulk(), 128, 20, 0, 60e6), []);
  assertEquals(changes(new Bulk(), 65_536, 1000, 0, 10e6), []);
});

Deno.test("bulk ends a tenth of a second after its last megabyte, and begins again", () => {
  const bulk = new Bulk();
  assertEquals(changes(bulk, 65_536, 200, 1e9, 1e6), ["on at 6 ms"]);
  assertEquals(changes(bulk, 128, 100, 1.001e9, 1e6), ["off at 98 ms"]);
  assertEquals(changes(bulk, 65_536, 200, 3e9, 1e6), ["on at 4 ms"]);
  bulk.note(64);
  assertEquals([bulk.isDue, bulk.judge(9e9), bulk.isOn], [true, true, false], "a pause of seconds");
});

Deno.test("bulk that becomes slower stays bulk, down to a tenth", () => {
  const bulk = new Bulk();
  changes(bulk, 65_536, 500, 0, 1e6);
  assertEquals(changes(bulk, 65_536, 5000, 1e6, 5e6), []);
  assertEquals(changes(bulk, 65_536, 10_000, 6e6, 5e6).length, 1);
});

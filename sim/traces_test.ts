import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { makeFrame, Sink } from "../tests/frames.ts";
import { Link } from "./link.ts";
import { Simulator } from "./simulator.ts";
import { parseCsv, parseCsvPair, parseMahimahi, parseRateLines } from "./traces.ts";

Deno.test("a link with a mahimahi trace delivers at its opportunities, round after round", () => {
  const sim = new Simulator();
  const sink = new Sink(sim);
  sim.runUntil(7000);
  const link = new Link(sim, "link", sink, { rate: parseMahimahi("1\n1\n4\n10\n"), delay: 20 });
  for (let i = 0; i < 6; i++) link.send(makeFrame(sim, { payload: 1460 }));
  sim.runUntil(1e6);
  assertEquals(sink.arrivals.map(({ at }) => at / 1000 - 27), [1, 1, 4, 10, 11, 11]);
});

Deno.test("rate lines hold until the next, and may begin at any time", () => {
  const trace = parseRateLines("# office, Tuesday\n10 8\n11 2 # lift\n\n13 5\n");
  assertEquals(trace.steps, [{ at: 0, rate: 8e6 }, { at: 1e6, rate: 2e6 }, { at: 3e6, rate: 5e6 }]);
  assertEquals(trace.period, 5e6);
  assertAlmostEquals(trace.meanRate, (8 + 2 * 2 + 2 * 5) / 5 * 1e6);
});

Deno.test("CSV columns are found by name or number, in any unit", () => {
  const text = '"time_ms", cell, "kbps"\n0, 17, 1000\n500, 17, 3000\n';
  const byName = parseCsv(text, { time: "time_ms", rate: "kbps", timeUnit: 1e-3, rateUnit: 1000 });
  assertEquals(byName.steps, [{ at: 0, rate: 1e6 }, { at: 500_000, rate: 3e6 }]);
  assertEquals(byName.period, 1e6);
  assertEquals(parseCsv("3,10\n4,20").steps, [{ at: 0, rate: 10e6 }, { at: 1e6, rate: 20e6 }]);
});

Deno.test("a pair is cut to the time that both have", () => {
  const [first, second] = parseCsvPair("0,1\n1,2\n2,3\n3,4\n", "1.5,10\n2.5,20\n3.5,30\n");
  assertEquals(first.steps, [{ at: 0, rate: 2e6 }, { at: 500_000, rate: 3e6 }, { at: 1_500_000, rate: 4e6 }]);
  assertEquals(second.steps, [{ at: 0, rate: 10e6 }, { at: 1e6, rate: 20e6 }, { at: 2e6, rate: 30e6 }]);
  assertEquals([first.period, second.period], [2.5e6, 2.5e6]);
});

Deno.test("errors name the line and what it should be", () => {
  assertThrows(() => parseMahimahi("1\n2.5\n"), TypeError, 'line 2 is "2.5", must be a whole number of milliseconds');
  assertThrows(() => parseRateLines("0 1\n\nfast\n"), TypeError, 'line 3 is "fast", must be "seconds Mbit/s"');
  assertThrows(() => parseCsv("t,r\n1,2\n2,\n"), TypeError, 'line 3 is "2,", must be numbers in columns 0 and 1');
  assertThrows(() => parseCsv("t,r\n1,2", { time: "x" }), TypeError, 'no column "x", the header has "t", "r"');
  assertThrows(() => parseCsv("t,r\n"), TypeError, "no rows");
  assertThrows(() => parseCsvPair("0,1\n1,1", "9,1\n10,1"), RangeError, "no time in common");
  assertThrows(() => parseRateLines(""), RangeError);
});

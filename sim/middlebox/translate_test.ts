import { assertEquals } from "@std/assert";
import { LoneBox } from "../../tests/lone_box.ts";
import { translateAddresses } from "./translate.ts";

const OUTSIDE = "192.0.2.1";

Deno.test("a translator gives each subflow a port of its own and leads answers back", () => {
  const bench = new LoneBox(translateAddresses(OUTSIDE));
  const out = bench.send("forward", { text: "hello" })[0]!;
  assertEquals([out.source, out.sourcePort, out.payload, out.verifies], [OUTSIDE, 1024, "hello", true]);
  assertEquals(bench.send("forward", { sourcePort: 5001 })[0]!.sourcePort, 1025);
  assertEquals(bench.send("forward", { sequence: 9 })[0]!.sourcePort, 1024);
  const back = bench.send("backward", { destination: OUTSIDE, destinationPort: 1025 })[0]!;
  assertEquals([back.destination, back.destinationPort, back.verifies], ["10.0.0.1", 5001, true]);
});

Deno.test("what nobody asked for is dropped", () => {
  const bench = new LoneBox(translateAddresses(OUTSIDE));
  bench.send("forward");
  assertEquals(bench.send("backward", { destination: OUTSIDE, destinationPort: 2000 }), []);
  assertEquals(bench.send("backward", { destination: "192.0.2.9", destinationPort: 1024 }), []);
});

Deno.test("after a rebinding the same subflow comes out of another port, once", () => {
  const bench = new LoneBox(translateAddresses(OUTSIDE, { rebinds: { after: 10 } }));
  assertEquals(bench.send("forward")[0]!.sourcePort, 1024);
  bench.wait(10);
  assertEquals(bench.send("forward")[0]!.sourcePort, 1025);
  assertEquals(bench.send("backward", { destination: OUTSIDE, destinationPort: 1024 }), []);
  assertEquals(bench.send("backward", { destination: OUTSIDE, destinationPort: 1025 }).length, 1);
  assertEquals(bench.send("forward")[0]!.sourcePort, 1025);
});

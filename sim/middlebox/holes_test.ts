import { assertEquals } from "@std/assert";
import { SYN } from "../../core/wire/tcp.ts";
import { LoneBox } from "../../tests/lone_box.ts";
import { dropHoles } from "./holes.ts";

Deno.test("a segment that leaves a hole is dropped until the hole is filled", () => {
  const bench = new LoneBox(dropHoles());
  bench.send("forward", { flags: SYN, sequence: 99 });
  const sent = [[100, "abc"], [106, "ghi"], [103, "def"], [106, "ghi"], [100, "abc"], [109, ""]] as const;
  const passed = sent.flatMap(([sequence, text]) => bench.send("forward", { sequence, text }).map((it) => it.sequence));
  assertEquals(passed, [100, 103, 106, 100, 109]);
});

Deno.test("each direction of each subflow has holes of its own", () => {
  const bench = new LoneBox(dropHoles({ direction: "forward" }));
  bench.send("forward", { flags: SYN, sequence: 99 });
  assertEquals(bench.send("forward", { sourcePort: 5001, sequence: 7000, text: "abc" }).length, 1);
  assertEquals(bench.send("backward", { sequence: 300, text: "abc" }).length, 1);
  assertEquals(bench.send("backward", { sequence: 400, text: "abc" }).length, 1);
  assertEquals(bench.send("forward", { sequence: 200, text: "abc" }).length, 0);
});

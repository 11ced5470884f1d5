import { assertEquals } from "@std/assert";
import { LoneBox } from "../../tests/lone_box.ts";
import { alterPayload } from "./alter.ts";

const inverted = (text: string, at: number): string => {
  const bytes = new TextEncoder().encode(text);
  bytes[at] = ~bytes[at]!;
  return new TextDecoder().decode(bytes);
};

Deno.test("a byte is inverted, and the checksum made right or left wrong", () => {
  for (const fixChecksum of [true, false]) {
    const [passed] = new LoneBox(alterPayload({ fixChecksum, byte: 2 })).send("forward", { text: "hello" });
    assertEquals([passed!.payload, passed!.verifies], [inverted("hello", 2), fixChecksum]);
  }
});

Deno.test("only segments with payload count, and in short ones the last byte is meant", () => {
  const bench = new LoneBox(alterPayload({ byte: 100, count: 1 }));
  assertEquals(bench.send("forward", {})[0]!.payload, "");
  assertEquals(bench.send("forward", { text: "abc" })[0]!.payload, inverted("abc", 2));
  assertEquals(bench.send("forward", { text: "abc" })[0]!.payload, "abc");
});

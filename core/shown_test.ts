import { assertEquals } from "@std/assert";
import { kindOf, shown } from "./shown.ts";

Deno.test("a value is told by its kind", () => {
  const kinds: readonly (readonly [unknown, string])[] = [
    ["hello", "a string"],
    [1, "a number"],
    [undefined, "undefined"],
    [null, "null"],
    [() => 1, "a function"],
    [[1, 2], "an array"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [new ArrayBuffer(1), "an ArrayBuffer"],
    [new Uint16Array(1), "a Uint16Array"],
    [Promise.resolve(), "a Promise"],
  ];
  for (const [value, kind] of kinds) assertEquals(kindOf(value), kind);
});

Deno.test("short values are shown themselves", () => {
  assertEquals([shown("5 s"), shown(-1), shown(true), shown(null)], ['"5 s"', "-1", "true", "null"]);
  assertEquals([shown("x".repeat(1000)), shown({ a: 1 }), shown([])], ["a long string", "an object", "an array"]);
});

import * as assert from "@std/assert";
import { concat } from "@std/bytes/concat";
import { equals } from "@std/bytes/equals";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { parseArgs } from "@std/cli/parse-args";
import { expect, fn } from "@std/expect";

const { assertEquals, assertRejects } = assert;

Deno.test("every assertion that is declared exists", async () => {
  const declared = await Deno.readTextFile(new URL("std.d.ts", import.meta.url));
  const module = declared.slice(declared.indexOf('"@std/assert"'), declared.indexOf('"@std/async/delay"'));
  const names = new Set(module.matchAll(/export (?:function|class) (\w+)/g).map((match) => match[1]!));
  assertEquals([...names].sort(), Object.keys(assert).sort());
});

Deno.test("every matcher that is declared exists", async () => {
  const declared = await Deno.readTextFile(new URL("std.d.ts", import.meta.url));
  // Looked up by names that are read at run time.
  const matchers = expect(0) as unknown as Record<string, unknown>;
  for (const [, name] of declared.matchAll(/^ {4}(to\w+)\(/gm)) {
    assertEquals(typeof matchers[name!], "function", name);
  }
});

Deno.test("the other modules do what their declarations say", async () => {
  assertEquals(concat([new Uint8Array([1]), new Uint8Array([2])]), new Uint8Array([1, 2]));
  assertEquals(equals(new Uint8Array([1]), new Uint8Array([2])), false);
  await delay(1);
  const never = Promise.withResolvers<void>();
  await assertRejects(() => deadline(never.promise, 1), DOMException);
  const called = fn();
  called(1);
  expect(called).toHaveBeenCalledWith(1);
});

Deno.test("a declared flag has the type of its declaration", () => {
  const args = parseArgs(["--json", "--seed", "7", "--path=a", "--path=b", "file"], {
    boolean: ["json"],
    string: ["seed", "path"],
    collect: ["path"],
  });
  const json: boolean = args.json;
  const seed: string | undefined = args.seed;
  const path: string[] = args.path;
  assertEquals({ json, seed, path, rest: args._ }, { json: true, seed: "7", path: ["a", "b"], rest: ["file"] });
  // @ts-expect-error a flag that was declared to be text is no number
  const _number: number = args.seed;
});

Deno.test("assertions are checked by the compiler", () => {
  // @ts-expect-error a number is never equal to a string
  assert.assertThrows(() => assertEquals(1, "1"));
});

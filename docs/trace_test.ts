import { assertEquals } from "@std/assert";

/** The words in quotes that are values of `type` or of a union in the source. */
function words(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].map(([, word]) => word!).toSorted();
}

Deno.test("the page on traces has every type of record and every cause of a segment and of a reinjection", async () => {
  const page = await Deno.readTextFile(new URL("./trace.md", import.meta.url));
  const source = await Deno.readTextFile(new URL("../core/meta/trace.ts", import.meta.url));
  const [, types, causes, reinjections] = page.split(/^\| (?:type|cause of `[a-z-]+`) .*$/m);
  assertEquals(words(types!, /^\| `([a-z-]+)`/gm), words(source, /readonly type: "([a-z-]+)"/g));
  for (const [name, rows] of [["SendCause", causes], ["ReinjectionCause", reinjections]] as const) {
    const union = new RegExp(`export type ${name} =([^;]*);`).exec(source)![1]!;
    assertEquals(words(rows!, /^\| `([a-z-]+)`/gm), words(union, /\| "([a-z-]+)"/g));
  }
});

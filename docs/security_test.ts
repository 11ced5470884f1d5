import { assert, assertEquals } from "@std/assert";
import { DEFAULT_HOST_LIMITS, OPTION_SCOPES } from "@userspace/mptcp/core";

const PAGE = await Deno.readTextFile(new URL("security.md", import.meta.url));

/** The rows of all tables: attack, what is bounded, option, test. */
const ROWS = PAGE.split("\n").filter((line) => /^\| (?!attack |-)/.test(line))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()) as [string, string, string, string]);

/** What stands in backquotes. */
const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

Deno.test("each attack has a test that exists, and each option is one", async () => {
  assert(ROWS.length > 25, `${ROWS.length} rows`);
  for (const [attack, , option, test] of ROWS) {
    assert(quoted(test).length > 0, attack);
    for (const name of quoted(test)) {
      const isWhole = /^(core|tests)\//.test(name);
      const base = isWhole ? "../" : name.startsWith("interop/") ? "../tests/" : "../tests/attacks/";
      assert((await Deno.stat(new URL(`${base}${name}`, import.meta.url))) !== null, `${attack}: ${name}`);
    }
    for (const name of quoted(option)) {
      assert(name in OPTION_SCOPES || name in DEFAULT_HOST_LIMITS, `${attack}: ${name}`);
    }
  }
});

Deno.test("each file of attacks is on the page", async () => {
  const named = new Set(ROWS.flatMap(([, , , test]) => quoted(test)));
  const missing: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../tests/attacks/", import.meta.url))) {
    if (name.endsWith("_test.ts") && !named.has(name)) missing.push(name);
  }
  assertEquals(missing, []);
});

import { assertEquals } from "@std/assert";

/** The documented fields of an interface in TypeScript source, each as its row begins. */
async function fieldsOf(path: string, name: string): Promise<string[]> {
  const source = await Deno.readTextFile(new URL(path, import.meta.url));
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{$(.*?)^\\}$`, "ms").exec(source)![1]!;
  return [...body.matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+):/g)].map(([, text, field]) => `\`${field}\` ${text}`);
}

function rowsIn(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return lines.map((line) => line.split("|").slice(1, 3).map((cell) => cell.trim()).join(" "));
}

Deno.test("the page on figures has every event", async () => {
  const page = await Deno.readTextFile(new URL("figures.md", import.meta.url));
  const source = await Deno.readTextFile(new URL("../core/meta/events.ts", import.meta.url));
  const [union] = /^export type ConnectionEvent =.*?;$/ms.exec(source)!;
  const types = [...union.matchAll(/type: "([\w-]+)"/g)].map(([, type]) => `\`${type}\``);
  const rows = page.split(/^## /m).find((part) => part.startsWith("`conn.events()`"))!.matchAll(/^\| (`[\w-]+`)/gm);
  assertEquals([...rows].map(([, type]) => type!).sort(), types.sort());
});

Deno.test("the page on figures has every figure as the code describes it", async () => {
  const page = await Deno.readTextFile(new URL("figures.md", import.meta.url));
  assertEquals(rowsIn(page, "`conn.stats()`"), await fieldsOf("../core/meta/events.ts", "ConnectionStats"));
  assertEquals(rowsIn(page, "`conn.subflows`"), [
    ...await fieldsOf("../core/plugin.ts", "SubflowView"),
    ...await fieldsOf("../transports/subflow_info.ts", "SubflowInfo"),
    ...await fieldsOf("../core/meta/subflow_figures.ts", "SubflowFigures"),
  ]);
});

Deno.test("the page on figures has every field of `mptcp cat --json`", async () => {
  const page = await Deno.readTextFile(new URL("figures.md", import.meta.url));
  const [whole, subflows] = page.split(/^## `mptcp cat --json`$/m)[1]!.split("Each of `subflows`:");
  for (const [part, name] of [[whole!, "ConnectionRecord"], [subflows!, "SubflowRecord"]] as const) {
    assertEquals(rowsIn(`## x${part}`, "x"), await fieldsOf("../cli/cat/record.ts", name));
  }
});

import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { congestionNames, pathManagerNames, pluginOptions, schedulerNames } from "../config.ts";
import { scenarioShapes } from "../config/scenario.ts";
import { readScenario } from "../cli/scenario/read.ts";
import { runScenario } from "../cli/scenario/run.ts";

const PAGE = await Deno.readTextFile(new URL("scenarios.md", import.meta.url));

Deno.test("the manual names every field of the schema, and no other", () => {
  const { shapes } = scenarioShapes(() => "");
  const documented = new Set<string>();
  for (const [, names] of PAGE.matchAll(/^<!-- fields: (.*) -->$/gm)) {
    const [name = "", left] = names!.split(", without ");
    const others = left === undefined ? [] : Object.keys(shapes[left]!);
    const fields = Object.keys(shapes[name]!).filter((field) => !others.includes(field));
    const cells = rows(`fields: ${names}`);
    assertEquals(cells.map(([field]) => field).sort(), quoted(fields), name);
    const required = fields.filter((field) => !z.object({ [field]: shapes[name]![field]! }).safeParse({}).success);
    assertEquals(
      cells.filter(([, type]) => /, required$/.test(type!)).map(([field]) => field).sort(),
      quoted(required),
      name,
    );
    documented.add(name);
  }
  // What these hold is said of the link, in words.
  const inWords = ["forward, backward", "link change"];
  assertEquals([...documented, ...inWords].sort(), Object.keys(shapes).sort());
});

Deno.test("the manual names every plug-in with its options", () => {
  const kinds = new Map([
    ...schedulerNames.map((name) => [name, "scheduler"] as const),
    ...congestionNames.map((name) => [name, "congestion"] as const),
    ...pathManagerNames.map((name) => [name, "path manager"] as const),
  ]);
  assertEquals(
    rows("plug-ins"),
    Array.from(kinds, ([name, kind]) => [`\`${name}\``, kind, quoted(pluginOptions.get(name)!, false).join(", ")]),
  );
});

Deno.test("the scenarios in the manual run, and their reports have the fields that it names", async () => {
  const blocks = [...PAGE.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text]) => text!);
  assert(blocks.length >= 2);
  for (const text of blocks) {
    const report = await runScenario(readScenario(text, "docs/scenarios.md", ""));
    const [connection] = report.connections;
    assertEquals(connection!.error, null);
    for (
      const [name, object] of Object.entries({
        report,
        connection: connection!,
        subflow: connection!.subflows[0]!,
        link: report.links[0]!,
      })
    ) {
      assertEquals(rows(`output: ${name}`).map(([field]) => field), quoted(Object.keys(object), false), name);
    }
  }
});

/** The cells of the table behind the comment `marker`, without its head. */
function rows(marker: string): string[][] {
  const [, behind] = PAGE.split(`<!-- ${marker} -->\n`);
  const [table] = behind!.trimStart().split("\n\n");
  return table!.trim().split("\n").slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function quoted(names: readonly string[], sorted = true): string[] {
  const all = names.map((name) => `\`${name}\``);
  return sorted ? all.sort() : all;
}

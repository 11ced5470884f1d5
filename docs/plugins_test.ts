import { assert, assertEquals } from "@std/assert";
import { congestionNames, pathManagerNames, pluginOptions, schedulerNames } from "../config.ts";

const PAGE = await Deno.readTextFile(new URL("plugins.md", import.meta.url));

/** The rows of the table behind `marker`, each cell without its marks. */
function rows(marker: string): string[][] {
  const [, behind] = PAGE.split(marker);
  const [table] = behind!.trimStart().split("\n\n");
  const lines = table!.trim().split("\n").slice(2);
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}

for (
  const [kind, names] of [
    ["schedulers", schedulerNames],
    ["congestion controls", congestionNames],
    ["path managers", pathManagerNames],
  ] as const
) {
  Deno.test(`the page describes every one of the ${kind}, and no other`, () => {
    const described = rows(`<!-- list: ${kind} -->\n`).map(([name]) => name!);
    // What only a program can make has no name in files.
    assertEquals(described.filter((name) => name !== "application"), [...names]);
    assert(rows(`<!-- list: ${kind} -->\n`).every(([, rule]) => rule!.endsWith(".")));
  });

  if (kind === "congestion controls") continue;

  Deno.test(`the page describes every option of the ${kind}, and no other`, () => {
    const described = new Map<string, string[]>();
    let name = "";
    for (const [plugin, option] of rows(`<!-- options: ${kind} -->\n`)) {
      if (plugin !== "") name = plugin!;
      described.set(name, [...described.get(name) ?? [], option!]);
    }
    const withOptions = names.filter((it) => pluginOptions.get(it)!.length > 0);
    assertEquals([...described.keys()], withOptions);
    for (const it of withOptions) assertEquals(described.get(it)!.toSorted(), pluginOptions.get(it)!.toSorted(), it);
  });
}

Deno.test("the page describes every option of the congestion controls, those that all or most have once", () => {
  const described = new Map(congestionNames.map((name) => [name, [] as string[]]));
  let owners: readonly string[] = [];
  for (const [owner, option] of rows("<!-- options: congestion controls -->\n")) {
    if (owner === "all") owners = congestionNames;
    else if (owner === "all but bbr") owners = congestionNames.filter((name) => name !== "bbr");
    else if (owner !== "") owners = [owner!];
    for (const name of owners) described.get(name)!.push(option!);
  }
  for (const [name, options] of described) assertEquals(options.toSorted(), pluginOptions.get(name)!.toSorted(), name);
});

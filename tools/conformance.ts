/**
 * Which test holds which requirement of the RFCs: prints the table, or with `--write` makes `docs/conformance.md` of it.
 * With `--check` it says nothing, and fails if that page is out of date. Contradictions are an error in any case.
 *
 * @module
 */

import { readLabelledTests } from "./conformance/labels.ts";
import { contradictions, page } from "./conformance/page.ts";
import { readRequirements } from "./conformance/requirements.ts";

const PAGE = new URL("../docs/conformance.md", import.meta.url);

if (import.meta.main) Deno.exit(await run(Deno.args));

async function run(args: readonly string[]): Promise<number> {
  const { text, complaints } = await conformance();
  if (args.includes("--write")) await Deno.writeTextFile(PAGE, text);
  else if (!args.includes("--check")) console.log(text);
  else if (await writtenPage() !== text) complaints.push("docs/conformance.md is out of date: `--write` makes it anew");
  for (const complaint of complaints) console.error(complaint);
  return complaints.length > 0 ? 1 : 0;
}

/** The page as it should be, and what contradicts itself. */
export async function conformance(): Promise<{ readonly text: string; readonly complaints: string[] }> {
  const [documents, tests] = await Promise.all([readRequirements(), readLabelledTests()]);
  return { text: page(documents, tests), complaints: [...contradictions(documents, tests)] };
}

/** The page as it is; empty if there is none. */
export async function writtenPage(): Promise<string> {
  return await Deno.readTextFile(PAGE).catch(() => "");
}

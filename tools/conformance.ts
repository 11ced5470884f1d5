/**
 * Which test holds which requirement of the RFCs: `deno task conformance`; `--help` tells the flags.
 *
 * @module
 */

import { readLabelledTests } from "./conformance/labels.ts";
import { contradictions, overview, page } from "./conformance/page.ts";
import { readRequirements } from "./conformance/requirements.ts";
import { taskFlags } from "./task_flags.ts";

const PAGE = new URL("../docs/conformance.md", import.meta.url);

const HELP = `Tells how many requirements of the RFCs tests hold, and which none does.

usage: deno task conformance [--write|--check]

  --write  make docs/conformance.md, which has each with its tests, anew
  --check  print nothing, and fail if that page is out of date

Exit codes: 0 all is well, 1 the page is out of date or requirements and tests contradict each other, 2 a flag is wrong.
`;

if (import.meta.main) Deno.exit(await run(taskFlags(HELP, { boolean: ["write", "check"] })));

async function run({ write, check }: { readonly write: boolean; readonly check: boolean }): Promise<number> {
  const { text, brief, complaints } = await conformance();
  if (write) await Deno.writeTextFile(PAGE, text);
  else if (!check) console.log(`${brief}\nEach requirement with its tests stands in docs/conformance.md.`);
  else if (await writtenPage() !== text) complaints.push("docs/conformance.md is out of date: `--write` makes it anew");
  for (const complaint of complaints) console.error(complaint);
  return complaints.length > 0 ? 1 : 0;
}

/** What requirements and tests come to. */
export interface Conformance {
  /** The page as it should be. */
  readonly text: string;
  /** What of it tells how far the tests go. */
  readonly brief: string;
  /** What contradicts itself. */
  readonly complaints: string[];
}

/** Reads both. */
export async function conformance(): Promise<Conformance> {
  const [documents, tests] = await Promise.all([readRequirements(), readLabelledTests()]);
  return {
    text: page(documents, tests),
    brief: overview(documents),
    complaints: [...contradictions(documents, tests)],
  };
}

/** The page as it is; empty if there is none. */
export async function writtenPage(): Promise<string> {
  return await Deno.readTextFile(PAGE).catch(() => "");
}

/**
 * The page that says which test holds which requirement.
 *
 * @module
 */

import type { LabelledTest } from "./labels.ts";
import type { Requirement, RequirementDocument } from "./requirements.ts";

/** What is known of a requirement. */
export type Standing = "covered" | "open" | "not applicable";

/** How many requirements have which standing. */
export type Totals = Readonly<Record<Standing, number>>;

const HEAD = `# Conformance

What the RFCs ask for, and the tests that hold it. The requirements stand in \`docs/conformance/\`, in our own words, under
the labels of RFC 9293 or, where an RFC has none, under its section and a number of ours. A test carries in its name the
labels of what it holds: "… (RFC 9293 MUST-14, SHLD-5)". What is written MAY is left out.

\`deno task conformance --write\` makes this page; a test fails where it is out of date.
`;

/** The whole page, in Markdown. */
export function page(documents: readonly RequirementDocument[], tests: readonly LabelledTest[]): string {
  return [HEAD, overview(documents), ...documents.map((document) => chapter(document, tests))].join("\n");
}

/** How many requirements tests hold, and which none does. */
export function overview(documents: readonly RequirementDocument[]): string {
  return [summary(documents), "## Open\n", openTable(documents)].join("\n");
}

/** What contradicts itself, one line each; empty if all is well. */
export function contradictions(
  documents: readonly RequirementDocument[],
  tests: readonly LabelledTest[],
): readonly string[] {
  const held = new Set(tests.flatMap(({ labels }) => labels));
  const known = new Set<string>();
  const lines: string[] = [];
  for (const { rfc, requirement } of all(documents)) {
    const label = `${rfc} ${requirement.id}`;
    if (known.has(label)) lines.push(`RFC ${label} stands there twice`);
    known.add(label);
    const reasons = [requirement.open, requirement.notApplicable].filter((reason) => reason !== undefined);
    if (reasons.length > 1) lines.push(`RFC ${label} is open and not applicable at once`);
    if (held.has(label) && reasons.length > 0) lines.push(`RFC ${label} has a test, and a reason why it has none`);
    if (!held.has(label) && reasons.length === 0) lines.push(`RFC ${label} has neither a test nor a reason why not`);
  }
  for (const { file, name, labels } of tests) {
    for (const label of labels) if (!known.has(label)) lines.push(`RFC ${label} is unknown: "${name}" in ${file}`);
  }
  return lines;
}

/** Counts the requirements of one RFC. */
export function totals(document: RequirementDocument): Totals {
  const counts = { "covered": 0, "open": 0, "not applicable": 0 };
  for (const { requirement } of all([document])) counts[standing(requirement)]++;
  return counts;
}

function standing({ open, notApplicable }: Requirement): Standing {
  return open !== undefined ? "open" : notApplicable !== undefined ? "not applicable" : "covered";
}

function* all(documents: readonly RequirementDocument[]) {
  for (const { rfc, sections } of documents) {
    for (const [section, requirements] of Object.entries(sections)) {
      for (const requirement of requirements) yield { rfc, section, requirement };
    }
  }
}

function summary(documents: readonly RequirementDocument[]): string {
  const rows = documents.map((document) => {
    const { covered, open, "not applicable": none } = totals(document);
    return [`RFC ${document.rfc}, ${document.title}`, `${covered}`, `${open}`, `${none}`];
  });
  return table(["", "covered", "open", "not applicable"], rows);
}

function openTable(documents: readonly RequirementDocument[]): string {
  const rows: string[][] = [];
  for (const { rfc, section, requirement: { id, level, text, open } } of all(documents)) {
    if (open !== undefined) rows.push([`RFC ${rfc}, ${section}`, id, level, text, open]);
  }
  return table(["section", "label", "level", "asks for", "why it is open"], rows);
}

function chapter(document: RequirementDocument, tests: readonly LabelledTest[]): string {
  const rows = [...all([document])].map(({ rfc, section, requirement }) => {
    const { id, level, text } = requirement;
    return [
      section,
      id,
      level,
      text,
      evidence(requirement, tests.filter(({ labels }) => labels.includes(`${rfc} ${id}`))),
    ];
  });
  const head = ["section", "label", "level", "asks for", "held by"];
  return `## RFC ${document.rfc}, ${document.title}\n\n${table(head, rows)}`;
}

function evidence({ open, notApplicable }: Requirement, tests: readonly LabelledTest[]): string {
  if (open !== undefined) return "**open**";
  if (notApplicable !== undefined) return `not applicable: ${notApplicable}`;
  return tests.map(({ name, file }) => `[${escaped(name)}](../${file})`).join("; ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}

/** Text of a link that stays text. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]|*_<>]/g, "\\$&");
}

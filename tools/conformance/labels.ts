/**
 * The labels in the names of tests: `… (RFC 9293 MUST-14, SHLD-5; RFC 8684 3.3.1-4)`.
 *
 * @module
 */

/** A test that holds requirements. */
export interface LabelledTest {
  /** From the root of the project. */
  readonly file: string;
  /** What its name says before the labels; `…` stands for what differs from case to case. */
  readonly name: string;
  /** Each as `9293 MUST-14`. */
  readonly labels: readonly string[];
}

/** The name in a line that begins a test, or the line of a name alone where it did not fit. */
const NAME = /^\s*(?:Deno\.test\(|testWith\((?:\[[^\]]*\]|\w+), )?(["'`])(.*)\1,/;
/** One RFC and what is named of it. */
const REFERENCE = /RFC (\d+) ([^();]+)/g;
const LABEL = /^(?:(?:MUST|SHLD|REC)-\d+|\d+(?:\.\d+)*-\d+)$/;

/** The tests in `source` that carry labels. A label outside of the name of a test is an error: it would say nothing. */
export function labelledTests(file: string, source: string): LabelledTest[] {
  return source.split("\n").flatMap((line, index) => {
    const labels = labelsIn(line);
    if (labels.length === 0) return [];
    const name = NAME.exec(line)?.[2];
    if (name === undefined) {
      throw new TypeError(`Cannot take the labels in ${file}:${index + 1}: they are not in the name of a test`);
    }
    return [{ file, name: readable(name), labels }];
  });
}

/** The labels in a piece of text, in its order; other references to RFCs are none. */
export function labelsIn(text: string): string[] {
  const labels: string[] = [];
  for (const [, rfc, named] of text.matchAll(REFERENCE)) {
    for (const word of named!.split(", ")) if (LABEL.test(word.trim())) labels.push(`${rfc} ${word.trim()}`);
  }
  return labels;
}

/** The name without its labels and placeholders. */
function readable(name: string): string {
  const words = name.replaceAll(/ \([^()]*\)/g, (group) => labelsIn(group).length > 0 ? "" : group);
  return words.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, "…").replaceAll(/\\(.)/g, "$1");
}

/** The tests with labels in all files of the project whose names end in `_test.ts`. */
export async function readLabelledTests(): Promise<LabelledTest[]> {
  const root = new URL("../../", import.meta.url);
  const tests: LabelledTest[] = [];
  for (const file of (await testFiles(root, "")).toSorted()) {
    // These speak of labels, and hold none.
    if (file.startsWith("tools/")) continue;
    tests.push(...labelledTests(file, await Deno.readTextFile(new URL(file, root))));
  }
  return tests;
}

async function testFiles(root: URL, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", root))) {
    if (isDirectory && !name.startsWith(".")) files.push(...await testFiles(root, `${folder}${name}/`));
    else if (name.endsWith("_test.ts")) files.push(`${folder}${name}`);
  }
  return files;
}

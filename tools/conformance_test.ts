import { assertEquals, assertThrows } from "@std/assert";
import { conformance, writtenPage } from "./conformance.ts";
import { labelledTests, labelsIn } from "./conformance/labels.ts";
import { contradictions, page, totals } from "./conformance/page.ts";
import type { Requirement, RequirementDocument } from "./conformance/requirements.ts";

function documentOf(...requirements: Requirement[]): RequirementDocument {
  return { rfc: 9293, title: "TCP", sections: { "3.1": requirements } };
}

const asked: Requirement = { id: "MUST-1", level: "MUST", text: "It holds." };

Deno.test("the page of conformance is up to date, and every requirement has a test or a reason why not", async () => {
  const { text, complaints } = await conformance();
  assertEquals(complaints, []);
  assertEquals(await writtenPage() === text, true, "`deno task conformance --write` makes it anew");
});

Deno.test("labels stand behind their RFC; sections, figures and other numbers are no labels", () => {
  assertEquals(labelsIn("a (RFC 9293 MUST-1, SHLD-2; RFC 8684 3.3.1-4) (RFC 7323 section 5.3)"), [
    "9293 MUST-1",
    "9293 SHLD-2",
    "8684 3.3.1-4",
  ]);
  assertEquals(labelsIn("both ends open at once (RFC 9293 figure 7, MUST-10)"), ["9293 MUST-10"]);
  assertEquals(labelsIn("MUST-1 of nobody, and RFC 1122"), []);
});

Deno.test("names of tests are found in each form of a call, and placeholders left open", () => {
  const source = [
    'Deno.test("one (RFC 9293 MUST-1)", () => {',
    'testWith([...KERNEL, program("tshark")], `two ${kind}: "x" (RFC 9293 MUST-2)`, async () => {',
    '    "three (in brackets) (RFC 9293 MUST-3)",',
    'Deno.test("four (RFC 9293 section 3.1)", () => {',
  ].join("\n");
  assertEquals(labelledTests("a_test.ts", source), [
    { file: "a_test.ts", name: "one", labels: ["9293 MUST-1"] },
    { file: "a_test.ts", name: 'two …: "x"', labels: ["9293 MUST-2"] },
    { file: "a_test.ts", name: "three (in brackets)", labels: ["9293 MUST-3"] },
  ]);
  assertThrows(() => labelledTests("a_test.ts", "// see RFC 9293 MUST-1"), TypeError, "a_test.ts:1");
});

Deno.test("what has neither test nor reason, or both, or a label that nobody knows is told", () => {
  const test = (label: string) => ({ file: "a_test.ts", name: "a", labels: [label] });
  assertEquals(contradictions([documentOf(asked)], [test("9293 MUST-1")]), []);
  assertEquals(contradictions([documentOf(asked)], []).length, 1);
  assertEquals(contradictions([documentOf({ ...asked, open: "later" })], []), []);
  assertEquals(contradictions([documentOf({ ...asked, open: "later" })], [test("9293 MUST-1")]).length, 1);
  assertEquals(contradictions([documentOf({ ...asked, open: "a", notApplicable: "b" })], []).length, 1);
  assertEquals(contradictions([documentOf(asked, asked)], [test("9293 MUST-1")]).length, 1);
  assertEquals(contradictions([documentOf(asked)], [test("9293 MUST-1"), test("9293 MUST-2")]).length, 1);
});

Deno.test("a requirement is counted once, and its row names every test", () => {
  const document = documentOf(asked, { ...asked, id: "MUST-2", open: "later" });
  assertEquals(totals(document), { "covered": 1, "open": 1, "not applicable": 0 });
  const tests = ["a", "b"].map((name) => ({ file: `${name}_test.ts`, name, labels: ["9293 MUST-1"] }));
  const lines = page([document], tests).split("\n");
  assertEquals(lines.includes("| 3.1 | MUST-1 | MUST | It holds. | [a](../a_test.ts); [b](../b_test.ts) |"), true);
  assertEquals(lines.includes("| RFC 9293, 3.1 | MUST-2 | MUST | It holds. | later |"), true);
});

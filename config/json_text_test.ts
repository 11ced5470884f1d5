import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { JsonText, JsonTextError } from "./json_text.ts";

function refused(text: string): string {
  return assertThrows(() => new JsonText(text, "it.json"), JsonTextError).message;
}

Deno.test("JSON is read as JSON.parse reads it", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    assertEquals(new JsonText(text, "it.json").value, JSON.parse(text));
  }));
});

Deno.test("text that is no JSON is refused at its first slip", () => {
  assertEquals(
    refused('{ "a": {}, }'),
    'it.json:1:12: a field in double quotes must come here, and no comma before "}"',
  );
  assertEquals(refused("[1,\n 2,\n]"), 'it.json:3:1: a value must come here, and no comma before "]"');
  assertEquals(refused('{ "a" 1 }'), 'it.json:1:7: ":" must come here, between a field and its value');
  assertEquals(refused('{\n  "a": 1\n  "b": 2\n}'), 'it.json:3:3: "," must come here, between two values');
  assertEquals(refused('{ "a": yes }'), "it.json:1:8: this is no JSON value, text stands in double quotes");
  assertEquals(refused('{ "a": 1 } 2'), "it.json:1:12: the text must end here, behind its one value");
  assertEquals(refused('{ // why\n"a": 1 }'), "it.json:1:3: JSON has no comments");
  assertEquals(refused('{ "a": "x }\n'), "it.json:1:8: this text has no closing quote on its line");
  assertEquals(refused('{ "a":\n'), "it.json:2:1: the text ends too early");
  assertEquals(refused(""), "it.json:1:1: the text ends too early");
});

Deno.test("what JSON.parse refuses is refused with a place, never with another error", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0-1.eE \n\t\v\u00a0truefalsn\\u') }), (text) => {
      const expected = parsed(text);
      try {
        assertEquals(new JsonText(text, "x").value, expected);
      } catch (error) {
        if (!(error instanceof JsonTextError)) throw error;
        if (expected !== undefined) assertEquals(/^x:\d+:\d+: field ".*" is there twice$/s.test(error.message), true);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a field that is there twice is refused, which JSON.parse is silent about", () => {
  assertEquals(
    refused('{ "a": 1,\n  "b": { "c": 1, "c": 2 }, "a": 3 }'),
    [
      'it.json:2:18: field "c" is there twice',
      'it.json:2:28: field "a" is there twice',
    ].join("\n"),
  );
});

Deno.test("an issue is at the value, at the unknown field, or at what lacks the field", () => {
  const json = new JsonText('{\n  "links": [\n    { "rate": "x" }\n  ]\n}', "it.json");
  const { message } = json.error([
    { path: ["links", 0, "delay"], message: "is missing" },
    { path: ["links", 0, "rate"], message: "is no rate" },
    { path: ["links", 0], unknownField: "rate", message: "unknown" },
    { path: [], message: "is not enough" },
  ]);
  assertEquals(
    message,
    [
      "it.json:1:1: is not enough",
      "it.json:3:5: links[0].delay: is missing",
      "it.json:3:7: links[0]: unknown",
      "it.json:3:15: links[0].rate: is no rate",
    ].join("\n"),
  );
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Values out of JSON text, and where in the text each of them is.
 *
 * @module
 */

import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type ConfigIssue, describeIssue } from "./checks.ts";

/** JSON text that cannot be used. */
export class JsonTextError extends Error {
  /** What is wrong, a line each: "file:line:column: field: what, and what would be right". */
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "JsonTextError";
  }
}

/** A value and the text that it was read from. */
export class JsonText {
  /** The value. */
  readonly value: unknown;
  readonly #name: string;
  readonly #text: string;
  readonly #root: Node;

  /**
   * Reads `text`, which errors call `name`.
   *
   * @throws {JsonTextError} if it is not JSON, or an object has a field twice
   */
  constructor(text: string, name: string) {
    this.#name = name;
    this.#text = text;
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { disallowComments: true });
    const [error] = errors;
    // One slip makes a parser that goes on stumble many times.
    if (root === undefined || error !== undefined) throw new JsonTextError([this.#syntaxError(error)]);
    this.#root = root;
    const repeated = [...repeatedFields(root)];
    if (repeated.length > 0) {
      throw new JsonTextError(repeated.map((key) => `${this.#at(key.offset)}: field "${key.value}" is there twice`));
    }
    try {
      this.value = JSON.parse(text);
    } catch (error) {
      // Where the parser with places is more lenient.
      throw new JsonTextError([`${this.#at(0)}: ${(error as Error).message}`]);
    }
  }

  /** What is wrong with the value, as an error whose lines say where in the text. */
  error(issues: readonly ConfigIssue[]): JsonTextError {
    const located = issues.map((issue) => ({ issue, offset: this.#offsetOf(issue) }));
    located.sort((a, b) => a.offset - b.offset);
    return new JsonTextError(located.map(({ issue, offset }) => `${this.#at(offset)}: ${describeIssue(issue)}`));
  }

  /** Where the field is, or what it is missing in. */
  #offsetOf({ path, unknownField }: ConfigIssue): number {
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(this.#root, path.slice(0, length));
      if (node !== undefined) return keyOf(node, length === path.length ? unknownField : undefined).offset;
    }
    return keyOf(this.#root, path.length === 0 ? unknownField : undefined).offset;
  }

  #syntaxError(error: ParseError | undefined): string {
    if (error === undefined) return `${this.#at(0)}: there is nothing, must be JSON`;
    const code = printParseErrorCode(error.error);
    const isAtEnd = this.#text.slice(error.offset).trim() === "";
    if (isAtEnd && code !== "InvalidCommentToken") return `${this.#at(error.offset)}: the text ends too early`;
    return `${this.#at(error.offset)}: ${SYNTAX_ERRORS[code] ?? "this is not JSON"}`;
  }

  /** `file:line:column`, both from 1. */
  #at(offset: number): string {
    const before = this.#text.slice(0, offset).split("\n");
    return `${this.#name}:${before.length}:${before.at(-1)!.length + 1}`;
  }
}

const SYNTAX_ERRORS: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value, text stands in double quotes",
  InvalidNumberFormat: "this is no number",
  PropertyNameExpected: 'a field in double quotes must come here, and no comma before "}"',
  ValueExpected: 'a value must come here, and no comma before "]"',
  ColonExpected: '":" must come here, between a field and its value',
  CommaExpected: '"," must come here, between two values',
  CloseBraceExpected: '"}" must come here',
  CloseBracketExpected: '"]" must come here',
  EndOfFileExpected: "the text must end here, behind its one value",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "this text has no closing quote on its line",
  UnexpectedEndOfNumber: "this number has no end",
  InvalidUnicode: "\\u must be followed by four hexadecimal digits",
  InvalidEscapeCharacter: 'a backslash must be followed by one of " \\ / b f n r t u',
  InvalidCharacter: "this character must be written as an escape",
};

/** The key `name` of an object, or `node` itself. */
function keyOf(node: Node, name: string | undefined): Node {
  const property = name === undefined
    ? undefined
    : node.children?.find(({ children }) => children?.[0]?.value === name);
  return property?.children?.[0] ?? node;
}

function* repeatedFields(node: Node): Generator<Node> {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    const key = child.type === "property" ? child.children![0]! : null;
    if (key !== null && seen.has(key.value)) yield key;
    if (key !== null) seen.add(key.value);
    yield* repeatedFields(child);
  }
}

/**
 * What schemas are made of, and what they say when a value does not fit.
 *
 * @module
 */

import { z } from "zod";
import { suggestion } from "../core/suggestion.ts";

/** One thing that is wrong with a value. */
export interface ConfigIssue {
  /** Where: keys and indices from the outermost value inwards. */
  readonly path: readonly (string | number)[];
  /** The field of the object at `path` that should not be there, if that is what is wrong. */
  readonly unknownField?: string;
  /** What, and what would be right. */
  readonly message: string;
}

/** A value from outside that does not fit its schema. */
export class ConfigError extends TypeError {
  /** All that is wrong. */
  readonly issues: readonly ConfigIssue[];

  /** `what` names the value: "scenario", "--scheduler". */
  constructor(what: string, issues: readonly ConfigIssue[]) {
    super(`Cannot use ${what}: ${issues.map(describeIssue).join("; ")}`);
    this.name = "ConfigError";
    this.issues = issues;
  }
}

/** The field and what is wrong with it: "paths[0].rate: must be …". */
export function describeIssue({ path, message }: ConfigIssue): string {
  return path.length === 0 ? message : `${fieldName(path)}: ${message}`;
}

/**
 * What `schema` makes of `value`. Throws {@linkcode ConfigError} when it does not fit.
 *
 * ```ts
 * import { parseConfig, wholeNumber } from "./checks.ts";
 *
 * console.assert(parseConfig(wholeNumber(1), 3, "--runs") === 3);
 * ```
 */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigError(what, result.error.issues.flatMap(issuesOf));
}

/** An object with these fields and no others. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `must be an object, is ${show(issue.input)}`;
      return issue.keys.map((key) => unknownField(key, Object.keys(shape))).join(SEPARATOR);
    },
  });
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  const error = (issue: { readonly input?: unknown }) => {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return `must be a whole number ${range}, is ${show(issue.input)}`;
  };
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A number from `least` to `most`. */
export function numberFrom(least: number, most: number): z.ZodNumber {
  const error = (issue: { readonly input?: unknown }) =>
    `must be a number from ${least} to ${most}, is ${show(issue.input)}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

/** True or false. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: (issue) => `must be true or false, is ${show(issue.input)}` });
}

/** A number from 0 to 1. */
export function probability(): z.ZodNumber {
  const error = (issue: { readonly input?: unknown }) => `must be a probability from 0 to 1, is ${show(issue.input)}`;
  return z.number({ error }).min(0, { error }).max(1, { error });
}

/** Text that is not empty; `what` it is comes behind "must be". */
export function text(what: string): z.ZodString {
  const error = (issue: { readonly input?: unknown }) => `must be ${what}, is ${show(issue.input)}`;
  return z.string({ error }).min(1, { error });
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): z.ZodType<Word> {
  const known = words.map((word) => `"${word}"`).join(", ");
  // zod wants a list that is known not to be empty, and makes of it a type of its own for the same words.
  return z.enum(words as unknown as [Word, ...Word[]], {
    error: (issue) => `must be one of ${known}, is ${show(issue.input)}${meant(issue.input, words)}`,
  }) as unknown as z.ZodType<Word>;
}

/** What may look different: `choose` sees the value and answers its schema, or what is wrong with it. */
export function whichever<T>(choose: (value: unknown) => z.ZodType<T> | string): z.ZodType<T> {
  return z.unknown().transform((value, context) => {
    const schema = choose(value);
    if (typeof schema === "string") return refuse(context, schema);
    const parsed = schema.safeParse(value, { reportInput: true });
    return parsed.success ? parsed.data : rejected(context, parsed.error);
  });
}

/** What to say where a list should be. */
export const list: { error: (issue: { readonly input?: unknown }) => string } = {
  error: ({ input }) => `must be a list, is ${show(input)}`,
};

/** An object whose field `type` says which of `schemas` is its own. */
export function oneOfTypes<Schemas extends Readonly<Record<string, z.ZodType>>>(
  schemas: Schemas,
): z.ZodType<z.output<Schemas[keyof Schemas]>> {
  type Output = z.output<Schemas[keyof Schemas]>;
  const word = oneOf(...Object.keys(schemas));
  return whichever<Output>((value) => {
    if (typeof value !== "object" || value === null) return `must be an object, is ${show(value)}`;
    const type = "type" in value ? value.type : undefined;
    // The last schema takes nothing, for no word is right: it is there for its message.
    return typeof type === "string" && Object.hasOwn(schemas, type)
      ? schemas[type]! as z.ZodType<Output>
      : z.object({ type: word }) as unknown as z.ZodType<Output>;
  });
}

/** Says in a transformation that its input is wrong. */
export function refuse(context: z.RefinementCtx, message: string, path: PropertyKey[] = []): never {
  context.issues.push({ code: "custom", path, message, input: context.value });
  return z.NEVER;
}

/** Says in a transformation that its input is wrong as another schema found it. */
export function rejected(context: z.RefinementCtx, { issues }: z.ZodError): never {
  for (const issue of issues) {
    const { path, message } = issue;
    const keys = issue.code === "unrecognized_keys" ? issue.keys : issue.code === "custom" && issue.params?.keys;
    context.issues.push({ code: "custom", path, message, input: context.value, ...(keys && { params: { keys } }) });
  }
  return z.NEVER;
}

/** The value as an error text shows it. */
export function show(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `, did you mean …?` if `given` is a slip of the pen away from one of `known`, or nothing. */
export function meant(given: unknown, known: Iterable<string>): string {
  const word = typeof given === "string" ? suggestion(given, known) : null;
  return word === null ? "" : `, did you mean "${word}"?`;
}

/** `paths[0].rate` */
function fieldName(path: readonly (string | number)[]): string {
  return path.map((key) => typeof key === "number" ? `[${key}]` : `.${key}`).join("").replace(/^\./, "");
}

/** Between the messages about several unknown fields of one object, which are a single issue to zod. */
const SEPARATOR = "\n";

function unknownField(key: string, known: readonly string[]): string {
  return `unknown field "${key}"${meant(key, known) || `, known are ${known.join(", ") || "none"}`}`;
}

function issuesOf(issue: z.core.$ZodIssue): ConfigIssue[] {
  const path = issue.path.map((key) => typeof key === "number" ? key : String(key));
  const keys = issue.code === "unrecognized_keys"
    ? issue.keys
    : issue.code === "custom"
    ? issue.params?.keys
    : undefined;
  if (!Array.isArray(keys)) return [{ path, message: issue.message }];
  return issue.message.split(SEPARATOR).map((message, i) => ({ path, unknownField: keys[i], message }));
}

/**
 * What somebody gave in place of something else, in the words of an error.
 *
 * @module
 */

const LONGEST_TEXT = 40;

/** What kind of thing `value` is: "a string", "undefined", "an ArrayBuffer". */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  const name = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`;
}

/** `value` itself where that is short, and otherwise what kind of thing it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value.length <= LONGEST_TEXT ? JSON.stringify(value) : "a long string";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

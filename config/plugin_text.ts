/**
 * Plug-ins and options as one word of a command line.
 *
 * @module
 */

/**
 * What a schema of plug-ins takes, from text: a name ("blest"), a name with options ("blest,lambda=1.2"), or an object
 * in JSON ('{ "name": "failover", "order": ["10.0.1.2"] }') where options are more than numbers, words and times.
 *
 * ```ts
 * import { pluginText } from "./plugin_text.ts";
 *
 * const { name, shortFlow } = pluginText("adaptive-redundancy,shortFlow=20 kB") as Record<string, unknown>;
 * console.assert(name === "adaptive-redundancy" && shortFlow === "20 kB");
 * ```
 */
export function pluginText(text: string): unknown {
  if (isJson(text)) return fromJson(text);
  const [name, ...options] = text.split(",");
  if (options.length === 0) return text;
  return Object.fromEntries([["name", name], ...options.map(optionOf)]);
}

/** What a schema of options takes, from text: words as those of {@linkcode pluginText} behind the name, or an object in JSON. */
export function optionsText(text: string): unknown {
  return isJson(text) ? fromJson(text) : Object.fromEntries(text.split(",").map(optionOf));
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** Text that only begins like an object is left as it is, to be refused. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A word "key=value"; a key alone is true. */
function optionOf(word: string): [string, unknown] {
  const [, key = word, value = "true"] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  if (value === "true" || value === "false") return [key.trim(), value === "true"];
  return [key.trim(), /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value];
}

/**
 * Plug-ins as one word of a command line.
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
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  const [name, ...options] = text.split(",");
  if (options.length === 0) return text;
  return Object.fromEntries([["name", name], ...options.map(optionOf)]);
}

/** A word "key=value"; a key alone is true. */
function optionOf(word: string): [string, unknown] {
  const [, key = word, value = "true"] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  if (value === "true" || value === "false") return [key.trim(), value === "true"];
  return [key.trim(), /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value];
}

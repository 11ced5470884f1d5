/**
 * Who may import whom: the rooms of the house, as a table.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

const CORE_BELOW = ["core/plugin.ts", "core/wire", "core/buffer", "core/*.ts"];
const CORE = [...CORE_BELOW, "core/tcp", "core/meta", "core"];

/**
 * Each room with the other rooms it may import. A room may always import itself, but for core/plugin.ts, which is one
 * file. `core/*.ts` stands for the words that all of core shares (errors, keys, trace …), `core` for what ties it
 * together (stack, listener and what strangers meet there, mod). What is in no room (mod.ts, config.ts, tests, tools …) may import everything.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "core/plugin.ts": [],
  "core/wire": ["core/plugin.ts"],
  "core/buffer": ["core/plugin.ts"],
  "core/*.ts": ["core/plugin.ts", "core/wire", "core/buffer"],
  "core/tcp": CORE_BELOW,
  "core/meta": [...CORE_BELOW, "core/tcp"],
  "core": CORE,
  "schedulers": ["core/plugin.ts"],
  "congestion": ["core/plugin.ts"],
  "pathmanagers": ["core/plugin.ts"],
  "transports": CORE,
  "sim": [...CORE, "transports"],
};

const TOP_OF_CORE = new Set(["core/mod.ts", "core/stack.ts", "core/listener.ts"]);
const PURE = /^(core|schedulers|congestion|pathmanagers)\//;
const ROOT = withSlashes(import.meta.dirname!).replace(/tools\/lint$/, "");

/** The path of an absolute file name relative to the repository, with `/`; null when it is not in it. */
export function pathInRepository(filename: string): string | null {
  const path = withSlashes(filename);
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : null;
}

/** True for unit tests and benchmarks beside the code, which may import everything. */
export function isTestOrBench(path: string): boolean {
  return /_(test|bench)\.tsx?$/.test(path);
}

/** True where neither the runtime, nor a package, nor a clock, nor chance may be reached. */
export function isPure(path: string): boolean {
  return PURE.test(path) && !isTestOrBench(path);
}

/** Why `importer` may not import `specifier`, as the second half of an error text; null when it may. */
export function reasonAgainst(importer: string, specifier: string): string | null {
  const room = roomOf(importer);
  const allowed = room === null || isTestOrBench(importer) ? undefined : MAY_IMPORT[room];
  if (allowed === undefined) return null;
  const target = resolve(importer, specifier);
  if (target === null) return isPure(importer) ? `${room} uses no package and nothing of the runtime` : null;
  if (isTestOrBench(target)) return "tests and benchmarks are not imported";
  const targetRoom = roomOf(target);
  const own = targetRoom === room && room !== "core/plugin.ts";
  if (own || (targetRoom !== null && allowed.includes(targetRoom))) return null;
  return allowed.length === 0 ? `${room} imports nothing` : `${room} may import only itself and ${allowed.join(", ")}`;
}

/** The key of `MAY_IMPORT` that a path of the repository belongs to; null when it is in no room. */
function roomOf(path: string): string | null {
  const [first, second, ...rest] = path.split("/");
  if (first === "core" && second !== undefined) {
    if (TOP_OF_CORE.has(path)) return "core";
    if (rest.length === 0) return path === "core/plugin.ts" ? path : "core/*.ts";
    return `core/${second}` in MAY_IMPORT ? `core/${second}` : "core";
  }
  return second !== undefined && first! in MAY_IMPORT ? first! : null;
}

/** The path of the repository that a specifier means; null when it is a package or a module of the runtime. */
function resolve(importer: string, specifier: string): string | null {
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, `file:///${importer}`).pathname.slice(1);
  if (specifier !== config.name && !specifier.startsWith(`${config.name}/`)) return null;
  const exported = (config.exports as Record<string, string>)[`.${specifier.slice(config.name.length)}`];
  return exported?.slice("./".length) ?? "";
}

function withSlashes(filename: string): string {
  return filename.replaceAll("\\", "/");
}

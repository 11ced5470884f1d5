/**
 * From plug-ins to the instances that a connection uses, with a word to whoever hands over something else.
 *
 * @module
 */

import type { CongestionGroup, Env, PathManager, Plugin, Scheduler } from "../plugin.ts";
import { kindOf, shown } from "../shown.ts";

/** What a plug-in of each kind makes. */
export interface PluginInstances {
  /** Of a scheduler. */
  readonly scheduler: Scheduler;
  /** Of a congestion control. */
  readonly congestion: CongestionGroup;
  /** Of a path manager. */
  readonly pathManager: PathManager;
}

/** Where a plug-in is given. */
export type PluginKind = keyof PluginInstances;

/** One that somebody will know, and what the engine calls. */
const KINDS: { readonly [kind in PluginKind]: { readonly known: string; readonly methods: readonly string[] } } = {
  scheduler: { known: "minRtt()", methods: ["schedule"] },
  congestion: { known: "lia()", methods: ["join", "leave"] },
  pathManager: { known: "fullMesh()", methods: ["onEvent"] },
};

/** Has `plugin` make what one connection uses; a TypeError says what it should have been, or should have made. */
export function instanceOf<K extends PluginKind>(
  kind: K,
  plugin: Plugin<PluginInstances[K]>,
  env: Env,
): PluginInstances[K] {
  const { known, methods } = KINDS[kind];
  if (typeof plugin?.create !== "function") {
    const advice = typeof plugin === "function" ? "; call it" : "";
    throw new TypeError(
      `Cannot use ${kind}: it must be what ${known} and its like return, is ${shown(plugin)}${advice}`,
    );
  }
  const instance = plugin.create(env);
  for (const method of methods) {
    // Whatever its type says, it may have been made by a program without types.
    if (typeof (instance as unknown as Record<string, unknown> | undefined)?.[method] === "function") continue;
    const wanted = methods.map((name) => `${name}()`).join(" and ");
    const what = isObject(instance) ? `made one without ${method}()` : `made ${kindOf(instance)}`;
    throw new TypeError(
      `Cannot use ${kind} ${shown(plugin.name)}: its create() must make an object with ${wanted}, ${what}`,
    );
  }
  return instance;
}

/** Has each plug-in make something that nobody uses, so that a wrong one is refused here and not when a peer connects. */
export function tryPlugins(
  plugins: { readonly [K in PluginKind]?: Plugin<PluginInstances[K]> | undefined },
  env: Env,
): void {
  const trial = { ...hashesOf(env), ...fixedChance() };
  for (const kind of Object.keys(KINDS) as PluginKind[]) {
    const plugin = plugins[kind] as Plugin<PluginInstances[PluginKind]> | undefined;
    if (plugin !== undefined) instanceOf(kind, plugin, trial);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function hashesOf(env: Env): Pick<Env, "sha256" | "hmacSha256"> {
  return {
    sha256: (data) => env.sha256(data),
    hmacSha256: (key, data) => env.hmacSha256(key, data),
  };
}

/** Chance that takes nothing from that of the host, whose seed is to replay a run whatever is tried. */
function fixedChance(): Pick<Env, "random" | "randomBytes"> {
  let drawn = 0;
  const random = () => (++drawn * 0.618033988749895) % 1;
  return {
    random,
    randomBytes(into) {
      for (let i = 0; i < into.length; i++) into[i] = random() * 256;
      return into;
    },
  };
}

/**
 * Plug-ins that have names.
 *
 * @module
 */

import type { z } from "zod";
import type { Plugin } from "../core/plugin.ts";

/** A plug-in under its name: the schema of its options and its factory. */
export interface PluginEntry<T> {
  /** Its options, all of them optional. */
  readonly shape: z.ZodRawShape;
  /** Makes it from options that fit. */
  readonly create: (options: object) => Plugin<T>;
}

/** Plug-ins of one kind by name. */
export type PluginTable<T> = Readonly<Record<string, PluginEntry<T>>>;

/** Every plug-in of `table` as it is without options, by name: what is to hold of each of them is held to this list. */
export function withDefaults<Name extends string, T>(
  table: Readonly<Record<Name, PluginEntry<T>>>,
): Readonly<Record<Name, Plugin<T>>> {
  const entries = Object.entries<PluginEntry<T>>(table).map(([name, { create }]) => [name, create({})]);
  return Object.fromEntries(entries);
}

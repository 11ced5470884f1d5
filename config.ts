/**
 * What comes from a file, a flag or the environment: schemas that turn it into plug-ins, addresses and options, and say
 * which field is wrong and what would be right.
 *
 * @module
 */

import { z } from "zod";
import { fields, flag, meant, refuse, rejected, show, wholeNumber } from "./config/checks.ts";
import { CONGESTIONS } from "./config/congestions.ts";
import { PATH_MANAGERS } from "./config/path_managers.ts";
import type { PluginTable } from "./config/plugin_entry.ts";
import { microseconds } from "./config/quantities.ts";
import { SCHEDULERS } from "./config/schedulers.ts";
import type { CongestionGroup, PathManager, Plugin, Scheduler } from "./core/plugin.ts";
import { DEFAULT_SOCKET_OPTIONS, IpAddress, type SocketOptions } from "./core/mod.ts";
import { resolveOptions } from "./core/meta/options.ts";
import type { HostOptions } from "./mod.ts";

export { ConfigError, type ConfigIssue, fields, flag, parseConfig, wholeNumber } from "./config/checks.ts";
export { optionsText, pluginText } from "./config/plugin_text.ts";

/** Names that {@linkcode schedulerSchema} knows. */
export const schedulerNames: readonly string[] = Object.keys(SCHEDULERS);
/** Names that {@linkcode congestionSchema} knows. */
export const congestionNames: readonly string[] = Object.keys(CONGESTIONS);
/** Names that {@linkcode pathManagerSchema} knows. */
export const pathManagerNames: readonly string[] = Object.keys(PATH_MANAGERS);

/** Names of the options that each plug-in with a name takes, by the name of the plug-in. */
export const pluginOptions: ReadonlyMap<string, readonly string[]> = new Map(
  [SCHEDULERS, CONGESTIONS, PATH_MANAGERS].flatMap((entries: Readonly<Record<string, { shape: z.ZodRawShape }>>) =>
    Object.entries(entries).map(([name, { shape }]) => [name, Object.keys(shape)] as const)
  ),
);

/** A scheduler: its name, or an object with its name and options (`{ "name": "round-robin", "quota": 4 }`). */
export const schedulerSchema: z.ZodType<Plugin<Scheduler>> = pluginSchema("scheduler", SCHEDULERS);
/** A congestion control: its name, or an object with its name and options. */
export const congestionSchema: z.ZodType<Plugin<CongestionGroup>> = pluginSchema("congestion control", CONGESTIONS);
/** A path manager: its name, or an object with its name and options. */
export const pathManagerSchema: z.ZodType<Plugin<PathManager>> = pluginSchema("path manager", PATH_MANAGERS);

/** A TCP port that can be connected to. */
export const portSchema: z.ZodType<number> = wholeNumber(1, 65_535);

/** An IP address as text. */
export const addressSchema: z.ZodType<IpAddress> = z.unknown().transform((value, context) => {
  const address = typeof value === "string" ? IpAddress.tryParse(value) : null;
  return address ?? refuse(context, `must be an IP address like "10.0.0.1" or "2001:db8::1", is ${show(value)}`);
});

/** An address with the length of its network's prefix. */
export interface AddressWithPrefix {
  /** The address. */
  readonly address: IpAddress;
  /** Bits of it that name the network: 0 to 32, or to 128 for IPv6. */
  readonly prefixLength: number;
}

/** An IP address with prefix as text, "10.0.0.1/24". */
export const prefixedAddressSchema: z.ZodType<AddressWithPrefix> = z.unknown().transform((value, context) => {
  const [text = "", length, ...rest] = typeof value === "string" ? value.split("/") : [];
  const address = IpAddress.tryParse(text);
  const isNumber = length !== undefined && /^[0-9]{1,3}$/.test(length) && rest.length === 0;
  if (address === null || !isNumber || Number(length) > (address.family === 4 ? 32 : 128)) {
    return refuse(context, `must be an address with prefix like "10.0.0.1/24" or "2001:db8::1/64", is ${show(value)}`);
  }
  return { address, prefixLength: Number(length) };
});

/** Options of a connection; times are in microseconds, as in code, or say their unit. */
export const socketOptionsSchema: z.ZodType<Partial<SocketOptions>> = fields(
  {
    sendBuffer: wholeNumber(1),
    receiveBuffer: wholeNumber(1),
    receiveTuning: flag(),
    sendTuning: flag(),
    noDelay: flag(),
    closeTimeout: microseconds(0),
    announceRetries: wholeNumber(0),
    announceTimeout: microseconds(0),
    acceptedSubflows: wholeNumber(0),
    checksum: flag(),
    capableRetries: wholeNumber(0),
    blackHoleTimeout: microseconds(0),
    joinsToInitialAddress: flag(),
    multipath: flag(),
    synRetries: wholeNumber(0),
    synAckRetries: wholeNumber(0),
    retries: wholeNumber(0),
    userTimeout: microseconds(0),
    exchangeUserTimeout: flag(),
    timeWait: microseconds(0),
    maximumWindow: wholeNumber(1),
    selectiveAcknowledgments: flag(),
    timestamps: flag(),
    keepAlive: flag(),
    keepAliveTime: microseconds(0),
    keepAliveInterval: microseconds(0),
    keepAliveProbes: wholeNumber(1),
    mtuProbing: z.enum(["never", "after-black-hole", "always"]),
    ecn: z.enum(["ask", "answer", "never"]),
    dscp: wholeNumber(0),
    hopLimit: wholeNumber(1),
  } satisfies Record<keyof SocketOptions, z.ZodType>,
).partial().transform((options, context) => {
  const given = withoutUndefined(options);
  try {
    resolveOptions(given, DEFAULT_SOCKET_OPTIONS);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(context, error.message);
  }
  return given;
});

/** The part of {@linkcode HostOptions} that plain data can express. */
export type HostConfig = Pick<HostOptions, "scheduler" | "congestion" | "pathManager" | "options">;

/** Options of a host. */
export const hostSchema: z.ZodType<HostConfig> = fields({
  scheduler: schedulerSchema.optional(),
  congestion: congestionSchema.optional(),
  pathManager: pathManagerSchema.optional(),
  options: socketOptionsSchema.optional(),
}).transform(withoutUndefined);

function pluginSchema<T>(kind: string, entries: PluginTable<T>): z.ZodType<Plugin<T>> {
  const names = Object.keys(entries).map((name) => `"${name}"`).join(", ");
  return z.unknown().transform((value, context) => {
    const given = typeof value === "string" ? { name: value } : value;
    if (typeof given !== "object" || given === null || !("name" in given)) {
      return refuse(context, `must be the name of a ${kind} or an object with its name and options, is ${show(value)}`);
    }
    const { name, ...options } = given;
    const entry = typeof name === "string" && Object.hasOwn(entries, name) ? entries[name]! : null;
    if (entry === null) {
      const right = meant(name, Object.keys(entries)) || `, known are ${names}`;
      return refuse(context, `no ${kind} has the name ${show(name)}${right}`);
    }
    const parsed = fields(entry.shape).safeParse(options, { reportInput: true });
    if (!parsed.success) return rejected(context, parsed.error);
    try {
      return entry.create(parsed.data);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refuse(context, error.message);
    }
  });
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}

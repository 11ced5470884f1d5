/**
 * Multipath TCP (RFC 8684) in user space: hosts with addresses of their own, whose connections have the shape of Deno's and
 * use every path there is.
 *
 * ```ts
 * import { createHost, memoryPair } from "@userspace/mptcp";
 *
 * // Two hosts in this process with two paths between them.
 * const wifi = memoryPair();
 * const lte = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
 * await using server = createHost({ transports: [wifi[0], lte[0]] });
 * await using client = createHost({ transports: [wifi[1], lte[1]] });
 *
 * // An echo server, written as for Deno.listen.
 * using listener = server.listen({ port: 7 });
 * (async () => {
 *   for await (const conn of listener) conn.readable.pipeTo(conn.writable).catch(console.error);
 * })();
 *
 * using conn = await client.connect({ hostname: "10.0.0.1", port: 7 });
 * await conn.write(new TextEncoder().encode("Hello"));
 * const buffer = new Uint8Array(100);
 * const count = await conn.read(buffer);
 * console.log(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), conn.isMultipath, conn.subflows.length);
 * ```
 *
 * What is chosen by default, a scheduler, a congestion control, a path manager, is a plug-in passed by value; see
 * {@linkcode HostOptions}.
 *
 * @module
 */

import { lia } from "./congestion/mod.ts";
import type { CongestionGroup, Env, PathManager, Plugin, Scheduler } from "./core/plugin.ts";
import { type HostLimits, type SocketOptions, Stack, type Tracer } from "./core/mod.ts";
import { throwIfUnknown } from "./core/known_names.ts";
import { tryPlugins } from "./core/meta/plugins.ts";
import { fullMesh } from "./pathmanagers/mod.ts";
import { minRtt } from "./schedulers/mod.ts";
import {
  type Host,
  type HostSettings,
  resolveBySystem,
  startHost,
  systemEnv,
  type Transport,
} from "./transports/mod.ts";

/** What a host is made of. */
export interface HostOptions extends HostSettings {
  /** What carries its packets; they bring the host's addresses. */
  readonly transports: readonly Transport[];
  /** Which subflow carries which bytes; `minRtt()` by default. */
  readonly scheduler?: Plugin<Scheduler>;
  /** How much each subflow may have in flight; `lia()` by default. */
  readonly congestion?: Plugin<CongestionGroup>;
  /** Which subflows exist; `fullMesh()` by default. */
  readonly pathManager?: Plugin<PathManager>;
  /** Options that every connection begins with, where they differ from `DEFAULT_SOCKET_OPTIONS`. */
  readonly options?: Partial<SocketOptions>;
  /** What strangers can take up, where it differs from `DEFAULT_HOST_LIMITS`. */
  readonly limits?: Partial<HostLimits>;
  /** Chance and hashes; those of the runtime by default. */
  readonly env?: Env;
  /** Told of every decision of the engine, see docs/trace.md; without it, nothing is spent on that. */
  readonly tracer?: Tracer;
}

const HOST_FIELDS: readonly (keyof HostOptions)[] = [
  "transports",
  "scheduler",
  "congestion",
  "pathManager",
  "options",
  "limits",
  "env",
  "tracer",
  "resolve",
  "linger",
];

/**
 * Makes a host that is ready to connect and listen. Close it with `await host.close()` or `await using`.
 *
 * Throws when a transport cannot be opened, or two have the same address.
 *
 * ```ts
 * import { createHost, memoryPair, passive, roundRobin } from "@userspace/mptcp";
 *
 * const [left] = memoryPair();
 * await using host = createHost({ transports: [left], scheduler: roundRobin(), pathManager: passive() });
 * console.log(host.counters.TcpInSegs);
 * ```
 */
export function createHost(options: HostOptions): Host {
  throwIfUnknown("create host", "option", options, HOST_FIELDS);
  const { transports, env = systemEnv, resolve = resolveBySystem } = options;
  tryPlugins(options, env);
  const stack = new Stack({
    env,
    scheduler: options.scheduler ?? minRtt(),
    congestion: options.congestion ?? lia(),
    pathManager: options.pathManager ?? fullMesh(),
    ...(options.options === undefined ? {} : { options: options.options }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
  });
  return startHost(stack, transports, { ...options, resolve });
}

export * from "./transports/mod.ts";
export type * from "./core/plugin.ts";
export {
  type ConnectionEvent,
  type ConnectionStats,
  type CookieUse,
  type Counters,
  DEFAULT_HOST_LIMITS,
  DEFAULT_SOCKET_OPTIONS,
  type EcnUse,
  type ErrorCode,
  type FallbackCause,
  type HostLimits,
  type ListenLimits,
  MptcpError,
  OPTION_SCOPES,
  type OptionScope,
  type SocketOptions,
  type Tracer,
  type TraceRecord,
} from "./core/mod.ts";
export { lia, type LiaOptions, newReno, type NewRenoOptions } from "./congestion/mod.ts";
export * from "./pathmanagers/mod.ts";
export {
  adaptiveRedundancy,
  type AdaptiveRedundancyOptions,
  blest,
  type BlestOptions,
  burst,
  type BurstOptions,
  daps,
  dems,
  type DemsOptions,
  ecf,
  type EcfOptions,
  minRtt,
  type MinRttOptions,
  otias,
  peekaboo,
  type PeekabooOptions,
  redundant,
  type ReliefOptions,
  roundRobin,
  type RoundRobinOptions,
  stms,
  sttf,
} from "./schedulers/mod.ts";

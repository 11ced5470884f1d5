/**
 * What a stack is asked for: connections to open and ports to listen on.
 *
 * @module
 */

import type { HostLimits, ListenLimits } from "../limits.ts";
import type { CongestionGroup, Env, PathManager, Plugin, Scheduler } from "../plugin.ts";
import type { IpAddress } from "../wire/address.ts";
import type { SocketAddress } from "./events.ts";
import type { SocketOptions } from "./options.ts";
import type { Tracer } from "./trace.ts";

/** The plug-ins of one connection. */
export interface ConnectionPlugins {
  /** Picks subflows for data. */
  readonly scheduler: Plugin<Scheduler>;
  /** Governs congestion windows. */
  readonly congestion: Plugin<CongestionGroup>;
  /** Decides which subflows exist. */
  readonly pathManager: Plugin<PathManager>;
}

/** What may differ from connection to connection. */
export interface ConnectionChoices {
  /** Options where they differ from those of the stack. */
  readonly options?: Partial<SocketOptions>;
  /** Scheduler instead of that of the stack. */
  readonly scheduler?: Plugin<Scheduler>;
  /** Congestion control instead of that of the stack. */
  readonly congestion?: Plugin<CongestionGroup>;
  /** Path manager instead of that of the stack. */
  readonly pathManager?: Plugin<PathManager>;
}

/** A connection to open. */
export interface ConnectRequest extends ConnectionChoices {
  /** Where to. */
  readonly remote: SocketAddress;
  /** Where from; by default the first address of the family and a free port. */
  readonly local?: Partial<SocketAddress>;
  /**
   * With what the stream begins; it leaves with the SYN if the peer gave a cookie before, and the SYN asks for one otherwise
   * (RFC 7413). The peer may get it twice.
   */
  readonly earlyData?: Uint8Array;
}

/** A port to listen on. */
export interface ListenRequest extends ConnectionChoices, Partial<ListenLimits> {
  /** The port; 0 picks a free one. */
  readonly port: number;
  /** The address; by default all of the host. */
  readonly address?: IpAddress;
}

/** What a stack is made of. The plug-ins and options hold for connections that do not bring their own. */
export interface StackOptions extends ConnectionPlugins {
  /** Chance and hashes. */
  readonly env: Env;
  /** Options of connections where they differ from the defaults. */
  readonly options?: Partial<SocketOptions>;
  /** What strangers can take up, where it differs from the defaults. */
  readonly limits?: Partial<HostLimits>;
  /** Told of every decision; without it, nothing is spent on records. */
  readonly tracer?: Tracer;
}

/** The plug-ins that `choices` name, and those of `base` for the others. */
export function pluginsFor(choices: ConnectionChoices, base: ConnectionPlugins): ConnectionPlugins {
  return {
    scheduler: choices.scheduler ?? base.scheduler,
    congestion: choices.congestion ?? base.congestion,
    pathManager: choices.pathManager ?? base.pathManager,
  };
}

/** Throws `RangeError` if the stream begins with more than the send buffer of `options` takes. */
export function checkEarlyData({ earlyData }: ConnectRequest, { sendBuffer }: SocketOptions): void {
  if (earlyData === undefined || earlyData.length <= sendBuffer) return;
  throw new RangeError(`Cannot connect: earlyData must fit the send buffer, is ${earlyData.length} bytes`);
}

/**
 * A host as a program uses it: connects and listens.
 *
 * @module
 */

import { throwIfUnknown } from "../core/known_names.ts";
import type { ListenLimits } from "../core/limits.ts";
import type { Listener } from "../core/listener.ts";
import type { SocketOptions } from "../core/meta/options.ts";
import { tryPlugins } from "../core/meta/plugins.ts";
import type { MetaSocket } from "../core/meta/socket.ts";
import { MptcpError } from "../core/errors.ts";
import type { Counters } from "../core/counters.ts";
import type { CongestionGroup, Micros, PathManager, Plugin, Scheduler } from "../core/plugin.ts";
import type { Stack } from "../core/stack.ts";
import type { IpAddress } from "../core/wire/address.ts";
import { MptcpConn, type WaitOptions } from "./conn.ts";
import { dial } from "./dial.ts";
import { bytesError, connectionError, operationError } from "./errors.ts";
import { MptcpListener } from "./listener.ts";
import type { Loop } from "./loop.ts";
import { HoldCounter, OperationQueue } from "./operations.ts";
import { literalAddress, type Resolve, resolveLiteral } from "./resolve.ts";

/** What a connection, or those of one listener, use instead of what the host was made with. */
export interface ConnectionSettings {
  /** Options of the connection and its subflows. */
  readonly options?: Partial<SocketOptions>;
  /** Which subflow carries which bytes. */
  readonly scheduler?: Plugin<Scheduler>;
  /** How much each subflow may have in flight. */
  readonly congestion?: Plugin<CongestionGroup>;
  /** Which subflows exist. */
  readonly pathManager?: Plugin<PathManager>;
}

/** Where to connect to, and how. */
export interface ConnectOptions extends ConnectionSettings, WaitOptions {
  /** A name or an IP address (IPv6 without brackets). */
  readonly hostname: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  /** Address of this host for the first subflow; by default the engine picks one. */
  readonly localHostname?: string;
  /** Port of this host for the first subflow; by default the engine picks one. */
  readonly localPort?: number;
  /**
   * With what the stream begins. If the peer has given this host a cookie on an earlier connection, it leaves with the SYN and
   * saves a round trip (RFC 7413); otherwise the SYN asks for a cookie, and it follows. The peer may get what leaves with the
   * SYN more than once, so it should be a request that may be repeated; see the page on options.
   */
  readonly earlyData?: Uint8Array;
}

/** Where to listen, and how. */
export interface ListenOptions extends ConnectionSettings, Partial<ListenLimits> {
  /** TCP port, 1 to 65535; 0, the default, picks a free one. */
  readonly port?: number;
  /** An IP address of this host; by default, or if "0.0.0.0" or "::", every address. */
  readonly hostname?: string;
}

/** How a host is embedded. */
export interface HostSettings {
  /** From names to addresses; by default only literals are understood. */
  readonly resolve?: Resolve;
  /** How long {@linkcode Host.close} waits for acknowledgments before it resets what is left; 5 seconds by default. */
  readonly linger?: Micros;
}

/** Ends the wait of {@linkcode Host.close}. */
export interface CloseOptions {
  /** When it aborts, connections that are not finished are reset at once. */
  readonly signal?: AbortSignal;
}

const SETTINGS = ["options", "scheduler", "congestion", "pathManager"] as const;
// Programs for Deno's TCP may name the transport, which is "tcp" there.
const CONNECT_FIELDS = [
  "hostname",
  "port",
  "localHostname",
  "localPort",
  "earlyData",
  "signal",
  "transport",
  ...SETTINGS,
];
const LISTEN_FIELDS = [
  "hostname",
  "port",
  "backlog",
  "synBacklog",
  "synCookies",
  "fastOpen",
  "transport",
  ...SETTINGS,
];

const DEFAULT_LINGER: Micros = 5_000_000;

/**
 * A host with addresses of its own, in user space. Made by `createHost()` over real transports, or by the simulator.
 *
 * ```ts
 * import { createHost, memoryPair } from "@userspace/mptcp";
 *
 * const [left, right] = memoryPair();
 * await using server = createHost({ transports: [left] });
 * await using client = createHost({ transports: [right] });
 *
 * using listener = server.listen({ port: 80 });
 * const [conn, accepted] = await Promise.all([
 *   client.connect({ hostname: "10.0.0.1", port: 80 }),
 *   listener.accept(),
 * ]);
 * console.log(conn.remoteAddr, accepted.remoteAddr);
 * ```
 */
export class Host {
  readonly #stack: Stack;
  readonly #loop: Loop;
  readonly #resolve: Resolve;
  readonly #linger: Micros;
  readonly #holds = new HoldCounter();
  readonly #closing: OperationQueue;
  readonly #conns = new Map<MetaSocket, MptcpConn>();
  readonly #listeners = new Map<Listener, MptcpListener>();
  #closed: Promise<void> | null = null;

  /** `stack` is driven by `loop`, which calls {@linkcode Host.notify}. */
  constructor(stack: Stack, loop: Loop, settings: HostSettings = {}) {
    this.#stack = stack;
    this.#loop = loop;
    this.#resolve = settings.resolve ?? resolveLiteral;
    this.#linger = settings.linger ?? DEFAULT_LINGER;
    this.#closing = new OperationQueue(loop, this.#holds);
  }

  /** What the stack has counted, under the names of the Linux MIB. */
  get counters(): Counters {
    return this.#stack.counters;
  }

  /** Connections that are not over, those being opened or closed included; not those that wait to be accepted. */
  get connections(): readonly MptcpConn[] {
    return [...this.#conns.values()];
  }

  /**
   * Whether the program should be kept running: an operation waits (unless its connection or listener is `unref`ed), or
   * the peer has yet to acknowledge something.
   */
  get isBusy(): boolean {
    return this.#holds.count > 0 || this.#hasOutput();
  }

  /**
   * Opens a connection. When the name has several addresses, they are tried as RFC 8305 says, and the first to answer
   * is it.
   *
   * Rejects with an error with `code` "refused", "timeout", "unreachable" …, or with the signal's reason.
   */
  async connect(options: ConnectOptions): Promise<MptcpConn> {
    throwIfUnknown("connect", "option", options, CONNECT_FIELDS);
    const { hostname, port, signal, earlyData } = options;
    if (typeof hostname !== "string" || hostname === "") {
      throw new TypeError("Cannot connect: hostname must be a name or an IP address");
    }
    if (!isPort(port) || port === 0) throw new RangeError(`Cannot connect: port must be 1 to 65535, is ${port}`);
    if (earlyData !== undefined && !(earlyData instanceof Uint8Array)) {
      throw bytesError("connect", "earlyData", earlyData);
    }
    this.#throwIfClosed("connect");
    signal?.throwIfAborted();
    const addresses = await this.#resolve(hostname, signal);
    if (addresses.length === 0) {
      throw connectionError("address-not-available", `Cannot connect: "${hostname}" has no address`);
    }
    return await dial(
      addresses,
      {
        attempt: (address, abandoned) => this.#open(address, options, abandoned),
        discard: (conn) => conn.abort(),
      },
      this.#loop,
      signal,
    );
  }

  /** Begins to accept connections. Throws an error with `code` "address-in-use" or "address-not-available". */
  listen(options: ListenOptions = {}): MptcpListener {
    throwIfUnknown("listen", "option", options, LISTEN_FIELDS);
    const { port = 0, hostname = "0.0.0.0" } = options;
    if (!isPort(port)) throw new RangeError(`Cannot listen: port must be 0 to 65535, is ${port}`);
    this.#throwIfClosed("listen");
    tryPlugins(options, this.#stack.env);
    const address = literalAddress(hostname);
    if (address === null) {
      throw new TypeError(`Cannot listen: hostname must be an IP address of this host, is "${hostname}"`);
    }
    const listener = reported("listen", () =>
      this.#stack.listen({
        port,
        ...(address.isUnspecified() ? {} : { address }),
        ...limitsOf(options),
        ...settingsOf(options),
      }, this.#loop.now()));
    const adopt = (socket: MetaSocket) => this.#adopt(socket);
    const result = new MptcpListener(listener, hostname, this.#loop, this.#holds, adopt);
    this.#listeners.set(listener, result);
    return result;
  }

  /**
   * Closes every listener and connection in order, resolves once the peers have acknowledged all that was written (after
   * 5 seconds what is left is reset) and gives the transports back.
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.#closed ??= this.#close(options.signal);
  }

  /** Closes the host, as {@linkcode Host.close} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Called by the loop with each socket that the stack says is ready. */
  notify(ready: MetaSocket | Listener): void {
    const conn = this.#conns.get(ready as MetaSocket);
    if (conn === undefined) {
      this.#listeners.get(ready as Listener)?.notify();
    } else {
      conn.notify();
      if (conn.isOver) this.#conns.delete(ready as MetaSocket);
    }
    if (this.#closing.size > 0) this.#closing.advance();
  }

  async #open(remote: IpAddress, options: ConnectOptions, signal: AbortSignal): Promise<MptcpConn> {
    this.#throwIfClosed("connect");
    const socket = reported("connect", () =>
      this.#stack.connect({
        remote: { address: remote, port: options.port },
        local: localOf(options),
        ...(options.earlyData === undefined ? {} : { earlyData: options.earlyData }),
        ...settingsOf(options),
      }, this.#loop.now()));
    const conn = this.#adopt(socket);
    this.#loop.kick();
    try {
      await conn.opened({ signal });
    } catch (error) {
      conn.abort();
      throw error;
    }
    return conn;
  }

  #adopt(socket: MetaSocket): MptcpConn {
    const conn = new MptcpConn(socket, this.#loop, this.#holds);
    if (socket.state !== "closed") this.#conns.set(socket, conn);
    return conn;
  }

  async #close(signal?: AbortSignal): Promise<void> {
    let isAborted = signal?.aborted ?? false;
    const abort = () => {
      isAborted = true;
      for (const conn of this.#conns.values()) conn.abort();
      this.#closing.advance();
    };
    for (const listener of this.#listeners.values()) listener.close();
    for (const conn of this.#conns.values()) conn.close();
    if (isAborted) abort();
    const cancel = this.#loop.after(this.#linger, abort);
    signal?.addEventListener("abort", abort);
    await this.#closing.run(() => isAborted || !this.#hasOutput() || undefined, () => "close of the host");
    signal?.removeEventListener("abort", abort);
    cancel();
    // A peer that has not closed its side is to learn that nobody is there any more.
    for (const conn of this.#conns.values()) conn.abort();
    this.#loop.kick();
    await this.#loop.stop?.();
  }

  #hasOutput(): boolean {
    for (const conn of this.#conns.values()) {
      if (conn.hasOutput) return true;
    }
    return false;
  }

  #throwIfClosed(operation: string): void {
    if (this.#closed !== null) throw connectionError("closed", `Cannot ${operation}: the host is closed`);
  }
}

/** The errors that `command` reports at once, as errors of the API. */
function reported<T>(operation: string, command: () => T): T {
  try {
    return command();
  } catch (error) {
    throw error instanceof MptcpError ? operationError(operation, error) : error;
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

function localOf({ localHostname, localPort }: ConnectOptions): { address?: IpAddress; port?: number } {
  if (localPort !== undefined && !isPort(localPort)) {
    throw new RangeError(`Cannot connect: localPort must be 0 to 65535, is ${localPort}`);
  }
  const address = localHostname === undefined ? undefined : literalAddress(localHostname);
  if (address === null) {
    throw new TypeError(`Cannot connect: localHostname must be an IP address of this host, is "${localHostname}"`);
  }
  return {
    ...(address === undefined ? {} : { address }),
    ...(localPort === undefined ? {} : { port: localPort }),
  };
}

function limitsOf({ backlog, synBacklog, synCookies, fastOpen }: Partial<ListenLimits>): Partial<ListenLimits> {
  return {
    ...(backlog === undefined ? {} : { backlog }),
    ...(synBacklog === undefined ? {} : { synBacklog }),
    ...(synCookies === undefined ? {} : { synCookies }),
    ...(fastOpen === undefined ? {} : { fastOpen }),
  };
}

function settingsOf({ options, scheduler, congestion, pathManager }: ConnectionSettings): ConnectionSettings {
  return {
    ...(options === undefined ? {} : { options }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(congestion === undefined ? {} : { congestion }),
    ...(pathManager === undefined ? {} : { pathManager }),
  };
}

/**
 * A listening port: connections that peers open, until the application takes them.
 *
 * @module
 */

import { FastOpenQuota } from "./listener/fast_open.ts";
import type { ListenLimits } from "./limits.ts";
import type { MetaSocket } from "./meta/socket.ts";
import type { ConnectionPlugins } from "./meta/socket.ts";
import type { SocketOptions } from "./meta/options.ts";
import type { Micros } from "./plugin.ts";
import type { IpAddress } from "./wire/address.ts";

/** What a listener needs of its stack. */
export interface ListenerOwner {
  /** The listener is closed: its port is free. */
  releaseListener(listener: Listener): void;
  /** Connections wait to be accepted, or the listener closed. */
  notify(ready: Listener): void;
}

/** A listening port. */
export class Listener {
  /** In the stack's list of sockets that changed. */
  isReady = false;
  /** The port. */
  readonly port: number;
  /** The address, or null for all. */
  readonly address: IpAddress | null;
  /** How many connections may be opening, and wait to be accepted. */
  readonly limits: ListenLimits;
  /**
   * Connections that carry data before their handshake is done.
   *
   * @internal
   */
  readonly fastOpen: FastOpenQuota;
  /** Plug-ins of its connections. */
  readonly plugins: ConnectionPlugins;
  /** Options of its connections. */
  readonly options: SocketOptions;
  /**
   * Third ACKs may bring cookies back until then: before the first was sent, and long after the last, nobody can guess one.
   *
   * @internal
   */
  cookiesUntil: Micros = -Infinity;

  readonly #owner: ListenerOwner;
  readonly #opening = new Set<MetaSocket>();
  readonly #waiting: MetaSocket[] = [];
  #isClosed = false;

  /** Made by `Stack.listen`. */
  constructor(
    owner: ListenerOwner,
    port: number,
    address: IpAddress | null,
    limits: ListenLimits,
    plugins: ConnectionPlugins,
    options: SocketOptions,
  ) {
    this.#owner = owner;
    this.port = port;
    this.address = address;
    this.limits = limits;
    this.plugins = plugins;
    this.options = options;
    this.fastOpen = new FastOpenQuota(limits.fastOpen);
  }

  /** Connections that wait to be accepted. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Nothing more is accepted. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** As many connections are opening as may be. */
  get isSynQueueFull(): boolean {
    return this.#opening.size >= this.limits.synBacklog;
  }

  /** As many connections wait to be accepted as may. */
  get isAcceptQueueFull(): boolean {
    return this.#waiting.length >= this.limits.backlog;
  }

  /** Takes the connection that has waited longest, or undefined. */
  accept(): MetaSocket | undefined {
    return this.#waiting.shift();
  }

  /** Stops listening; connections that nobody accepted are aborted. */
  close(now: Micros): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [...this.#opening, ...this.#waiting]) socket.abort(now);
    this.#opening.clear();
    this.#waiting.length = 0;
    this.#owner.releaseListener(this);
    this.#owner.notify(this);
  }

  /** A peer began to open `socket`. */
  handleOpening(socket: MetaSocket): void {
    this.#opening.add(socket);
  }

  /** `socket` is established. */
  handleAccepted(socket: MetaSocket): void {
    if (!this.#opening.delete(socket)) return;
    this.#waiting.push(socket);
    this.#owner.notify(this);
  }

  /** `socket` failed before it was established. */
  handleFailed(socket: MetaSocket, now: Micros): void {
    this.#opening.delete(socket);
    this.fastOpen.handleFailed(socket, now);
  }
}

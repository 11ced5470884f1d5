/**
 * The listeners of a host, and which connection belongs to which.
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import type { Listener } from "../listener.ts";
import { pickPort } from "../meta/local_addresses.ts";
import type { MetaSocket } from "../meta/socket.ts";
import type { Micros } from "../plugin.ts";
import type { IpAddress } from "../wire/address.ts";

/** Listeners by address and port. */
export class Listeners {
  readonly #counters: Counters;
  readonly #all: Listener[] = [];
  readonly #of = new WeakMap<MetaSocket, Listener>();

  /** What is dropped is counted in `counters`. */
  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** How many there are. */
  get count(): number {
    return this.#all.length;
  }

  /** The one for this port of this address, or of any if that is null; undefined if there is none. */
  find(address: IpAddress | null, port: number): Listener | undefined {
    for (const listener of this.#all) {
      if (listener.port !== port) continue;
      if (listener.address === null || address === null || listener.address.equals(address)) return listener;
    }
    return undefined;
  }

  /** `port` of this address, or of all, if no other has it; for 0 a free one, looked for from `random` on. 0 if there is none. */
  freePort(address: IpAddress | null, port: number, random: () => number): number {
    const isFree = (port: number) => this.find(address, port) === undefined;
    return port === 0 ? pickPort(random(), isFree) : isFree(port) ? port : 0;
  }

  /** Adds one whose address and port no other has. */
  add(listener: Listener): void {
    this.#all.push(listener);
  }

  /** Takes one out; its connections live on. */
  remove(listener: Listener): void {
    this.#all.splice(this.#all.indexOf(listener), 1);
  }

  /** A peer began to open `meta` at `listener`. */
  handleOpening(meta: MetaSocket, listener: Listener): void {
    this.#of.set(meta, listener);
    listener.handleOpening(meta);
  }

  /** Whether `meta` may become established: not while as many wait as may, unless it is used already. */
  mayAccept(meta: MetaSocket): boolean {
    if (meta.state === "established" || !this.#of.get(meta)?.isAcceptQueueFull) return true;
    this.noteOverflow();
    return false;
  }

  /** `meta` can be used. */
  handleAccepted(meta: MetaSocket): void {
    this.#of.get(meta)?.handleAccepted(meta);
  }

  /** That is so before its handshake is done (RFC 7413). */
  handleEarly(meta: MetaSocket): void {
    this.#of.get(meta)?.fastOpen.add(meta);
  }

  /** The handshake of `meta` is done. */
  handleEstablished(meta: MetaSocket): void {
    this.#of.get(meta)?.fastOpen.handleEstablished(meta);
  }

  /** `meta` is over. */
  handleFailed(meta: MetaSocket, now: Micros): void {
    this.#of.get(meta)?.handleFailed(meta, now);
  }

  /** An accept queue is full: what came is dropped. */
  noteOverflow(): void {
    this.#counters.TcpExtListenOverflows++;
    this.#counters.TcpExtListenDrops++;
  }
}

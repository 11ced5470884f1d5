/**
 * Which socket a segment belongs to.
 *
 * @module
 */

import type { FlowHash } from "./flow_hash.ts";
import type { TcpSocket } from "./socket.ts";
import type { IpAddress } from "../wire/address.ts";

/** TCP sockets by 4-tuple, found without allocating. */
export class Demultiplexer {
  readonly #hash: Pick<FlowHash, "of">;
  readonly #sockets = new Map<number, TcpSocket>();
  #size = 0;

  /** Sockets stand under the hash of their ends. */
  constructor(hash: Pick<FlowHash, "of">) {
    this.#hash = hash;
  }

  /** Sockets in the table. */
  get size(): number {
    return this.#size;
  }

  /** The socket between these ends, or null. */
  find(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): TcpSocket | null {
    let socket = this.#sockets.get(this.#hash.of(local, localPort, remote, remotePort)) ?? null;
    while (socket !== null && !socket.path.matches(local, localPort, remote, remotePort)) socket = socket.hashNext;
    return socket;
  }

  /** Whether any socket has this end. */
  usesPort(local: IpAddress, port: number): boolean {
    for (const { path } of this) if (path.localPort === port && path.local.equals(local)) return true;
    return false;
  }

  /** Adds `socket`, which no other in the table shares its ends with. */
  add(socket: TcpSocket): void {
    const hash = this.#hashOf(socket);
    socket.hashNext = this.#sockets.get(hash) ?? null;
    this.#sockets.set(hash, socket);
    this.#size++;
  }

  /** Removes `socket` if it is in the table. */
  remove(socket: TcpSocket): void {
    const hash = this.#hashOf(socket);
    const first = this.#sockets.get(hash);
    if (first === undefined) return;
    if (first === socket) {
      if (socket.hashNext === null) this.#sockets.delete(hash);
      else this.#sockets.set(hash, socket.hashNext);
      this.#size--;
      return;
    }
    for (let before = first; before.hashNext !== null; before = before.hashNext) {
      if (before.hashNext !== socket) continue;
      before.hashNext = socket.hashNext;
      this.#size--;
      return;
    }
  }

  /** All sockets. */
  *[Symbol.iterator](): Iterator<TcpSocket> {
    for (const first of this.#sockets.values()) {
      for (let socket: TcpSocket | null = first; socket !== null; socket = socket.hashNext) yield socket;
    }
  }

  #hashOf({ path: { local, localPort, remote, remotePort } }: TcpSocket): number {
    return this.#hash.of(local, localPort, remote, remotePort);
  }
}

/**
 * Subflows that linger in TIME-WAIT: so many at most, as each takes memory and nobody but the clock ends it.
 *
 * @module
 */

import type { Counters } from "../counters.ts";
import type { Micros } from "../plugin.ts";
import type { TcpSocket } from "./socket.ts";

/** Those of one stack, in the order in which they came. */
export class TimeWaits {
  readonly #sockets = new Set<TcpSocket>();
  readonly #limit: number;
  readonly #counters: Counters;

  /** At most `limit`; those that have to go early are counted. */
  constructor(limit: number, counters: Counters) {
    this.#limit = limit;
    this.#counters = counters;
  }

  /** `socket` lingers from now on, or again. When there are too many, the one that has longest does so no more. */
  add(socket: TcpSocket, now: Micros): void {
    this.#sockets.add(socket);
    if (this.#sockets.size <= this.#limit) return;
    const [oldest] = this.#sockets;
    this.#counters.TcpExtTCPTimeWaitOverflow++;
    oldest?.close("finished", now);
  }

  /** `socket` is gone. */
  remove(socket: TcpSocket): void {
    this.#sockets.delete(socket);
  }
}

/**
 * Which subflow sends next.
 *
 * @module
 */

import { ActiveList } from "../active_list.ts";
import type { Micros } from "../plugin.ts";
import type { IpAddress } from "../wire/address.ts";
import type { Packet } from "../wire/packet.ts";
import { HeldSockets } from "./held_sockets.ts";
import type { TcpSocket } from "./socket.ts";

/** The subflows that may have something to send, a segment each in turn, but for those whose interface has no room. */
export class Turns {
  readonly #active = new ActiveList<TcpSocket>();
  readonly #held = new HeldSockets();

  /** `socket` may have something to send. */
  add(socket: TcpSocket): void {
    this.#active.add(socket);
  }

  /** Writes the next segment to send at `into.start`; false if no subflow has one now. */
  pollTransmit(into: Packet, now: Micros): boolean {
    for (let socket = this.#active.shift(); socket !== null; socket = this.#active.shift()) {
      if (this.#held.take(socket) || !socket.pollTransmit(into, now)) continue;
      this.#active.add(socket);
      return true;
    }
    return false;
  }

  /** Gives no subflow from `address` a turn until `release`. */
  hold(address: IpAddress): void {
    this.#held.hold(address);
  }

  /** Gives those from `address` their turns again. */
  release(address: IpAddress): void {
    this.#held.release(address, (socket) => this.#active.add(socket));
  }
}

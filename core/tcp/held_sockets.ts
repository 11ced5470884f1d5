/**
 * Subflows whose interface has no room.
 *
 * @module
 */

import { ActiveList } from "../active_list.ts";
import type { TcpSocket } from "./socket.ts";
import type { IpAddress } from "../wire/address.ts";

/** Those with something to send, by local address, so that one slow interface holds up no other. */
export class HeldSockets {
  readonly #interfaces: { readonly address: IpAddress; readonly sockets: ActiveList<TcpSocket> }[] = [];

  /** Nothing is sent from `address` until `release`. */
  hold(address: IpAddress): void {
    if (!this.#interfaces.some((held) => held.address.equals(address))) {
      this.#interfaces.push({ address: address.clone(), sockets: new ActiveList() });
    }
  }

  /** Takes `socket` if its interface has no room. */
  take(socket: TcpSocket): boolean {
    for (const { address, sockets } of this.#interfaces) {
      if (!address.equals(socket.path.local)) continue;
      sockets.add(socket);
      return true;
    }
    return false;
  }

  /** `address` has room again, or has gone: gives back the subflows that have waited, to `activate`. */
  release(address: IpAddress, activate: (socket: TcpSocket) => void): void {
    const index = this.#interfaces.findIndex((held) => held.address.equals(address));
    if (index < 0) return;
    const { sockets } = this.#interfaces[index]!;
    this.#interfaces.splice(index, 1);
    for (let socket = sockets.shift(); socket !== null; socket = sockets.shift()) activate(socket);
  }
}

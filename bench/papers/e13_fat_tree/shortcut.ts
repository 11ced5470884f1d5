/**
 * Acknowledgments that take no part in a network: what the simulator of many papers does, whose switches carry data only.
 *
 * @module
 */

import { IpAddress } from "../../../core/wire/address.ts";
import type { BoxFunction, Middlebox, Network, SimHost } from "../../../sim/mod.ts";
import { Routes } from "../../../transports/routes.ts";

/** Boxes in front of hosts that hand what servers send to the client's host at once, past all links between them. */
export class Shortcut {
  readonly #network: Network;
  readonly #serverPort: number;
  readonly #boxes = new Routes<Middlebox>();

  /** For connections to `serverPort`, on which only clients send data. */
  constructor(network: Network, serverPort: number) {
    this.#network = network;
    this.#serverPort = serverPort;
  }

  /** Puts a box in front of `host`, which gets `address` there; connect the box in place of the host. */
  inFrontOf(host: SimHost, address: string): Middlebox {
    const box = this.#network.middlebox(`shortcut of ${host.name}`, this.#process);
    this.#boxes.set(IpAddress.parse(address), box);
    this.#network.connect(host, box, { addresses: [address, []] });
    return box;
  }

  readonly #process: BoxFunction = (frame, direction) => {
    const client = this.#boxes.get(frame.destination);
    if (direction === "backward" || client === null || frame.view.getUint16(frame.start) !== this.#serverPort) {
      return true;
    }
    client.inject(frame.copy(), "backward");
    return false;
  };
}

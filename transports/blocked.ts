/**
 * What a transport had no room for.
 *
 * @module
 */

import { Packet } from "../core/wire/packet.ts";
import type { IpAddress } from "../core/wire/address.ts";
import type { Transport } from "./transport.ts";

/** The packets that wait for room, one of each source address: the stack holds back what is behind them. */
export class BlockedPackets {
  readonly #waiting: { readonly packet: Packet; readonly transport: Transport }[] = [];
  readonly #spare: Packet[] = [];

  /** Whether a packet from `address` waits. */
  has(address: IpAddress): boolean {
    return this.#waiting.some(({ packet }) => packet.source.equals(address));
  }

  /** Keeps `packet`, for which `transport` had no room, and returns another one of `capacity` bytes to go on with. */
  keep(packet: Packet, transport: Transport, capacity: number): Packet {
    // What it refers to may be gone when there is room.
    packet.gather();
    this.#waiting.push({ packet, transport });
    const spare = this.#spare.pop();
    return spare !== undefined && spare.bytes.length >= capacity ? spare : new Packet(capacity);
  }

  /** Tries each again; `resume` is called for the sources of those that went. */
  retry(resume: (source: IpAddress) => void): void {
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length; i++) {
      const { packet, transport } = waiting[i]!;
      if (!transport.send(packet)) continue;
      this.#release(i--);
      resume(packet.source);
    }
  }

  /** Gives up what waits from `address`, which has gone. */
  drop(address: IpAddress): void {
    const index = this.#waiting.findIndex(({ packet }) => packet.source.equals(address));
    if (index >= 0) this.#release(index);
  }

  #release(index: number): void {
    this.#spare.push(this.#waiting[index]!.packet);
    this.#waiting.splice(index, 1);
  }
}

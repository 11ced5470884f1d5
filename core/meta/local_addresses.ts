/**
 * The addresses of a host, with the identifiers that peers know them by, and its ports.
 *
 * @module
 */

import type { InterfaceProperties, KnownAddress } from "./context.ts";
import { Path } from "../tcp/path.ts";
import type { IpAddress } from "../wire/address.ts";

/** Ports for connections that this end opens: Linux's ip_local_port_range. */
const FIRST_EPHEMERAL_PORT = 32768;
const EPHEMERAL_PORTS = 60999 - FIRST_EPHEMERAL_PORT + 1;
/** Highest address identifier. */
const LAST_ID = 255;

/** The local addresses of a stack. */
export class LocalAddresses {
  readonly #known: KnownAddress[] = [];
  #lastId = 0;

  /** All, in the order in which they came. */
  get all(): readonly KnownAddress[] {
    return this.#known;
  }

  /** Adds an address or changes its properties; true if it is new. */
  add(address: IpAddress, properties: InterfaceProperties): boolean {
    const index = this.#known.findIndex((known) => known.address.equals(address));
    const id = index >= 0 ? (this.#known[index] as KnownAddress).id : this.#freeId();
    const entry: KnownAddress = { address: address.clone(), id, properties };
    if (index >= 0) this.#known[index] = entry;
    else this.#known.push(entry);
    return index < 0;
  }

  /** Removes an address; false if it was not there. */
  remove(address: IpAddress): boolean {
    const index = this.#known.findIndex((known) => known.address.equals(address));
    if (index >= 0) this.#known.splice(index, 1);
    return index >= 0;
  }

  /** The entry of `address`, or undefined. */
  find(address: IpAddress): KnownAddress | undefined {
    for (const known of this.#known) if (known.address.equals(address)) return known;
    return undefined;
  }

  /** The first address of the family of `remote`, or undefined. */
  sourceFor(remote: IpAddress): KnownAddress | undefined {
    for (const known of this.#known) if (known.address.family === remote.family) return known;
    return undefined;
  }

  /** The next one that is free: peers may yet have to learn that the last one to go has gone. */
  #freeId(): number {
    for (let i = 0; i < LAST_ID; i++) {
      const id = this.#lastId = this.#lastId % LAST_ID + 1;
      if (!this.#known.some((known) => known.id === id)) return id;
    }
    throw new RangeError(`Cannot add address: there are ${LAST_ID} already`);
  }
}

/** An ephemeral port that `isFree`, starting to look at a random one; 0 if all are taken. */
export function pickPort(random: number, isFree: (port: number) => boolean): number {
  const first = Math.floor(random * EPHEMERAL_PORTS);
  for (let i = 0; i < EPHEMERAL_PORTS; i++) {
    const port = FIRST_EPHEMERAL_PORT + (first + i) % EPHEMERAL_PORTS;
    if (isFree(port)) return port;
  }
  return 0;
}

/** The path from a port of `known`. */
export function pathFrom({ address, properties }: KnownAddress, port: number, to: IpAddress, remotePort: number): Path {
  const { mtu, superSegment, gathers, keepAlive } = properties;
  return new Path(address, port, to, remotePort, mtu, superSegment, gathers, keepAlive);
}

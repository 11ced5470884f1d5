/**
 * Ways through a network: shortest paths, and which of several a flow takes.
 *
 * @module
 */

import type { IpAddress } from "../core/wire/address.ts";
import { Routes } from "../transports/routes.ts";
import type { Frame } from "./frame.ts";
import type { Link } from "./link.ts";
import type { Node, Port } from "./node.ts";

/** For each node the links that begin a shortest path to each address, counted in links. */
export class ShortestPaths {
  readonly #tables = new Map<Node, Routes<Link[]>>();

  /** The paths between all of `nodes`, whose ends of links are `ports`. */
  constructor(ports: ReadonlyMap<Node, readonly Port[]>) {
    for (const node of ports.keys()) this.#tables.set(node, new Routes());
    const owners = new Routes<Port[]>();
    const addresses: IpAddress[] = [];
    for (const port of [...ports.values()].flat()) {
      for (const address of port.addresses) {
        const known = owners.get(address);
        if (known !== null) {
          known.push(port);
        } else {
          owners.set(address, [port]);
          addresses.push(address);
        }
      }
    }
    for (const address of addresses) this.#spread(address, owners.get(address)!, ports);
  }

  /** The links by which `node` reaches `destination`, none if it cannot. */
  next(node: Node, destination: IpAddress): readonly Link[] {
    return this.#tables.get(node)?.get(destination) ?? [];
  }

  /** Breadth first, from where the address is. */
  #spread(address: IpAddress, owners: readonly Port[], ports: ReadonlyMap<Node, readonly Port[]>): void {
    const distances = new Map<Node, number>();
    const reached: Node[] = [];
    for (const owner of owners) distances.set(owner.node, 0);
    for (const owner of owners) this.#reach(address, owner.peer, 1, distances, reached);
    for (let node = reached.shift(); node !== undefined; node = reached.shift()) {
      if (!node.forwards) continue;
      const distance = distances.get(node)! + 1;
      for (const port of ports.get(node)!) this.#reach(address, port.peer, distance, distances, reached);
    }
  }

  /** The owner of `port` reaches `address` through it in `distance` links. */
  #reach(address: IpAddress, port: Port, distance: number, distances: Map<Node, number>, reached: Node[]): void {
    const known = distances.get(port.node);
    if (known !== undefined && known < distance) return;
    const table = this.#tables.get(port.node)!;
    if (known === undefined) {
      distances.set(port.node, distance);
      reached.push(port.node);
      table.set(address, [port.link]);
    } else {
      table.get(address)!.push(port.link);
    }
  }
}

/** The link of `links`, not empty, that the flow of `frame` takes: always the same for the same addresses and ports. */
export function linkForFlow(links: readonly Link[], frame: Frame, salt: number): Link {
  return links.length === 1 ? links[0]! : links[flowHash(frame, salt) % links.length]!;
}

/** A hash of addresses and ports; `salt` makes routers choose independently of each other. */
function flowHash(frame: Frame, salt: number): number {
  let hash = salt ^ frame.source.hash();
  hash = Math.imul(hash ^ hash >>> 16, 0x21f0aaad) ^ frame.destination.hash();
  hash = Math.imul(hash ^ hash >>> 15, 0x735a2d97) ^ frame.view.getInt32(frame.start);
  hash = Math.imul(hash ^ hash >>> 16, 0x21f0aaad);
  hash = Math.imul(hash ^ hash >>> 15, 0x735a2d97);
  return (hash ^ hash >>> 15) >>> 0;
}

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
  /** Addresses by number: the one table that every hop of every packet looks into is small, and stays in the cache. */
  readonly #numbers = new Routes<number>();
  /** For each node the links by number of address. */
  readonly #tables = new Map<Node, (Link[] | undefined)[]>();

  /** The paths between all of `nodes`, whose ends of links are `ports`. */
  constructor(ports: ReadonlyMap<Node, readonly Port[]>) {
    for (const node of ports.keys()) this.#tables.set(node, []);
    const owners: Port[][] = [];
    for (const port of [...ports.values()].flat()) {
      for (const address of port.addresses) {
        const known = this.#numbers.get(address);
        if (known === null) this.#numbers.set(address, owners.push([port]) - 1);
        else owners[known]!.push(port);
      }
    }
    owners.forEach((ends, number) => this.#spread(number, ends, ports));
  }

  /** The links by which `node` reaches `destination`, none if it cannot. */
  next(node: Node, destination: IpAddress): readonly Link[] {
    const number = this.#numbers.get(destination);
    return number === null ? NONE : this.#tables.get(node)?.[number] ?? NONE;
  }

  /** Breadth first, from where the address is. */
  #spread(address: number, owners: readonly Port[], ports: ReadonlyMap<Node, readonly Port[]>): void {
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
  #reach(address: number, port: Port, distance: number, distances: Map<Node, number>, reached: Node[]): void {
    const known = distances.get(port.node);
    if (known !== undefined && known < distance) return;
    const table = this.#tables.get(port.node)!;
    if (known === undefined) {
      distances.set(port.node, distance);
      reached.push(port.node);
      table[address] = [port.link];
    } else {
      table[address]!.push(port.link);
    }
  }
}

const NONE: readonly Link[] = [];

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

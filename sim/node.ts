/**
 * What links connect.
 *
 * @module
 */

import type { IpAddress } from "../core/wire/address.ts";
import type { Link, Receiver } from "./link.ts";

/** A host, a router, or anything else in a network that packets come to. */
export interface Node extends Receiver {
  /** Unique in the network. */
  readonly name: string;
  /** Whether it passes on packets that are meant for others. */
  readonly forwards: boolean;
  /** It is connected by one more link. */
  attach(port: Port): void;
}

/** A node's end of a link. */
export interface Port {
  /** Whose it is. */
  readonly node: Node;
  /** The way out. */
  readonly link: Link;
  /** Addresses of the node here. */
  readonly addresses: readonly IpAddress[];
  /** Longest IP packet that the node may send here, in bytes. */
  readonly mtu: number;
  /** The other end. */
  readonly peer: Port;
}

/** Where packets leave a node for an address: any of these links, or none that is known. */
export type NextHops = (node: Node, destination: IpAddress) => readonly Link[];

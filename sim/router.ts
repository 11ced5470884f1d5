/**
 * A router.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import type { Frame } from "./frame.ts";
import type { Link } from "./link.ts";
import type { NextHops, Node } from "./node.ts";
import { linkForFlow } from "./routing.ts";

/** What a router has done. */
export interface RouterCounters {
  /** Packets passed on. */
  readonly forwarded: number;
  /** Packets dropped because no way to their destination is known. */
  readonly noRoute: number;
  /** Packets dropped because their hop limit was used up. */
  readonly hopLimit: number;
}

/**
 * Passes packets on: along the longest prefix of those given with {@linkcode Router.addRoute}, and where there is none along
 * the shortest paths of the network. Where several links are equally good, each flow keeps to one of them (ECMP).
 */
export class Router implements Node {
  /** See {@linkcode Node.forwards}. */
  readonly forwards = true;
  /** Unique in the network. */
  readonly name: string;
  readonly #nextHops: NextHops;
  readonly #salt: number;
  readonly #routes: { readonly prefix: Prefix; readonly links: readonly Link[] }[] = [];
  readonly #counters = { forwarded: 0, noRoute: 0, hopLimit: 0 };

  /** Made by `network.router()`. */
  constructor(name: string, nextHops: NextHops, salt: number) {
    this.name = name;
    this.#nextHops = nextHops;
    this.#salt = salt;
  }

  /** What it has done so far. */
  get counters(): RouterCounters {
    return this.#counters;
  }

  /** Nothing to do: a router finds its links when it needs them. */
  attach(): void {}

  /** Sends what goes to `destination`, an address or a prefix such as "10.1.0.0/16", over one of `links`. */
  addRoute(destination: string, ...links: readonly Link[]): void {
    if (links.length === 0) throw new TypeError(`Cannot add route to ${destination}: name at least one link`);
    this.#routes.push({ prefix: parsePrefix(destination), links });
    this.#routes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** See {@linkcode Receiver.receive}. */
  receive(frame: Frame): void {
    const links = this.#find(frame.destination);
    if (links.length === 0) {
      this.#counters.noRoute++;
      frame.release();
    } else if (!frame.hop()) {
      this.#counters.hopLimit++;
      frame.release();
    } else {
      this.#counters.forwarded++;
      linkForFlow(links, frame, this.#salt).send(frame);
    }
  }

  #find(destination: IpAddress): readonly Link[] {
    for (const { prefix, links } of this.#routes) {
      if (matches(prefix, destination)) return links;
    }
    return this.#nextHops(this, destination);
  }
}

/** An address of whose 128 bits the first `length` count. */
interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
}

/** Where the bits of an IPv4 address begin in its IPv6-mapped form. */
const MAPPED_BITS = 96;

function parsePrefix(text: string): Prefix {
  const [addressText = "", lengthText] = text.split("/", 2);
  const address = IpAddress.parse(addressText);
  const bits = address.family === 4 ? 32 : 128;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (!(Number.isInteger(length) && length >= 0 && length <= bits)) {
    throw new TypeError(`Cannot parse prefix "${text}": the length must be 0 to ${bits}`);
  }
  return { address, length: length + 128 - bits };
}

function matches({ address, length }: Prefix, other: IpAddress): boolean {
  if (address.family !== other.family) return false;
  return differing(address.a, other.a, length) === 0 && differing(address.b, other.b, length - 32) === 0 &&
    differing(address.c, other.c, length - 64) === 0 && differing(address.d, other.d, length - MAPPED_BITS) === 0;
}

/** The first `bits` bits in which two words differ. */
function differing(word: number, other: number, bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? word ^ other : (word ^ other) >>> (32 - bits);
}

/**
 * A router.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import type { IcmpErrorKind } from "../core/wire/icmp.ts";
import type { Frame } from "./frame.ts";
import { icmpErrorAbout } from "./icmp.ts";
import type { Link } from "./link.ts";
import type { NextHops, Node, Port } from "./node.ts";
import { linkForFlow } from "./routing.ts";

/** What a router has done. */
export interface RouterCounters {
  /** Packets passed on. */
  readonly forwarded: number;
  /** Packets dropped because no way to their destination is known. */
  readonly noRoute: number;
  /** Packets dropped because their hop limit was used up. */
  readonly hopLimit: number;
  /** Packets dropped because they are longer than the next link takes. */
  readonly tooBig: number;
  /** ICMP errors sent. */
  readonly errorsSent: number;
}

/**
 * Passes packets on: along the longest prefix of those given with {@linkcode Router.addRoute}, and where there is none along
 * the shortest paths of the network. Where several links are equally good, each flow keeps to one of them (ECMP).
 *
 * Who sent what cannot be passed on (no way is known, too many hops, too long for the next link) is told so by ICMP.
 */
export class Router implements Node {
  /** See {@linkcode Node.forwards}. */
  readonly forwards = true;
  /** Unique in the network. */
  readonly name: string;
  /** Whether it sends ICMP errors; may be changed at any time. Without them a link with a small MTU is a black hole. */
  sendsErrors = true;
  readonly #nextHops: NextHops;
  readonly #salt: number;
  readonly #routes: { readonly prefix: Prefix; readonly links: readonly Link[] }[] = [];
  readonly #addresses: IpAddress[] = [];
  readonly #counters = { forwarded: 0, noRoute: 0, hopLimit: 0, tooBig: 0, errorsSent: 0 };

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

  /** See {@linkcode Node.attach}: errors come from its first address of either family. */
  attach(port: Port): void {
    this.#addresses.push(...port.addresses);
  }

  /** Sends what goes to `destination`, an address or a prefix such as "10.1.0.0/16", over one of `links`. */
  addRoute(destination: string, ...links: readonly Link[]): void {
    if (links.length === 0) throw new TypeError(`Cannot add route to ${destination}: name at least one link`);
    this.#routes.push({ prefix: parsePrefix(destination), links });
    this.#routes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** See {@linkcode Receiver.receive}. */
  receive(frame: Frame): void {
    const links = this.#find(frame.destination);
    if (links.length === 0) return this.#refuse(frame, "noRoute", "network-unreachable");
    if (!frame.hop()) return this.#refuse(frame, "hopLimit", "time-exceeded");
    const link = linkForFlow(links, frame, this.#salt);
    const { mtu } = link.options;
    if (mtu !== undefined && frame.length > mtu) return this.#refuse(frame, "tooBig", "too-big", mtu);
    this.#counters.forwarded++;
    link.send(frame);
  }

  /** Drops `frame` and tells its sender why. */
  #refuse(frame: Frame, cause: "noRoute" | "hopLimit" | "tooBig", kind: IcmpErrorKind, mtu = 0): void {
    this.#counters[cause]++;
    const links = this.sendsErrors ? this.#find(frame.source) : [];
    const error = links.length === 0 ? null : icmpErrorAbout(frame, kind, { mtu, from: this.#addresses });
    frame.release();
    if (error === null) return;
    this.#counters.errorsSent++;
    linkForFlow(links, error, this.#salt).send(error);
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

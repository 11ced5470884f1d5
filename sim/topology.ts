/**
 * Networks in code: hosts, routers and boxes, and links between them.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import { backwardOptions, DuplexLink, forwardOptions } from "./duplex.ts";
import type { DuplexOptions } from "./duplex.ts";
import { SimHost } from "./host.ts";
import type { SimHostOptions } from "./host.ts";
import { Link } from "./link.ts";
import { chain, Middlebox } from "./middlebox/box.ts";
import type { BoxFunction } from "./middlebox/box.ts";
import type { Node, Port } from "./node.ts";
import { Router } from "./router.ts";
import { ShortestPaths } from "./routing.ts";
import type { Simulator } from "./simulator.ts";

/** How two nodes are connected. */
export interface ConnectionOptions extends DuplexOptions {
  /** Unique name; made of the names of the nodes by default. */
  readonly name?: string;
  /** Addresses of the first and of the second node on this link; none by default, as suits routers. */
  readonly addresses?: readonly [first?: Addresses, second?: Addresses];
  /** False if nothing is to find its way over this link by itself, only by `router.addRoute()`. */
  readonly routed?: boolean;
}

/** One address in text form, several, or none. */
export type Addresses = string | readonly string[];

const DEFAULT_MTU = 1500;

/**
 * The nodes and links of one simulation. Ways through it are found by themselves: shortest paths, several if there are
 * several.
 *
 * @example A phone with WiFi and LTE, and a server
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { lia } from "@userspace/mptcp/congestion";
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { Network, Simulator } from "@userspace/mptcp/sim";
 *
 * const sim = new Simulator({ seed: 1 });
 * const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
 * const phone = network.host("phone");
 * const server = network.host("server");
 * const wifi = network.connect(phone, server, {
 *   name: "wifi",
 *   addresses: ["10.0.1.2", "10.0.0.1"],
 *   rate: 30e6,
 *   delay: 10,
 * });
 * network.connect(phone, server, {
 *   name: "lte",
 *   addresses: ["10.0.2.2", "10.0.0.1"],
 *   rate: 15e6,
 *   delay: 30,
 *   queue: { packets: 500 },
 * });
 * wifi.schedule([{ at: 3000, up: false }, { at: 8000, up: true }]);
 * ```
 */
export class Network {
  /** The simulation that it is part of. */
  readonly simulator: Simulator;
  readonly #defaults: Partial<SimHostOptions>;
  readonly #ports = new Map<Node, Port[]>();
  readonly #names = new Set<string>();
  readonly #links = new Map<string, DuplexLink>();
  readonly #unrouted = new Set<Port>();
  #paths: ShortestPaths | null = null;

  /** An empty network. `defaults` are options of every host where the host has no others. */
  constructor(simulator: Simulator, defaults: Partial<SimHostOptions> = {}) {
    this.simulator = simulator;
    this.#defaults = defaults;
  }

  /** The nodes, in the order in which they were made. */
  get nodes(): readonly Node[] {
    return [...this.#ports.keys()];
  }

  /** The links by name. */
  get links(): ReadonlyMap<string, DuplexLink> {
    return this.#links;
  }

  /** Adds a host. It gets its addresses with its links. */
  host(name: string, options: Partial<SimHostOptions> = {}): SimHost {
    const all = { resolve: (hostname: string) => this.#resolve(hostname), ...this.#defaults, ...options };
    return this.add(new SimHost(this.simulator, name, all, (node, destination) => this.#next(node, destination)));
  }

  /** Adds a router, or a switch, which is the same here. */
  router(name: string): Router {
    const salt = this.simulator.random(`router ${name}`).uint32();
    return this.add(new Router(name, (node, destination) => this.#next(node, destination), salt));
  }

  /** Adds a box that does with packets what `functions` say, as in {@linkcode chain}; connect its inner side first. */
  middlebox(name: string, ...functions: readonly BoxFunction[]): Middlebox {
    return this.add(new Middlebox(this.simulator, name, functions.length === 1 ? functions[0]! : chain(...functions)));
  }

  /** Adds a node of one's own making and returns it. */
  add<T extends Node>(node: T): T {
    this.#claim(node.name, "node");
    this.#ports.set(node, []);
    return node;
  }

  /** Connects two nodes; see {@linkcode ConnectionOptions} and the example above. */
  connect(first: Node, second: Node, options: ConnectionOptions = {}): DuplexLink {
    const { name: given, addresses = [], routed = true, ...duplex } = options;
    const firstPorts = this.#portsOf(first);
    const secondPorts = this.#portsOf(second);
    const name = given ?? this.#unusedName(`${first.name}-${second.name}`);
    const firstAddresses = parse(addresses[0]);
    const secondAddresses = parse(addresses[1]);
    this.#checkFree(firstAddresses, first);
    this.#checkFree(secondAddresses, second);
    const forward = new Link(this.simulator, `${name} forward`, second, forwardOptions(duplex));
    const backward = new Link(this.simulator, `${name} backward`, first, backwardOptions(duplex));
    this.#claim(name, "link");
    const [near, far] = ends(
      { node: first, link: forward, addresses: firstAddresses, mtu: mtuOf(forward) },
      { node: second, link: backward, addresses: secondAddresses, mtu: mtuOf(backward) },
    );
    const link = new DuplexLink(name, forward, backward);
    this.#links.set(name, link);
    firstPorts.push(near);
    secondPorts.push(far);
    if (!routed) this.#unrouted.add(near).add(far);
    this.#paths = null;
    first.attach(near);
    second.attach(far);
    return link;
  }

  #next(node: Node, destination: IpAddress): readonly Link[] {
    this.#paths ??= new ShortestPaths(this.#routedPorts());
    return this.#paths.next(node, destination);
  }

  #routedPorts(): ReadonlyMap<Node, readonly Port[]> {
    if (this.#unrouted.size === 0) return this.#ports;
    return new Map(
      Array.from(this.#ports, ([node, ports]) => [node, ports.filter((port) => !this.#unrouted.has(port))]),
    );
  }

  /** The addresses of the host of that name. */
  #resolve(hostname: string): Promise<readonly IpAddress[]> {
    const literal = IpAddress.tryParse(hostname);
    if (literal !== null) return Promise.resolve([literal]);
    for (const [node, ports] of this.#ports) {
      if (node.name !== hostname) continue;
      const distinct = new Map(ports.flatMap((port) => port.addresses).map((address) => [address.toString(), address]));
      return Promise.resolve([...distinct.values()]);
    }
    return Promise.resolve([]);
  }

  #portsOf(node: Node): Port[] {
    const ports = this.#ports.get(node);
    if (ports === undefined) {
      throw new TypeError(`Cannot connect ${node.name}: it is not of this network, add() it first`);
    }
    return ports;
  }

  #checkFree(addresses: readonly IpAddress[], owner: Node): void {
    for (const [node, ports] of this.#ports) {
      if (node === owner) continue;
      for (const address of addresses) {
        if (ports.some((port) => port.addresses.some((other) => other.equals(address)))) {
          throw new TypeError(`Cannot give ${address} to ${owner.name}: ${node.name} has it`);
        }
      }
    }
  }

  #claim(name: string, what: string): void {
    const key = `${what} ${name}`;
    if (this.#names.has(key)) throw new TypeError(`Cannot add ${key}: the name is taken`);
    this.#names.add(key);
  }

  #unusedName(base: string): string {
    let name = base;
    for (let i = 2; this.#names.has(`link ${name}`); i++) name = `${base} ${i}`;
    return name;
  }
}

function parse(addresses: Addresses = []): IpAddress[] {
  return (typeof addresses === "string" ? [addresses] : addresses).map((text) => IpAddress.parse(text));
}

function mtuOf(link: Link): number {
  return link.options.mtu ?? DEFAULT_MTU;
}

/** Two ports that know each other. */
function ends(first: Omit<Port, "peer">, second: Omit<Port, "peer">): [Port, Port] {
  const near = { ...first, peer: null as Port | null };
  const far = { ...second, peer: near as Port };
  near.peer = far;
  return [near as Port, far];
}

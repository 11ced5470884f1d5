/**
 * The path manager of Linux (net/mptcp, `net.mptcp.path_manager = kernel`): what `ip mptcp endpoint` and `ip mptcp limits`
 * set, with the flags and limits of Linux 6.18.
 *
 * @module
 */

import type { LocalAddress, PathActions, PathEvent, PathManager, Plugin, RemoteAddress } from "../core/plugin.ts";
import { isSame, mayConnect } from "./pairs.ts";
import { commonPrefix } from "./prefix.ts";

/** An endpoint: a local address and what it is for. */
export interface LinuxEndpoint {
  /** Address of this host; without it the endpoint waits until the host has it. */
  readonly address: string;
  /** The client opens a subflow from it to the address that it has connected to. */
  readonly subflow?: boolean;
  /** The address is announced to the peer (ADD_ADDR). */
  readonly signal?: boolean;
  /** Subflows from it are backups, the first one of the connection included. */
  readonly backup?: boolean;
  /** With `subflow`: subflows to all addresses of the peer, also to those that it announces later. */
  readonly fullmesh?: boolean;
  /** Answers one announced address with a subflow from this one, and only one: each address in a lane of its own. */
  readonly laminar?: boolean;
  /** With `signal`: the port that is announced with it. */
  readonly port?: number;
}

/** Options of {@linkcode linuxEndpoints}. */
export interface LinuxEndpointsOptions {
  /** The endpoints, in the order in which they are used. Default: none. */
  readonly endpoints?: readonly LinuxEndpoint[];
  /** Subflows beside the first one, at least 0; those that the peer opens count. Default: 2, as in Linux. */
  readonly subflows?: number;
  /** Announced addresses that are answered with subflows, at least 0. Default: 0, as in Linux. */
  readonly addAddrAccepted?: number;
}

/**
 * Does with endpoints and limits what Linux does, as seen between two hosts with Linux 6.18.
 *
 * The client opens its `subflow` endpoints, one after the other, once the connection is established. To an announced address
 * it opens subflows from all `fullmesh` endpoints; if there are none, from the next `laminar` endpoint that has no subflow
 * yet; if there are none of these either, from the address that the way there starts from, which is here the one that has
 * most bits in common with it. If the peer forbids joins to its first address and no announced address is accepted, the
 * first `subflow` endpoint is used. What the client already has a subflow to is not joined again.
 *
 * An endpoint is used once: a subflow that fails is not opened again until its endpoint is there anew, and no server
 * opens subflows, since its clients do not listen. Unlike Linux the limit is kept by full meshes, too. How many subflows a
 * server accepts is the option `acceptedSubflows` of the connection.
 *
 * @throws {RangeError} if a limit is not a whole number of at least 0.
 *
 * @example
 * ```ts
 * import { linuxEndpoints } from "@userspace/mptcp/pathmanagers";
 *
 * // ip mptcp limits set subflow 4; ip mptcp endpoint add 10.0.2.2 subflow backup
 * const pathManager = linuxEndpoints({
 *   endpoints: [{ address: "10.0.2.2", subflow: true, backup: true }],
 *   subflows: 4,
 * });
 * ```
 */
export function linuxEndpoints(options: LinuxEndpointsOptions = {}): Plugin<PathManager> {
  const { endpoints = [], subflows = 2, addAddrAccepted = 0 } = options;
  const limits = { subflows: limit("subflows", subflows), addAddrAccepted: limit("addAddrAccepted", addAddrAccepted) };
  return { name: "linux-endpoints", create: (): PathManager => new LinuxEndpoints(endpoints, limits) };
}

function limit(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot create linux-endpoints: ${option} must be a whole number of at least 0, got ${value}`);
}

class LinuxEndpoints implements PathManager {
  readonly #endpoints: readonly LinuxEndpoint[];
  readonly #limits: { readonly subflows: number; readonly addAddrAccepted: number };
  #role: "none" | "client" | "server" = "none";
  /** Addresses of endpoints that have had their subflow. */
  readonly #used = new Set<string>();
  /** Pairs of addresses that were tried, by local and remote address; none is tried twice. */
  readonly #tried = new Map<string, readonly [local: string, remote: RemoteAddress]>();
  /** Identifiers of announced addresses that were accepted. */
  readonly #accepted = new Set<number>();

  constructor(endpoints: readonly LinuxEndpoint[], limits: { subflows: number; addAddrAccepted: number }) {
    this.#endpoints = endpoints;
    this.#limits = limits;
  }

  onEvent(event: PathEvent, actions: PathActions): void {
    if (event.type === "established") this.#begin(event.isServer, actions);
    if (this.#role === "none") return;
    switch (event.type) {
      case "local-address-up":
        if (this.#endpointOf(event.address)?.signal) this.#signal(event.address, actions);
        break;
      case "local-address-down":
        this.#used.delete(event.address.address);
        this.#forget((local) => local === event.address.address);
        if (this.#endpointOf(event.address) !== undefined) actions.withdraw(event.address);
        break;
      case "announced":
        this.#forget((_local, remote) => isSame(remote, event.address));
        if (this.#role === "client") this.#answer(event.address, actions);
        break;
      case "removed":
        this.#accepted.delete(event.addressId);
        this.#forget((_local, remote) => remote.id === event.addressId);
        break;
      case "subflow-established": {
        // Where the peer opened it, nobody has asked for backup yet.
        const endpoint = this.#endpoints.find(({ address }) => address === event.subflow.local.address);
        if (endpoint?.backup && !event.subflow.backup) actions.setBackup(event.subflow, true);
        break;
      }
    }
    if (this.#role === "client") this.#openEndpoints(actions);
  }

  #begin(isServer: boolean, actions: PathActions): void {
    this.#role = isServer ? "server" : "client";
    const [first] = actions.subflows;
    const own = this.#endpoints.find(({ address }) => address === first?.local.address);
    if (first !== undefined && own !== undefined) {
      this.#used.add(own.address);
      if (own.backup) actions.setBackup(first, true);
    }
    for (const local of actions.localAddresses) {
      // The peer knows the address that it talks to.
      if (local.id !== 0 && this.#endpointOf(local)?.signal) this.#signal(local, actions);
    }
  }

  #signal(local: LocalAddress, actions: PathActions): void {
    actions.announce(local, this.#endpointOf(local)?.port);
  }

  /** Subflows from endpoints to addresses that are known. */
  #openEndpoints(actions: PathActions): void {
    for (const endpoint of this.#endpoints) {
      const local = this.#localOf(endpoint, actions);
      if (!endpoint.subflow || local === undefined || this.#used.has(endpoint.address)) continue;
      for (const remote of actions.remoteAddresses) {
        const isWanted = remote.id === 0 || (endpoint.fullmesh && this.#accepted.has(remote.id));
        if (isWanted) this.#open(endpoint, local, remote, actions);
      }
    }
  }

  /** Subflows to an address that the peer has announced. */
  #answer(remote: RemoteAddress, actions: PathActions): void {
    const isKnown = actions.subflows.some((it) => isSame(it.remote, remote));
    const accepts = this.#accepted.size < this.#limits.addAddrAccepted;
    if (isKnown || (!accepts && actions.joinsToPrimaryAllowed)) return;
    for (const [endpoint, local] of accepts ? this.#answering(remote, actions) : this.#unused(actions)) {
      if (this.#open(endpoint, local, remote, actions) && accepts) this.#accepted.add(remote.id);
    }
  }

  /** Where subflows to an accepted address start from. */
  #answering(remote: RemoteAddress, actions: PathActions): [LinuxEndpoint | null, LocalAddress][] {
    const present = this.#endpoints.flatMap((endpoint): [LinuxEndpoint, LocalAddress][] => {
      const local = this.#localOf(endpoint, actions);
      return local !== undefined && mayConnect(local, remote, actions) ? [[endpoint, local]] : [];
    });
    if (this.#endpoints.some(({ fullmesh }) => fullmesh)) return present.filter(([{ fullmesh }]) => fullmesh);
    if (this.#endpoints.some(({ laminar }) => laminar)) {
      return present.filter(([{ laminar, address }]) => laminar && !this.#used.has(address)).slice(0, 1);
    }
    const locals = actions.localAddresses.filter((local) => mayConnect(local, remote, actions));
    const bits = (local: LocalAddress): number => commonPrefix(local.address, remote.address);
    return locals.toSorted((a, b) => bits(b) - bits(a)).slice(0, 1).map((local) => [null, local]);
  }

  /** The first endpoint for a subflow that has none yet. */
  #unused(actions: PathActions): [LinuxEndpoint, LocalAddress][] {
    for (const endpoint of this.#endpoints) {
      const local = this.#localOf(endpoint, actions);
      if (endpoint.subflow && local !== undefined && !this.#used.has(endpoint.address)) return [[endpoint, local]];
    }
    return [];
  }

  /** Opens a subflow within the limit, if there is none between the two; false if that is not so, or it cannot be opened. */
  #open(endpoint: LinuxEndpoint | null, local: LocalAddress, remote: RemoteAddress, actions: PathActions): boolean {
    const { subflows } = actions;
    if (subflows.filter(({ id }) => id !== 0).length >= this.#limits.subflows) return false;
    if (!mayConnect(local, remote, actions)) return false;
    if (subflows.some((it) => it.local.address === local.address && isSame(it.remote, remote))) return false;
    const pair = `${local.address} ${remote.address} ${remote.port}`;
    if (this.#tried.has(pair)) return false;
    this.#tried.set(pair, [local.address, remote]);
    if (endpoint !== null) this.#used.add(endpoint.address);
    return actions.open(local, remote, { backup: endpoint?.backup ?? false });
  }

  #forget(matches: (local: string, remote: RemoteAddress) => boolean): void {
    for (const [pair, [local, remote]] of this.#tried) if (matches(local, remote)) this.#tried.delete(pair);
  }

  #endpointOf({ address }: LocalAddress): LinuxEndpoint | undefined {
    return this.#endpoints.find((it) => it.address === address);
  }

  #localOf({ address }: LinuxEndpoint, { localAddresses }: PathActions): LocalAddress | undefined {
    return localAddresses.find((it) => it.address === address);
  }
}

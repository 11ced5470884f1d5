/**
 * A subflow from every local address to every address of the peer, kept up as addresses come and go and paths fail.
 *
 * @module
 */

import type {
  Endpoint,
  Env,
  LocalAddress,
  Micros,
  PathActions,
  PathEvent,
  PathManager,
  Plugin,
  RemoteAddress,
  SubflowCloseReason,
  SubflowView,
} from "../core/plugin.ts";
import { Backoff, type BackoffSettings } from "./backoff.ts";

/** Options of {@linkcode fullMesh}. */
export interface FullMeshOptions {
  /** Subflows between each pair of addresses, at least 1. Default: 1. */
  readonly subflowsPerPair?: number;
  /** Subflows of the connection beyond which none is opened, at least 1. Default: 8. */
  readonly limit?: number;
  /** Refusals by the peer after which a pair of addresses is left alone, at least 1. Default: 3. */
  readonly refusals?: number;
  /** Wait after the first failure in microseconds; it doubles with each further one. Default: 1 second. */
  readonly shortestRetry?: Micros;
  /** Wait that doubling does not exceed, in microseconds. Default: 60 seconds. */
  readonly longestRetry?: Micros;
}

/**
 * The client connects every pair of addresses of the same family; the server announces the addresses that the client
 * cannot know, and opens nothing, since clients tend to sit behind translators that let nothing in.
 *
 * A pair that fails is tried again with exponential back-off, and not at all once the peer has refused it several times
 * or either end has closed its subflow in order. An address that appears or is announced anew wipes the slate of its
 * pairs. With fewer subflows allowed than pairs, every pair gets its first subflow before any gets a second.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 *
 * const pathManager = fullMesh({ limit: 4 });
 * ```
 */
export function fullMesh(options: FullMeshOptions = {}): Plugin<PathManager> {
  const settings: Settings = {
    subflowsPerPair: atLeastOne("subflowsPerPair", options.subflowsPerPair ?? 1),
    limit: atLeastOne("limit", options.limit ?? 8),
    refusals: atLeastOne("refusals", options.refusals ?? 3),
    shortest: options.shortestRetry ?? 1_000_000,
    longest: options.longestRetry ?? 60_000_000,
  };
  if (!(settings.shortest > 0)) {
    throw new RangeError(`Cannot create full-mesh: shortestRetry must be above 0, got ${settings.shortest}`);
  }
  if (!(settings.longest >= settings.shortest)) {
    throw new RangeError(
      `Cannot create full-mesh: longestRetry must not be below shortestRetry (${settings.shortest}), got ${settings.longest}`,
    );
  }
  return { name: "full-mesh", create: (env): PathManager => new FullMesh(settings, env) };
}

interface Settings extends BackoffSettings {
  readonly subflowsPerPair: number;
  readonly limit: number;
  readonly refusals: number;
}

/** What became of the attempts between one local and one remote address. */
interface Pair {
  readonly local: string;
  readonly remote: RemoteAddress;
  readonly backoff: Backoff;
  refusals: number;
  /** When a subflow of it was last established, or NaN. */
  establishedAt: Micros;
  /** True once a subflow of it was closed on purpose. */
  closed: boolean;
}

class FullMesh implements PathManager {
  readonly #settings: Settings;
  readonly #env: Env;
  readonly #pairs = new Map<string, Pair>();
  #role: "none" | "client" | "server" = "none";

  constructor(settings: Settings, env: Env) {
    this.#settings = settings;
    this.#env = env;
  }

  onEvent(event: PathEvent, actions: PathActions, now: Micros): void {
    let gone: SubflowView | null = null;
    switch (event.type) {
      case "established":
        this.#role = event.isServer ? "server" : "client";
        if (event.isServer) announceAll(actions);
        break;
      case "local-address-up":
        this.#forget((pair) => pair.local === event.address.address);
        if (this.#role === "server") actions.announce(event.address);
        break;
      case "local-address-down":
        this.#forget((pair) => pair.local === event.address.address);
        if (this.#role !== "none") actions.withdraw(event.address);
        break;
      case "announced":
        this.#forget((pair) => isSame(pair.remote, event.address));
        break;
      case "removed":
        this.#forget((pair) => pair.remote.id === event.addressId);
        break;
      case "subflow-established":
        this.#noteEstablished(event.subflow, actions, now);
        break;
      case "subflow-closed":
        gone = event.subflow;
        this.#judge(gone, event.reason, actions, now);
        break;
    }
    if (this.#role === "client") this.#connect(actions, gone, now);
  }

  /** Opens what is missing and may be tried now, and asks to be woken for the rest. */
  #connect(actions: PathActions, gone: SubflowView | null, now: Micros): void {
    const { subflowsPerPair, limit } = this.#settings;
    const count = (matches: (subflow: SubflowView) => boolean): number =>
      actions.subflows.filter((it) => it.id !== gone?.id && matches(it)).length;
    let wakeAt = Infinity;
    for (let wanted = 1; wanted <= subflowsPerPair; wanted++) {
      for (const local of actions.localAddresses) {
        for (const remote of actions.remoteAddresses) {
          if (!isCandidate(local, remote, actions)) continue;
          if (count((it) => it.local.address === local.address && isSame(it.remote, remote)) >= wanted) continue;
          if (count(() => true) >= limit) continue;
          wakeAt = Math.min(wakeAt, this.#attempt(local, remote, actions, now));
        }
      }
    }
    actions.wakeAt(wakeAt);
  }

  /** Opens a subflow if it may be tried, and returns when to try again; Infinity if not before something happens. */
  #attempt(local: LocalAddress, remote: RemoteAddress, actions: PathActions, now: Micros): Micros {
    const { closed, refusals, backoff } = this.#pair(local.address, remote);
    if (closed || refusals >= this.#settings.refusals) return Infinity;
    if (backoff.notBefore > now) return backoff.notBefore;
    if (actions.open(local, remote, { backup: local.backup })) return Infinity;
    backoff.fail(now, this.#env);
    return backoff.notBefore;
  }

  /** Draws the consequences for its pair from the end of a subflow. */
  #judge(subflow: SubflowView, reason: SubflowCloseReason, actions: PathActions, now: Micros): void {
    const pair = this.#pairOf(subflow, actions);
    if (pair === undefined) return;
    if (now - pair.establishedAt >= this.#settings.longest) pair.backoff.forgive();
    pair.establishedAt = NaN;
    switch (reason) {
      case "reset":
      case "timeout":
      case "unreachable":
        pair.backoff.fail(now, this.#env);
        break;
      case "refused":
        pair.refusals++;
        pair.backoff.fail(now, this.#env);
        break;
      case "finished":
      case "closed":
        pair.closed = true;
        break;
      case "address-removed":
        break;
    }
  }

  #noteEstablished(subflow: SubflowView, actions: PathActions, now: Micros): void {
    const pair = this.#pairOf(subflow, actions);
    if (pair !== undefined) pair.establishedAt = now;
  }

  /** The pair that a subflow belongs to; undefined for one that the peer opened from a port of its own. */
  #pairOf({ local, remote }: SubflowView, actions: PathActions): Pair | undefined {
    const known = actions.remoteAddresses.find((it) => isSame(it, remote));
    return known === undefined ? undefined : this.#pair(local.address, known);
  }

  #pair(local: string, remote: RemoteAddress): Pair {
    const key = `${local} ${remote.address} ${remote.port}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = {
        local,
        remote,
        backoff: new Backoff(this.#settings),
        refusals: 0,
        establishedAt: NaN,
        closed: false,
      };
      this.#pairs.set(key, pair);
    }
    return pair;
  }

  #forget(matches: (pair: Pair) => boolean): void {
    for (const [key, pair] of this.#pairs) {
      if (matches(pair)) this.#pairs.delete(key);
    }
  }
}

/** Announces what the peer cannot know: all but the address that it has connected to. */
function announceAll(actions: PathActions): void {
  for (const local of actions.localAddresses) {
    if (local.id !== 0) actions.announce(local);
  }
}

/** True if a subflow between the two is wanted at all. */
function isCandidate(local: LocalAddress, remote: RemoteAddress, actions: PathActions): boolean {
  if (isV6(local.address) !== isV6(remote.address)) return false;
  return actions.joinsToPrimaryAllowed || !actions.remoteAddresses.some((it) => it.id === 0 && isSame(it, remote));
}

/** Two identifiers can stand for one address when the peer announces what was known. */
function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function isV6(address: string): boolean {
  return address.includes(":");
}

function atLeastOne(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`Cannot create full-mesh: ${option} must be a whole number of at least 1, got ${value}`);
  }
  return value;
}

/**
 * What path managers share that keep subflows between pairs of addresses: opening what is missing, and when to try again
 * what has failed.
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
  RemoteAddress,
  SubflowCloseReason,
  SubflowView,
} from "../core/plugin.ts";
import { Backoff, type BackoffSettings } from "./backoff.ts";

/** How failures are answered. */
export interface RetryOptions {
  /** Refusals by the peer in a row after which a pair of addresses is left alone, at least 1. Default: 3. */
  readonly refusals?: number;
  /**
   * Wait after the first attempt that failed, in microseconds; it doubles with each further one. Default: 1 second. A subflow
   * that worked and broke is opened again at once, unless that has just been done.
   */
  readonly shortestRetry?: Micros;
  /** Wait that doubling does not exceed, in microseconds. Default: 60 seconds. */
  readonly longestRetry?: Micros;
}

/** The options with their defaults filled in. */
export interface RetrySettings extends BackoffSettings {
  /** See {@linkcode RetryOptions}. */
  readonly refusals: number;
}

/**
 * Checks `options` of the path manager called `name` and fills in defaults.
 *
 * @throws {RangeError} if an option is out of range.
 */
export function retrySettings(name: string, options: RetryOptions): RetrySettings {
  const { refusals = 3, shortestRetry: shortest = 1_000_000, longestRetry: longest = 60_000_000 } = options;
  atLeastOne(name, "refusals", refusals);
  if (!(shortest > 0)) throw new RangeError(`Cannot create ${name}: shortestRetry must be above 0, got ${shortest}`);
  if (!(longest >= shortest)) {
    throw new RangeError(
      `Cannot create ${name}: longestRetry must not be below shortestRetry (${shortest}), got ${longest}`,
    );
  }
  return { refusals, shortest, longest };
}

/** `value` of an option if it is a whole number of at least 1; throws a RangeError otherwise. */
export function atLeastOne(name: string, option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`Cannot create ${name}: ${option} must be a whole number of at least 1, got ${value}`);
  }
  return value;
}

/** A subflow that is wanted. */
export interface Wish {
  /** Where from. */
  readonly local: LocalAddress;
  /** Where to. */
  readonly remote: RemoteAddress;
  /** How many between the two there shall be for this wish to be fulfilled. */
  readonly count: number;
  /** Whether to open it as backup. */
  readonly backup: boolean;
}

/** What became of the attempts between one local and one remote address. */
interface Pair {
  readonly local: string;
  readonly remote: RemoteAddress;
  readonly backoff: Backoff;
  refusals: number;
  /** True once a subflow of it was closed on purpose. */
  closed: boolean;
}

/** Pairs of addresses and what is known of them. */
export class Pairs {
  readonly #settings: RetrySettings;
  readonly #env: Env;
  readonly #pairs = new Map<string, Pair>();
  /** When the subflows that exist were established, by their identifiers. That stays when a pair is judged anew. */
  readonly #establishedAt = new Map<number, Micros>();

  /** Nothing is known at first. */
  constructor(settings: RetrySettings, env: Env) {
    this.#settings = settings;
    this.#env = env;
  }

  /** Takes note of what happened. */
  note(event: PathEvent, actions: PathActions, now: Micros): void {
    switch (event.type) {
      case "established":
        for (const subflow of actions.subflows) if (subflow.usable) this.#noteEstablished(subflow, actions, now);
        return;
      case "local-address-up":
      case "local-address-down":
        return this.#forget((pair) => pair.local === event.address.address);
      case "announced":
        // What was known of another address under its identifier is of no use any more.
        return this.#forget(({ remote }) => remote.id === event.address.id || isSame(remote, event.address));
      case "removed":
        return this.#forget((pair) => pair.remote.id === event.addressId);
      case "subflow-established":
        return this.#noteEstablished(event.subflow, actions, now);
      case "subflow-closed":
        return this.#judge(event.subflow, event.reason, actions, now);
    }
  }

  /**
   * Opens what is missing of `wishes`, in their order and up to `limit` subflows of the connection. Answers when to try
   * again what may not be tried now; Infinity if not before something happens.
   */
  open(wishes: readonly Wish[], limit: number, actions: PathActions, now: Micros): Micros {
    let wakeAt = Infinity;
    for (const { local, remote, count, backup } of wishes) {
      if (!mayConnect(local, remote, actions)) continue;
      const present = actions.subflows.filter((it) => it.local.address === local.address && isSame(it.remote, remote));
      if (present.length >= count || actions.subflows.length >= limit) continue;
      wakeAt = Math.min(wakeAt, this.#attempt(local, remote, backup, actions, now));
    }
    return wakeAt;
  }

  /** Opens a subflow if it may be tried, and returns when to try again; Infinity if not before something happens. */
  #attempt(local: LocalAddress, remote: RemoteAddress, backup: boolean, actions: PathActions, now: Micros): Micros {
    const { closed, refusals, backoff } = this.#pair(local.address, remote);
    if (closed || refusals >= this.#settings.refusals) return Infinity;
    if (backoff.notBefore > now) return backoff.notBefore;
    if (actions.open(local, remote, { backup })) return Infinity;
    backoff.fail(now, this.#env);
    return backoff.notBefore;
  }

  /** Draws the consequences for its pair from the end of a subflow. */
  #judge(subflow: SubflowView, reason: SubflowCloseReason, actions: PathActions, now: Micros): void {
    const since = this.#establishedAt.get(subflow.id);
    this.#establishedAt.delete(subflow.id);
    const pair = this.#pairOf(subflow, actions);
    if (pair === undefined) return;
    switch (reason) {
      case "reset":
      case "timeout":
      case "unreachable":
        if (since === undefined) pair.backoff.fail(now, this.#env);
        else pair.backoff.break(since, now, this.#env);
        break;
      case "protocol":
        // The path works, and does to segments what it will do again.
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
    this.#establishedAt.set(subflow.id, now);
    const pair = this.#pairOf(subflow, actions);
    if (pair !== undefined) pair.refusals = 0;
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

/** Whether a subflow can lead from `local` to `remote`: one family, and not where the peer asked not to be joined. */
export function mayConnect(local: LocalAddress, remote: RemoteAddress, actions: PathActions): boolean {
  if (isV6(local.address) !== isV6(remote.address)) return false;
  return actions.joinsToPrimaryAllowed || !actions.remoteAddresses.some((it) => it.id === 0 && isSame(it, remote));
}

/** Two identifiers can stand for one address when the peer announces what was known. */
export function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function isV6(address: string): boolean {
  return address.includes(":");
}

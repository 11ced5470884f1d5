/**
 * One subflow carries the data, the others stand by as backup: full-MPTCP mode is left for backup mode, in the words of
 * Paasch, Detal, Duchene, Raiciu and Bonaventure, "Exploring Mobile/WiFi Handover with Multipath TCP" (CellNet 2012).
 *
 * @module
 */

import type {
  Env,
  LocalAddress,
  Micros,
  PathActions,
  PathEvent,
  PathManager,
  Plugin,
  SubflowView,
} from "../core/plugin.ts";
import { announce } from "./announcer.ts";
import {
  atLeastOne,
  mayConnect,
  Pairs,
  type RetryOptions,
  type RetrySettings,
  retrySettings,
  type Wish,
} from "./pairs.ts";

/** Options of {@linkcode failover}. */
export interface FailoverOptions extends RetryOptions {
  /**
   * Local addresses in the order in which they are preferred, those that are not named behind them. Default: the order
   * in which the host has them, the address of the first subflow first and those marked as backup last.
   */
  readonly order?: readonly string[];
  /**
   * How long a better subflow than the one in use must have worked before it takes over, in microseconds; at least 0.
   * Default: 2 seconds.
   */
  readonly returnAfter?: Micros;
  /** Subflows of the connection beyond which none is opened, at least 1. Default: 8. */
  readonly limit?: number;
}

/**
 * The client opens a subflow from each of its addresses, as backup (RFC 8684 section 3.2), and uses one of them: make
 * before break. When that one fails, goes away or makes no progress, the most preferred one that works takes its place at
 * once (MP_PRIO); when a more preferred one is there again, it takes over after it has worked for a while, and only then
 * the other becomes a backup.
 *
 * The server announces its addresses and leaves the choice to the client; its data follows the same priorities.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { failover } from "@userspace/mptcp/pathmanagers";
 *
 * const pathManager = failover({ order: ["10.0.1.2"], returnAfter: 5_000_000 });
 * ```
 */
export function failover(options: FailoverOptions = {}): Plugin<PathManager> {
  const { order = [], returnAfter = 2_000_000 } = options;
  if (!(returnAfter >= 0)) {
    throw new RangeError(`Cannot create failover: returnAfter must be at least 0, got ${returnAfter}`);
  }
  const limit = atLeastOne("failover", "limit", options.limit ?? 8);
  const retry = retrySettings("failover", options);
  return { name: "failover", create: (env): PathManager => new Failover(order, returnAfter, limit, retry, env) };
}

class Failover implements PathManager {
  readonly #order: readonly string[];
  readonly #returnAfter: Micros;
  readonly #limit: number;
  readonly #pairs: Pairs;
  #role: "none" | "client" | "server" = "none";
  /** Id of the subflow that carries the data. */
  #active = 0;
  /** The better subflow that is to take over, and when. */
  #successor = -1;
  #successionAt: Micros = Infinity;

  constructor(order: readonly string[], returnAfter: Micros, limit: number, retry: RetrySettings, env: Env) {
    this.#order = order;
    this.#returnAfter = returnAfter;
    this.#limit = limit;
    this.#pairs = new Pairs(retry, env);
  }

  onEvent(event: PathEvent, actions: PathActions, now: Micros): void {
    if (event.type === "established") this.#role = event.isServer ? "server" : "client";
    this.#pairs.note(event, actions, now);
    if (this.#role === "server") announce(event, actions);
    if (this.#role !== "client") return;
    if (event.type === "local-address-down") actions.withdraw(event.address);
    this.#elect(actions, now);
    const retryAt = this.#pairs.open(this.#wishes(actions), this.#limit, actions, now);
    actions.wakeAt(Math.min(retryAt, this.#successionAt));
  }

  /** A subflow from each address to the first of the peer's that it can lead to; it is elected once it is established. */
  #wishes(actions: PathActions): Wish[] {
    const rank = (it: LocalAddress): number => this.#rank(it.address, actions);
    const wishes: Wish[] = [];
    for (const local of actions.localAddresses.toSorted((a, b) => rank(a) - rank(b))) {
      const remote = actions.remoteAddresses.find((it) => mayConnect(local, it, actions));
      if (remote !== undefined) wishes.push({ local, remote, count: 1, backup: true });
    }
    return wishes;
  }

  #elect(actions: PathActions, now: Micros): void {
    const candidates = actions.subflows.filter((it) => it.usable);
    const rank = (it: SubflowView): number => this.#rank(it.local.address, actions) + (it.stale ? 1e6 : 0);
    const [best] = candidates.sort((a, b) => rank(a) - rank(b) || a.id - b.id);
    const active = candidates.find((it) => it.id === this.#active);
    if (best === undefined || best === active) return this.#expect(-1, Infinity);
    if (active === undefined || active.stale) return this.#promote(best, actions);
    if (best.id !== this.#successor) this.#expect(best.id, now + this.#returnAfter);
    if (now >= this.#successionAt) this.#promote(best, actions);
  }

  #expect(successor: number, at: Micros): void {
    this.#successor = successor;
    this.#successionAt = at;
  }

  /** Makes `subflow` the one that carries the data, and only then all others backups. */
  #promote(subflow: SubflowView, actions: PathActions): void {
    this.#expect(-1, Infinity);
    this.#active = subflow.id;
    actions.setBackup(subflow, false);
    for (const other of actions.subflows) if (other !== subflow && other.usable) actions.setBackup(other, true);
  }

  /** How far down the order an address stands. */
  #rank(address: string, { localAddresses }: PathActions): number {
    const named = this.#order.indexOf(address);
    if (named >= 0) return named;
    const index = localAddresses.findIndex((it) => it.address === address);
    const known: LocalAddress | undefined = localAddresses[index];
    return this.#order.length + (known === undefined ? 2000 : index + (known.backup ? 1000 : 0));
  }
}

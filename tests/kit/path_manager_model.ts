/**
 * A connection as far as a path manager can tell it from a real one, watching what the path manager does.
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
  RemoteAddress,
  SubflowCloseReason,
  SubflowView,
} from "../../core/plugin.ts";
import { FakeSubflow } from "./fake_subflow.ts";
import { guarded, type Judge, WAKES_AHEAD } from "./property.ts";

/** The rules that {@linkcode PathManagerModel} watches. */
export const PATH_MANAGER_RULES = {
  established: "opens nothing before the connection is established as multipath",
  server: "opens nothing on a server",
  limit: "stays within its limit of subflows",
  pair: "opens no more subflows between two addresses than it is set to",
  family: "opens no subflow between addresses of different families",
  known: "names only addresses and subflows that exist",
  primary: "spares the first address of a peer that asks for it",
  retry: "waits before it tries again what has just failed",
  refused: "leaves alone what the peer refuses again and again",
  withdraw: "withdraws what it announced when the address goes",
  calm: "does not stay busy while nothing happens",
} as const;

/** The rule for a path manager that connects every pair of addresses. */
export const ANSWERS = "answers every address that appears";

/** What a path manager is set to. */
export interface PathManagerExpectations {
  /** Most subflows that a connection may have for one more to be opened is one less than this. */
  readonly limit: number;
  /** Most subflows between two addresses. */
  readonly subflowsPerPair: number;
  /** Shortest wait after an attempt that failed, in microseconds. */
  readonly shortestRetry: Micros;
  /** Most refusals in a row. */
  readonly refusals: number;
  /** True if it opens nothing on a server. */
  readonly clientOnly: boolean;
}

/** Timer events within one stretch of time beyond which the path manager is taken to run in circles. */
const PATIENCE = 1000;

/** Ends of a subflow after which the next attempt has to wait, and those of them after which not if it worked. */
const FAILURES: readonly SubflowCloseReason[] = ["refused", "reset", "timeout", "unreachable", "protocol"];
const BREAKS: readonly SubflowCloseReason[] = ["reset", "timeout", "unreachable"];

/** What the model remembers of the attempts between two addresses. */
interface Attempts {
  /** When the last of them failed, or what it had opened broke soon after another had. */
  failedAt: Micros;
  /** When something that worked broke, and was to be tried again at once; what was established since then waits unless it lasted. */
  brokeAt: Micros;
  /** In a row. */
  refusals: number;
  /** True once one has ended, in whatever way. */
  ended: boolean;
}

/** Addresses and subflows of one connection. */
export class PathManagerModel implements PathActions {
  /** What was done, one line an action. */
  readonly log: string[] = [];
  /** Where from and when a subflow was opened, successfully or not. */
  readonly attempts: { readonly local: LocalAddress; readonly at: Micros }[] = [];
  readonly localAddresses: LocalAddress[] = [{ address: "10.0.0.1", id: 0, backup: false }];
  readonly remoteAddresses: RemoteAddress[] = [{ address: "192.0.2.1", port: 443, id: 0 }];
  readonly subflows: FakeSubflow[] = [];
  joinsToPrimaryAllowed = true;
  readonly #manager: PathManager;
  readonly #judge: Judge;
  readonly #expected: PathManagerExpectations;
  readonly #attempts = new Map<string, Attempts>();
  readonly #establishedAt = new Map<number, Micros>();
  readonly #announced = new Set<number>();
  #role: "none" | "client" | "server" = "none";
  #now: Micros = 0;
  #wakeAt: Micros = Infinity;
  #nextId = 0;
  #refuseToOpen = false;

  /** A connection with its first subflow. */
  constructor(plugin: Plugin<PathManager>, env: Env, judge: Judge, expected: PathManagerExpectations) {
    this.#manager = plugin.create(env);
    this.#judge = judge;
    this.#expected = expected;
    this.subflows.push(new FakeSubflow(this.#nextId++));
  }

  // ------------------------------------------------------------------------------------------ what happens to it

  /** The connection is established as multipath. */
  establish(isServer: boolean, joinsToPrimaryAllowed: boolean): void {
    if (this.#role !== "none") return;
    this.#role = isServer ? "server" : "client";
    this.joinsToPrimaryAllowed = joinsToPrimaryAllowed;
    for (const { id, usable } of this.subflows) if (usable) this.#establishedAt.set(id, this.#now);
    this.#tell({ type: "established", isServer });
    this.#judgeAnswer(this.localAddresses, this.remoteAddresses);
  }

  /** A local address appears. */
  addLocal(address: LocalAddress): void {
    if (this.localAddresses.some((it) => it.id === address.id)) return;
    this.localAddresses.push(address);
    this.#wipe((local) => local === address.address);
    this.#tell({ type: "local-address-up", address });
    this.#judgeAnswer([address], this.remoteAddresses);
  }

  /** A local address goes, and its subflows with it. */
  removeLocal(id: number): void {
    const address = this.localAddresses.find((it) => it.id === id);
    if (address === undefined) return;
    this.localAddresses.splice(this.localAddresses.indexOf(address), 1);
    this.#wipe((local) => local === address.address);
    this.#tell({ type: "local-address-down", address });
    this.#judge(PATH_MANAGER_RULES.withdraw, !this.#announced.has(id), () => `${address.address} is still announced`);
    this.#announced.delete(id);
    for (const subflow of this.subflows.filter((it) => it.local.address === address.address)) {
      this.#end(subflow, "address-removed");
    }
  }

  /** The peer announces an address, possibly again. */
  announceRemote(address: RemoteAddress): void {
    if (!this.remoteAddresses.some((it) => it.id === address.id)) this.remoteAddresses.push(address);
    this.#wipe((_local, remote) => remote === `${address.address} ${address.port}`);
    this.#tell({ type: "announced", address });
    this.#judgeAnswer(this.localAddresses, [address]);
  }

  /** The peer withdraws an address, and its subflows go with it. */
  removeRemote(id: number): void {
    const address = this.remoteAddresses.find((it) => it.id === id);
    if (address === undefined) return;
    this.remoteAddresses.splice(this.remoteAddresses.indexOf(address), 1);
    this.#wipe((_local, remote) => remote === `${address.address} ${address.port}`);
    this.#tell({ type: "removed", addressId: id });
    for (const subflow of this.subflows.filter((it) => it.remoteAddressId === id)) {
      this.#end(subflow, "address-removed");
    }
  }

  /** A subflow that is being opened is established. */
  answer(index: number): void {
    const subflow = this.#pick(index);
    if (subflow === undefined || subflow.usable) return;
    subflow.usable = true;
    this.#establishedAt.set(subflow.id, this.#now);
    this.#attemptsOf(subflow.local.address, subflow.remote.address, subflow.remote.port).refusals = 0;
    this.#tell({ type: "subflow-established", subflow });
  }

  /** A subflow ends. */
  end(index: number, reason: SubflowCloseReason): void {
    const subflow = this.#pick(index);
    if (subflow !== undefined) this.#end(subflow, reason);
  }

  /** A subflow becomes a backup, or stale, or the opposite. */
  alter(index: number, type: "priority" | "stale"): void {
    const subflow = this.#pick(index);
    if (subflow === undefined) return;
    if (type === "stale") subflow.stale = !subflow.stale;
    else subflow.backup = !subflow.backup;
    this.#tell({ type, subflow });
  }

  /** The next attempt to open a subflow cannot even be tried. */
  obstruct(): void {
    this.#refuseToOpen = true;
  }

  /** It is told something that has not happened: an event may come late, twice, or about what is gone meanwhile. */
  stray(event: PathEvent): void {
    this.#tell(event);
  }

  /** Time passes, and the timer fires when it is due. */
  pass(duration: Micros): void {
    const end = this.#now + duration;
    let fired = 0;
    while (this.#wakeAt <= end && fired++ < PATIENCE) {
      this.#now = Math.max(this.#now, this.#wakeAt);
      this.#wakeAt = Infinity;
      this.#tell({ type: "timer" });
    }
    this.#judge(PATH_MANAGER_RULES.calm, fired < PATIENCE, () => `${fired} timers in ${duration} µs`);
    this.#now = end;
    this.#wakeAt = Math.max(this.#wakeAt, end);
  }

  // ---------------------------------------------------------------------------------------------- what it is asked

  open(local: LocalAddress, remote: RemoteAddress, options?: { readonly backup?: boolean }): boolean {
    this.attempts.push({ local, at: this.#now });
    this.log.push(`open ${local.address} ${remote.address} ${remote.port} ${options?.backup}`);
    this.#judgeOpen(local, remote);
    if (this.#refuseToOpen) {
      this.#refuseToOpen = false;
      Object.assign(this.#attemptsOf(local.address, remote.address, remote.port), { failedAt: this.#now, ended: true });
      return false;
    }
    const subflow = new FakeSubflow(this.#nextId++, {
      local: { address: local.address, port: 40000 + this.#nextId },
      remote: { address: remote.address, port: remote.port },
      localAddressId: local.id,
      remoteAddressId: remote.id,
      usable: false,
      backup: options?.backup ?? false,
    });
    this.subflows.push(subflow);
    return true;
  }

  close(view: SubflowView): void {
    this.log.push(`close ${view.id}`);
    const subflow = this.#known(view);
    if (subflow !== undefined) this.subflows.splice(this.subflows.indexOf(subflow), 1);
  }

  setBackup(view: SubflowView, backup: boolean): void {
    this.log.push(`backup ${view.id} ${backup}`);
    const subflow = this.#known(view);
    if (subflow !== undefined) subflow.backup = backup;
  }

  announce(local: LocalAddress, port?: number): void {
    this.log.push(`announce ${local.address} ${port}`);
    this.#judge(PATH_MANAGER_RULES.known, this.#has(local), () => `announced ${local.address}, which is gone`);
    this.#announced.add(local.id);
  }

  withdraw(local: LocalAddress): void {
    this.log.push(`withdraw ${local.address}`);
    this.#announced.delete(local.id);
  }

  wakeAt(time: Micros): void {
    this.log.push(`wake ${time}`);
    this.#judge(WAKES_AHEAD, time > this.#now, () => `wakeAt(${time}) at ${this.#now}`);
    this.#wakeAt = time;
  }

  // ------------------------------------------------------------------------------------------------------- helpers

  #has({ address, id }: LocalAddress): boolean {
    return this.localAddresses.some((it) => it.address === address && it.id === id);
  }

  #tell(event: PathEvent): void {
    guarded(this.#judge, () => this.#manager.onEvent(event, this, this.#now));
  }

  #pick(index: number): FakeSubflow | undefined {
    return this.subflows[index % this.subflows.length];
  }

  #known(view: SubflowView): FakeSubflow | undefined {
    const subflow = this.subflows.find((it) => it === view);
    this.#judge(PATH_MANAGER_RULES.known, subflow !== undefined, () => `named subflow ${view.id}, which is gone`);
    return subflow;
  }

  #end(subflow: FakeSubflow, reason: SubflowCloseReason): void {
    subflow.usable = false;
    this.subflows.splice(this.subflows.indexOf(subflow), 1);
    const attempts = this.#attemptsOf(subflow.local.address, subflow.remote.address, subflow.remote.port);
    attempts.ended = true;
    if (reason === "refused") attempts.refusals++;
    if (FAILURES.includes(reason)) {
      this.#noteFailure(attempts, BREAKS.includes(reason) ? this.#establishedAt.get(subflow.id) : undefined);
    }
    this.#tell({ type: "subflow-closed", subflow, reason });
  }

  /** An attempt failed, or what had worked since `since` broke: that may be tried again at once, but not over and over. */
  #noteFailure(attempts: Attempts, since: Micros = Infinity): void {
    if (this.#now - since >= this.#expected.shortestRetry) attempts.brokeAt = Infinity;
    if (since < attempts.brokeAt) attempts.brokeAt = Math.min(attempts.brokeAt, this.#now);
    else attempts.failedAt = this.#now;
  }

  #attemptsOf(local: string, remote: string, port: number): Attempts {
    const key = `${local} ${remote} ${port}`;
    let attempts = this.#attempts.get(key);
    if (attempts === undefined) {
      attempts = { failedAt: -Infinity, brokeAt: Infinity, refusals: 0, ended: false };
      this.#attempts.set(key, attempts);
    }
    return attempts;
  }

  #wipe(matches: (local: string, remote: string) => boolean): void {
    for (const key of this.#attempts.keys()) {
      const space = key.indexOf(" ");
      if (matches(key.slice(0, space), key.slice(space + 1))) this.#attempts.delete(key);
    }
  }

  #isForbidden(remote: RemoteAddress): boolean {
    return !this.joinsToPrimaryAllowed && remote.id === 0;
  }

  #between(local: LocalAddress, remote: RemoteAddress): number {
    return this.subflows.filter((it) =>
      it.local.address === local.address && it.remote.address === remote.address && it.remote.port === remote.port
    ).length;
  }

  #judgeOpen(local: LocalAddress, remote: RemoteAddress): void {
    const { limit, subflowsPerPair, shortestRetry, refusals, clientOnly } = this.#expected;
    const attempts = this.#attemptsOf(local.address, remote.address, remote.port);
    const verdicts: [string, boolean][] = [
      [PATH_MANAGER_RULES.established, this.#role !== "none"],
      [PATH_MANAGER_RULES.server, !(clientOnly && this.#role === "server")],
      [PATH_MANAGER_RULES.limit, this.subflows.length < limit],
      [PATH_MANAGER_RULES.pair, this.#between(local, remote) < subflowsPerPair],
      [PATH_MANAGER_RULES.family, familyOf(local.address) === familyOf(remote.address)],
      [PATH_MANAGER_RULES.known, this.#has(local) && this.remoteAddresses.some((it) => isSame(it, remote))],
      [PATH_MANAGER_RULES.primary, !this.#isForbidden(remote)],
      [PATH_MANAGER_RULES.retry, this.#now - attempts.failedAt >= shortestRetry],
      [PATH_MANAGER_RULES.refused, attempts.refusals < refusals],
    ];
    for (const [rule, holds] of verdicts) {
      this.#judge(rule, holds, () => `open from ${local.address} to ${remote.address} at ${this.#now}`);
    }
  }

  /** Every pair of `locals` and `remotes` has to have a subflow by now, or a reason why not. */
  #judgeAnswer(locals: readonly LocalAddress[], remotes: readonly RemoteAddress[]): void {
    if (this.#role === "server") {
      for (const local of locals) {
        const heard = local.id === 0 || this.#announced.has(local.id);
        this.#judge(ANSWERS, heard, () => `${local.address} is not announced`);
      }
    }
    if (this.#role !== "client" || this.subflows.length >= this.#expected.limit) return;
    for (const local of locals) {
      for (const remote of remotes) {
        if (familyOf(local.address) !== familyOf(remote.address) || this.#isForbidden(remote)) continue;
        const { ended } = this.#attemptsOf(local.address, remote.address, remote.port);
        const answered = this.#between(local, remote) > 0 || ended;
        this.#judge(ANSWERS, answered, () => `no subflow from ${local.address} to ${remote.address}`);
      }
    }
  }
}

function isSame(a: RemoteAddress, b: RemoteAddress): boolean {
  return a.address === b.address && a.port === b.port && a.id === b.id;
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

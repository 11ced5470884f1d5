/**
 * A connection that writes down what its path manager does.
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
import { fakeEnv } from "./fake_env.ts";
import { FakeSubflow } from "./fake_subflow.ts";

/** Addresses and subflows as a test sets them; chance adds nothing to waits. */
export class FakePaths implements PathActions {
  /** Addresses of this host; the first subflow starts from the first. */
  localAddresses: LocalAddress[];
  /** Addresses of the peer; the first subflow leads to the first. */
  remoteAddresses: RemoteAddress[];
  /** Subflows that exist. */
  subflows: FakeSubflow[];
  /** See `PathActions`. */
  joinsToPrimaryAllowed = true;
  /** Whether subflows can be opened. */
  opens = true;
  /** When the path manager wants to be woken. */
  wake: Micros = Infinity;

  readonly #manager: PathManager;
  readonly #done: string[] = [];
  #nextId = 1;

  /** A connection between the first of `locals` and the first of `remotes`. */
  constructor(plugin: Plugin<PathManager>, locals: readonly LocalAddress[], remotes: readonly RemoteAddress[]) {
    const env: Env = { ...fakeEnv(0), random: () => 0 };
    this.#manager = plugin.create(env);
    this.localAddresses = [...locals];
    this.remoteAddresses = [...remotes];
    this.subflows = [this.#make(0, this.localAddresses[0]!, this.remoteAddresses[0]!, true)];
  }

  /** Tells the path manager and answers what it did: `open 1-0 backup`, `close 2`, `backup 0`, `regular 0`, `announce 1 443` … */
  tell(event: PathEvent, now: Micros = 0): string[] {
    this.#manager.onEvent(event, this, now);
    return this.#done.splice(0);
  }

  /** The connection is established as multipath. */
  establish(isServer = false): string[] {
    return this.tell({ type: "established", isServer });
  }

  /** A local address appears. */
  up(address: LocalAddress, now: Micros = 0): string[] {
    this.localAddresses = [...this.localAddresses, address].sort((a, b) => a.id - b.id);
    return this.tell({ type: "local-address-up", address }, now);
  }

  /** A local address goes, and its subflows with it. */
  down(address: LocalAddress, now: Micros = 0): string[] {
    this.localAddresses = this.localAddresses.filter((it) => it !== address);
    const done = this.tell({ type: "local-address-down", address }, now);
    const lost = this.subflows.filter((it) => it.local.address === address.address);
    return [...done, ...lost.flatMap(({ id }) => this.end(id, "address-removed", now))];
  }

  /** The peer announces an address. */
  announced(address: RemoteAddress, now: Micros = 0): string[] {
    if (!this.remoteAddresses.includes(address)) this.remoteAddresses.push(address);
    return this.tell({ type: "announced", address }, now);
  }

  /** A subflow that is being opened is established. */
  answer(id: number, now: Micros = 0): string[] {
    const subflow = this.#subflow(id);
    subflow.usable = true;
    return this.tell({ type: "subflow-established", subflow }, now);
  }

  /** A subflow stops or resumes making progress. */
  stall(id: number, stale: boolean, now: Micros = 0): string[] {
    const subflow = this.#subflow(id);
    subflow.stale = stale;
    return this.tell({ type: "stale", subflow }, now);
  }

  /** A subflow ends. */
  end(id: number, reason: SubflowCloseReason, now: Micros = 0): string[] {
    const subflow = this.#subflow(id);
    subflow.usable = false;
    this.subflows = this.subflows.filter((it) => it !== subflow);
    return this.tell({ type: "subflow-closed", subflow, reason }, now);
  }

  open(local: LocalAddress, remote: RemoteAddress, options?: { readonly backup?: boolean }): boolean {
    this.#done.push(`open ${local.id}-${remote.id}${options?.backup ? " backup" : ""}`);
    if (!this.opens) return false;
    const subflow = this.#make(this.#nextId++, local, remote, false);
    subflow.backup = options?.backup ?? false;
    this.subflows.push(subflow);
    return true;
  }

  close({ id }: SubflowView): void {
    this.#done.push(`close ${id}`);
  }

  setBackup(subflow: SubflowView, backup: boolean): void {
    this.#done.push(`${backup ? "backup" : "regular"} ${subflow.id}`);
    this.#subflow(subflow.id).backup = backup;
  }

  announce(local: LocalAddress, port?: number): void {
    this.#done.push(`announce ${local.id}${port === undefined ? "" : ` ${port}`}`);
  }

  withdraw(local: LocalAddress): void {
    this.#done.push(`withdraw ${local.id}`);
  }

  wakeAt(time: Micros): void {
    this.wake = time;
  }

  #make(id: number, local: LocalAddress, remote: RemoteAddress, usable: boolean): FakeSubflow {
    return new FakeSubflow(id, {
      local: { address: local.address, port: 50_000 + id },
      remote: { address: remote.address, port: remote.port },
      localAddressId: local.id,
      remoteAddressId: remote.id,
      usable,
    });
  }

  #subflow(id: number): FakeSubflow {
    return this.subflows.find((it) => it.id === id)!;
  }
}

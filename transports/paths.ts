/**
 * Commands of a program about the paths of a connection.
 *
 * @module
 */

import type { MetaSocket } from "../core/meta/socket.ts";
import type { LocalAddress, PathActions, RemoteAddress, SubflowView } from "../core/plugin.ts";
import type { Loop } from "./loop.ts";

/** How to name a subflow: itself, or anything with its `id`. */
export type SubflowName = Pick<SubflowView, "id">;

/**
 * The paths of one connection, for a program that manages them itself, beside a path manager that leaves them alone
 * (`application()`, `passive()`) or does the rest. What comes of commands is told by `conn.events()`. On a connection that is closed
 * or plain TCP they have no effect.
 */
export class ConnectionPaths {
  readonly #socket: MetaSocket;
  readonly #loop: Loop;

  /** Made by the connection. */
  constructor(socket: MetaSocket, loop: Loop) {
    this.#socket = socket;
    this.#loop = loop;
  }

  /** Addresses of this host under their identifiers in this connection. */
  get localAddresses(): readonly LocalAddress[] {
    return [...this.#socket.paths.localAddresses];
  }

  /** Addresses of the peer that are known: that of the first subflow has id 0, the others were announced. */
  get remoteAddresses(): readonly RemoteAddress[] {
    return [...this.#socket.paths.remoteAddresses];
  }

  /** Opens a subflow (MP_JOIN); false if it cannot even be tried. */
  open(local: LocalAddress, remote: RemoteAddress, options?: { readonly backup?: boolean }): boolean {
    return this.#act((actions) => actions.open(local, remote, options)) ?? false;
  }

  /** Closes a subflow; the connection goes on. */
  close(subflow: SubflowName): void {
    this.#act((actions) => withSubflow(actions, subflow, (view) => actions.close(view)));
  }

  /** Asks both ends to use a subflow only if no other is usable, or no longer (MP_PRIO). */
  setBackup(subflow: SubflowName, backup: boolean): void {
    this.#act((actions) => withSubflow(actions, subflow, (view) => actions.setBackup(view, backup)));
  }

  /** Announces an address of this host to the peer (ADD_ADDR), optionally with a port. */
  announce(local: LocalAddress, port?: number): void {
    this.#act((actions) => actions.announce(local, port));
  }

  /** Withdraws an address that the peer knows (REMOVE_ADDR). */
  withdraw(local: LocalAddress): void {
    this.#act((actions) => actions.withdraw(local));
  }

  #act<T>(action: (actions: PathActions) => T): T | undefined {
    const { state, isMultipath, paths } = this.#socket;
    if (state !== "established" || !isMultipath) return undefined;
    const result = paths.act(action, this.#loop.now());
    this.#loop.kick();
    return result;
  }
}

function withSubflow(actions: PathActions, { id }: SubflowName, action: (view: SubflowView) => void): void {
  const view = actions.subflows.find((it) => it.id === id);
  if (view !== undefined) action(view);
}

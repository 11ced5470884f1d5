/**
 * Paths in the hands of the program, as with the path manager of Linux that leaves them to user space
 * (`net.mptcp.path_manager = userspace`): events to it, commands from it.
 *
 * @module
 */

import type { Micros, PathActions, PathEvent, PathManager, Plugin } from "../core/plugin.ts";

/** Told of what happens to the paths of each connection; `actions` is the same object for the life of a connection. */
export type PathEventHandler = (event: PathEvent, actions: PathActions, now: Micros) => void;

/**
 * Does nothing by itself. Each event goes to `onEvent`, which may answer through its actions while it is called; at any
 * other time the program gives its commands to `conn.paths`.
 *
 * @example
 * ```ts
 * import { application } from "@userspace/mptcp/pathmanagers";
 *
 * // A subflow to each address that the peer announces, from the address that the connection was opened from.
 * const pathManager = application((event, actions) => {
 *   const [local] = actions.localAddresses;
 *   if (event.type === "announced" && local !== undefined) actions.open(local, event.address);
 * });
 * ```
 */
export function application(onEvent: PathEventHandler = () => {}): Plugin<PathManager> {
  return { name: "application", create: (): PathManager => ({ onEvent }) };
}

/**
 * The server's half of path managers in which the client opens all subflows: it tells the client its addresses.
 *
 * @module
 */

import type { PathActions, PathEvent } from "../core/plugin.ts";

/** Announces each address but the one that the client has connected to, and withdraws those that go. */
export function announce(event: PathEvent, actions: PathActions): void {
  if (event.type === "established") {
    for (const local of actions.localAddresses) if (local.id !== 0) actions.announce(local);
  } else if (event.type === "local-address-up") actions.announce(event.address);
  else if (event.type === "local-address-down") actions.withdraw(event.address);
}

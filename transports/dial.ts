/**
 * Trying the addresses of a name until one answers (RFC 8305, "Happy Eyeballs").
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { Loop } from "./loop.ts";

/** How long one attempt is alone before the next begins (RFC 8305 section 5). */
const ATTEMPT_DELAY: Micros = 250_000;

/** What {@linkcode dial} does with an address. */
export interface Dialing<Address, Connection> {
  /** Connects to `address`; the signal says that it is no longer wanted. */
  attempt(address: Address, signal: AbortSignal): Promise<Connection>;
  /** Takes back a connection that came too late. */
  discard(connection: Connection): void;
}

/**
 * The first connection that any of `addresses` gives, tried in their order: the next one when the one before it fails or has
 * not answered for 250 ms. Rejects with the error of the first address when all fail, or with the signal's reason.
 */
export function dial<Address, Connection>(
  addresses: readonly Address[],
  dialing: Dialing<Address, Connection>,
  loop: Loop,
  signal?: AbortSignal,
): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const controller = new AbortController();
  const errors: unknown[] = [];
  let next = 0;
  let cancelTimer = () => {};

  function onAbort(): void {
    end();
    reject(signal!.reason);
  }

  function end(): void {
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
    controller.abort(signal?.reason);
  }

  function start(): void {
    cancelTimer();
    const index = next++;
    dialing.attempt(addresses[index]!, controller.signal).then((connection) => {
      if (controller.signal.aborted) return dialing.discard(connection);
      end();
      resolve(connection);
    }, (error) => {
      if (controller.signal.aborted) return;
      errors[index] = error;
      if (next < addresses.length) start();
      else if (Object.keys(errors).length === addresses.length) {
        end();
        reject(errors[0]);
      }
    });
    if (next < addresses.length) cancelTimer = loop.after(ATTEMPT_DELAY, start);
  }

  signal?.addEventListener("abort", onAbort);
  start();
  return promise;
}

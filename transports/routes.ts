/**
 * From addresses to what has them.
 *
 * @module
 */

import type { IpAddress } from "../core/wire/address.ts";

/** A map keyed by the value of an address, for a look-up with every packet. */
export class Routes<T> {
  readonly #chains = new Map<number, Route<T>[]>();
  #latest: Route<T> | null = null;

  /** What has `address`, or null. */
  get(address: IpAddress): T | null {
    if (this.#latest !== null && this.#latest.address.equals(address)) return this.#latest.target;
    const chain = this.#chains.get(address.hash());
    if (chain === undefined) return null;
    for (const route of chain) {
      if (!route.address.equals(address)) continue;
      this.#latest = route;
      return route.target;
    }
    return null;
  }

  /** `target` has `address` from now on. */
  set(address: IpAddress, target: T): void {
    this.delete(address);
    const route = { address: address.clone(), target };
    const chain = this.#chains.get(address.hash());
    if (chain === undefined) this.#chains.set(address.hash(), [route]);
    else chain.push(route);
  }

  /** Nothing has `address` any more. */
  delete(address: IpAddress): void {
    this.#latest = null;
    const chain = this.#chains.get(address.hash())?.filter((route) => !route.address.equals(address)) ?? [];
    if (chain.length > 0) this.#chains.set(address.hash(), chain);
    else this.#chains.delete(address.hash());
  }
}

interface Route<T> {
  readonly address: IpAddress;
  readonly target: T;
}

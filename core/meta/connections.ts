/**
 * The connections of one host, by the tokens that name them to peers.
 *
 * @module
 */

import { Key } from "../keys.ts";
import type { MetaSocket } from "./socket.ts";
import type { Env } from "../plugin.ts";

/** Those that exist, in the order in which they were made. */
export class Connections implements Iterable<MetaSocket> {
  readonly #env: Env;
  readonly #byToken = new Map<number, MetaSocket>();
  #nextId = 0;

  /** Keys come from `env`. */
  constructor(env: Env) {
    this.#env = env;
  }

  /** How many there are. */
  get size(): number {
    return this.#byToken.size;
  }

  /** Each of them. */
  [Symbol.iterator](): IterableIterator<MetaSocket> {
    return this.#byToken.values();
  }

  /**
   * Adds what `make` makes of a number and a key that no other has: the one `given`, unless another connection has its token
   * (RFC 8684 section 3.1).
   */
  add(given: Key | null, make: (id: number, key: Key) => MetaSocket): MetaSocket {
    let key = given ?? Key.random(this.#env);
    while (this.#byToken.has(key.token)) key = Key.random(this.#env);
    const meta = make(this.#nextId++, key);
    this.#byToken.set(key.token, meta);
    return meta;
  }

  /** The one of that token. */
  find(token: number): MetaSocket | undefined {
    return this.#byToken.get(token);
  }

  /** Removes one; false if it was not there any more. */
  remove(meta: MetaSocket): boolean {
    return this.find(meta.localKey.token) === meta && this.#byToken.delete(meta.localKey.token);
  }
}

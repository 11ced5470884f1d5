/**
 * A subflow from every local address to every address of the peer, kept up as addresses come and go and paths fail.
 *
 * @module
 */

import type { Env, Micros, PathActions, PathEvent, PathManager, Plugin } from "../core/plugin.ts";
import { announce } from "./announcer.ts";
import { atLeastOne, Pairs, type RetryOptions, type RetrySettings, retrySettings, type Wish } from "./pairs.ts";

/** Options of {@linkcode fullMesh}. */
export interface FullMeshOptions extends RetryOptions {
  /** Subflows between each pair of addresses, at least 1. Default: 1. */
  readonly subflowsPerPair?: number;
  /** Subflows of the connection beyond which none is opened, at least 1. Default: 8. */
  readonly limit?: number;
}

/**
 * The client connects every pair of addresses of the same family; the server announces the addresses that the client
 * cannot know, and opens nothing, since clients tend to sit behind translators that let nothing in.
 *
 * What worked and broke is opened again at once. A pair that fails is tried again with exponential back-off, and not at
 * all once the peer has refused it several times in a row or either end has closed its subflow in order. An address that appears or is announced anew wipes the slate of its
 * pairs. With fewer subflows allowed than pairs, every pair gets its first subflow before any gets a second.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * @example
 * ```ts
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 *
 * const pathManager = fullMesh({ limit: 4 });
 * ```
 */
export function fullMesh(options: FullMeshOptions = {}): Plugin<PathManager> {
  const subflowsPerPair = atLeastOne("full-mesh", "subflowsPerPair", options.subflowsPerPair ?? 1);
  const limit = atLeastOne("full-mesh", "limit", options.limit ?? 8);
  const retry = retrySettings("full-mesh", options);
  return { name: "full-mesh", create: (env): PathManager => new FullMesh(subflowsPerPair, limit, retry, env) };
}

class FullMesh implements PathManager {
  readonly #subflowsPerPair: number;
  readonly #limit: number;
  readonly #pairs: Pairs;
  #role: "none" | "client" | "server" = "none";

  constructor(subflowsPerPair: number, limit: number, retry: RetrySettings, env: Env) {
    this.#subflowsPerPair = subflowsPerPair;
    this.#limit = limit;
    this.#pairs = new Pairs(retry, env);
  }

  onEvent(event: PathEvent, actions: PathActions, now: Micros): void {
    if (event.type === "established") this.#role = event.isServer ? "server" : "client";
    this.#pairs.note(event, actions, now);
    if (this.#role === "server") announce(event, actions);
    if (this.#role !== "client") return;
    if (event.type === "local-address-down") actions.withdraw(event.address);
    actions.wakeAt(this.#pairs.open(this.#wishes(actions), this.#limit, actions, now));
  }

  /** Each pair once, then each pair twice, and so on. */
  #wishes({ localAddresses, remoteAddresses }: PathActions): Wish[] {
    const wishes: Wish[] = [];
    for (let count = 1; count <= this.#subflowsPerPair; count++) {
      for (const local of localAddresses) {
        for (const remote of remoteAddresses) wishes.push({ local, remote, count, backup: local.backup });
      }
    }
    return wishes;
  }
}

/**
 * A link with both its directions.
 *
 * @module
 */

import type { Link, LinkOptions, Scheduled } from "./link.ts";

/** Options of both directions, and of each where it differs. */
export interface DuplexOptions extends LinkOptions {
  /** What is different from the first node to the second. */
  readonly forward?: LinkOptions;
  /** What is different from the second node to the first. */
  readonly backward?: LinkOptions;
}

/** Two links that belong together. */
export class DuplexLink {
  /** Unique in the network. */
  readonly name: string;
  /** From the first node to the second. */
  readonly forward: Link;
  /** From the second node to the first. */
  readonly backward: Link;

  /** Made by `network.connect()`. */
  constructor(name: string, forward: Link, backward: Link) {
    this.name = name;
    this.forward = forward;
    this.backward = backward;
  }

  /** Changes both directions; see {@linkcode Link.set}. */
  set(changes: DuplexOptions): void {
    this.forward.set(forwardOptions(changes));
    this.backward.set(backwardOptions(changes));
  }

  /**
   * Changes both directions at times to come.
   *
   * ```ts
   * import { DuplexLink, Link, Simulator } from "@userspace/mptcp/sim";
   *
   * const sim = new Simulator();
   * const nowhere = { receive: (frame: { release(): void }) => frame.release() };
   * const wifi = new DuplexLink("wifi", new Link(sim, "up", nowhere), new Link(sim, "down", nowhere));
   * wifi.schedule([{ at: 3000, up: false }, { at: 8000, up: true }]);
   * ```
   */
  schedule(changes: readonly Scheduled<DuplexOptions>[]): void {
    this.forward.schedule(changes.map(({ at, ...change }) => ({ at, ...forwardOptions(change) })));
    this.backward.schedule(changes.map(({ at, ...change }) => ({ at, ...backwardOptions(change) })));
  }
}

/** The options of the forward direction. */
export function forwardOptions({ forward, backward: _, ...both }: DuplexOptions): LinkOptions {
  return { ...both, ...forward };
}

/** The options of the backward direction. */
export function backwardOptions({ forward: _, backward, ...both }: DuplexOptions): LinkOptions {
  return { ...both, ...backward };
}

/**
 * A link with both its directions.
 *
 * @module
 */

import type { Link, LinkOptions } from "./link.ts";

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
}

/** The options of the forward direction. */
export function forwardOptions({ forward, backward: _, ...both }: DuplexOptions): LinkOptions {
  return { ...both, ...forward };
}

/** The options of the backward direction. */
export function backwardOptions({ forward: _, backward, ...both }: DuplexOptions): LinkOptions {
  return { ...both, ...backward };
}

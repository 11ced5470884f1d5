/**
 * What waits for a transmitter of a limited rate.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** Packets in the order in which they begin to be sent; the one that is being sent waits no longer. */
export class Backlog {
  /** Packets that wait. */
  packets = 0;
  /** Their bytes. */
  bytes = 0;

  readonly #starts: Micros[] = [];
  readonly #sizes: number[] = [];
  #first = 0;

  /** A packet of `size` bytes waits until `start`, which is not before that of any other. */
  push(start: Micros, size: number): void {
    this.#starts.push(start);
    this.#sizes.push(size);
    this.packets++;
    this.bytes += size;
  }

  /** Forgets what has begun to be sent by `now`. */
  advance(now: Micros): void {
    while (this.packets > 0 && this.#starts[this.#first]! <= now) {
      this.bytes -= this.#sizes[this.#first++]!;
      this.packets--;
    }
    if (this.packets === 0) this.clear();
  }

  /** Forgets all. */
  clear(): void {
    this.#starts.length =
      this.#sizes.length =
      this.#first =
      this.packets =
      this.bytes =
        0;
  }
}

/**
 * Connections as a box tells them apart.
 *
 * @module
 */

import type { Frame } from "../frame.ts";
import type { BoxDirection } from "./box.ts";

/** What a box remembers of each subflow that passes it, by addresses and ports. */
export class Flows<State> {
  readonly #states = new Map<string, State>();
  readonly #make: () => State;

  /** `make` gives the state of a subflow that was not seen before. */
  constructor(make: () => State) {
    this.#make = make;
  }

  /** The state of the subflow of `frame`, which goes in `direction`. */
  of({ source, destination, view, start }: Frame, direction: BoxDirection): State {
    const from = `${source} ${view.getUint16(start)}`;
    const to = `${destination} ${view.getUint16(start + 2)}`;
    const key = direction === "forward" ? `${from} ${to}` : `${to} ${from}`;
    let state = this.#states.get(key);
    if (state === undefined) this.#states.set(key, state = this.#make());
    return state;
  }

  /** All of them. */
  get all(): Iterable<State> {
    return this.#states.values();
  }
}

/** One value for each direction. */
export type BothWays<T> = Record<BoxDirection, T>;

/** The other direction. */
export function opposite(direction: BoxDirection): BoxDirection {
  return direction === "forward" ? "backward" : "forward";
}

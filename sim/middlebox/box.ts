/**
 * Boxes in the way that see packets, and do something with them.
 *
 * @module
 */

import type { Frame } from "../frame.ts";
import type { Link } from "../link.ts";
import type { Node, Port } from "../node.ts";
import type { Simulator } from "../simulator.ts";

/** From the node that was connected to the box first towards the other, or back. */
export type BoxDirection = "forward" | "backward";

/** What a function of a box has beside the packet. */
export interface BoxPlace {
  /** Clock, chance and free frames. */
  readonly simulator: Simulator;
  /** Sends a packet of its own making behind the box; takes `frame` over. */
  inject(frame: Frame, direction: BoxDirection): void;
}

/**
 * What a box does with a TCP segment. True lets it pass, as it was or as it was changed (call `frame.reseal()` after
 * a change); false drops it. The frame belongs to the box; a function that wants to keep one takes a `frame.copy()`.
 *
 * A function may remember connections, so each box needs one of its own.
 */
export interface BoxFunction {
  (frame: Frame, direction: BoxDirection, place: BoxPlace): boolean;
  /** The same for ICMP errors about segments that went the other way; without it they pass. */
  readonly handleError?: (frame: Frame, direction: BoxDirection) => boolean;
}

/** What a box has done. */
export interface MiddleboxCounters {
  /** Packets passed on. */
  readonly passed: number;
  /** Packets dropped. */
  readonly dropped: number;
  /** Packets that the box made. */
  readonly injected: number;
}

/** A node between two others that lets packets through as a function decides. */
export class Middlebox implements Node, BoxPlace {
  /** See {@linkcode Node.forwards}. */
  readonly forwards = true;
  /** Unique in the network. */
  readonly name: string;
  /** See {@linkcode BoxPlace}. */
  readonly simulator: Simulator;
  /** What it does with each packet; may be exchanged at any time. */
  process: BoxFunction;
  readonly #ports: Port[] = [];
  readonly #counters = { passed: 0, dropped: 0, injected: 0 };

  /** Made by `network.middlebox()`. */
  constructor(simulator: Simulator, name: string, process: BoxFunction) {
    this.simulator = simulator;
    this.name = name;
    this.process = process;
  }

  /** What it has done so far. */
  get counters(): MiddleboxCounters {
    return this.#counters;
  }

  /** See {@linkcode Node.attach}. */
  attach(port: Port): void {
    if (this.#ports.length === 2) throw new TypeError(`Cannot connect ${this.name}: a middlebox has two sides`);
    this.#ports.push(port);
  }

  /** See {@linkcode Receiver.receive}. */
  receive(frame: Frame, from: Link): void {
    const direction = from === this.#ports[0]?.peer.link ? "forward" : "backward";
    if (this.#passes(frame, direction)) {
      this.#counters.passed++;
      this.#send(frame, direction);
    } else {
      this.#counters.dropped++;
      frame.release();
    }
  }

  /** See {@linkcode BoxPlace}. */
  inject(frame: Frame, direction: BoxDirection): void {
    this.#counters.injected++;
    this.#send(frame, direction);
  }

  #passes(frame: Frame, direction: BoxDirection): boolean {
    if (frame.protocol === "tcp") return this.process(frame, direction, this);
    return this.process.handleError?.(frame, direction) ?? true;
  }

  #send(frame: Frame, direction: BoxDirection): void {
    const port = this.#ports[direction === "forward" ? 1 : 0];
    if (port === undefined) throw new TypeError(`Cannot pass a packet on: ${this.name} is connected on one side only`);
    port.link.send(frame);
  }
}

/**
 * Several functions as one: packets go forward through the first, the second and so on, and backward through the last first.
 * What one of them injects goes through those that are still in its way.
 *
 * ```ts
 * import { chain, coalesceSegments, splitSegments } from "@userspace/mptcp/sim";
 *
 * // Cuts the stream anew, as a box does that does not care where its sender cut it.
 * const process = chain(coalesceSegments({ bytes: 4000 }), splitSegments({ bytes: 700 }));
 * console.assert(typeof process === "function");
 * ```
 */
export function chain(...functions: readonly BoxFunction[]): BoxFunction {
  let outside: BoxPlace | null = null;
  /** Whether `frame` passes all from the one at `index` on. */
  const passes = (frame: Frame, direction: BoxDirection, index: number): boolean => {
    const step = direction === "forward" ? 1 : -1;
    for (let i = index; i >= 0 && i < functions.length; i += step) {
      const box = functions[i]!;
      const isTcp = frame.protocol === "tcp";
      if (!(isTcp ? box(frame, direction, places[i]!) : box.handleError?.(frame, direction) ?? true)) return false;
    }
    return true;
  };
  const places = functions.map((_, index): BoxPlace => ({
    get simulator() {
      return outside!.simulator;
    },
    inject: (frame, direction) => {
      if (passes(frame, direction, index + (direction === "forward" ? 1 : -1))) outside!.inject(frame, direction);
      else frame.release();
    },
  }));
  const process: BoxFunction = (frame, direction, place) => {
    outside = place;
    return passes(frame, direction, direction === "forward" ? 0 : functions.length - 1);
  };
  return Object.assign(process, {
    handleError(frame: Frame, direction: BoxDirection): boolean {
      const inOrder = direction === "forward" ? functions : functions.toReversed();
      return inOrder.every(({ handleError }) => handleError?.(frame, direction) ?? true);
    },
  });
}

/**
 * Somebody who puts segments of his own on a simulated path.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import type { TcpOptions } from "../../core/wire/options.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import type { Frame } from "../../sim/frame.ts";
import type { Direction, World } from "../harness/mod.ts";

/** A segment as somebody makes it up; what is left out is 0 or empty. */
export interface Forged {
  /** Whose address it bears. */
  readonly from: string | IpAddress;
  readonly fromPort: number;
  readonly to: string | IpAddress;
  readonly toPort: number;
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly window?: number;
  readonly payload?: Uint8Array;
  readonly options?: (options: TcpOptions) => void;
}

/** Sends what is made up. */
export class Attacker {
  /** Segments sent. */
  sent = 0;

  readonly #world: World;

  /** In `world`. */
  constructor(world: World) {
    this.#world = world;
  }

  /** Puts a segment on a path; it takes its place among the others of the link. */
  send(forged: Forged, direction: Direction = "up", path = 0): void {
    const frame = this.#world.simulator.frames.take();
    forge(frame, forged);
    this.sent++;
    this.#world.links[path]![direction].send(frame);
  }

  /** Does `act` as often in a second as `rate` says, from `start` to `end`, in milliseconds. */
  every(rate: number, start: number, end: number, act: (index: number) => void): void {
    const { simulator } = this.#world;
    let index = 0;
    const next = (at: number) => {
      if (at >= end) return;
      simulator.at(at, () => {
        act(index++);
        next(start + index * 1000 / rate);
      });
    };
    next(start);
  }
}

/** Writes the packet that `forged` describes into an empty frame. */
export function forge(frame: Frame, forged: Forged): void {
  const header = new TcpHeader();
  header.sourcePort = forged.fromPort;
  header.destinationPort = forged.toPort;
  header.sequence = (forged.sequence ?? 0) >>> 0;
  header.acknowledgment = (forged.acknowledgment ?? 0) >>> 0;
  header.flags = forged.flags;
  header.window = forged.window ?? 0;
  header.options.reset();
  forged.options?.(header.options);
  frame.end = header.emit(frame.view, frame.start);
  const { payload } = forged;
  if (payload !== undefined) {
    frame.bytes.set(payload, frame.end);
    frame.end += payload.length;
  }
  frame.source.copy(address(forged.from));
  frame.destination.copy(address(forged.to));
  frame.seal();
}

function address(given: string | IpAddress): IpAddress {
  return typeof given === "string" ? IpAddress.parse(given) : given;
}

/**
 * Boxes in the way that see packets, and do something with them.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import { MINIMUM_HEADER_LENGTH, SYN } from "../core/wire/tcp.ts";
import type { Frame } from "./frame.ts";
import type { Link } from "./link.ts";
import type { Node, Port } from "./node.ts";

/** From the node that was connected to the box first towards the other, or back. */
export type BoxDirection = "forward" | "backward";

/**
 * What a box does with a packet. True lets it pass, as it was or as it was changed (call `frame.reseal()` after
 * a change); false drops it. The frame belongs to the box; a function that wants to keep one takes a `frame.copy()`.
 */
export type BoxFunction = (frame: Frame, direction: BoxDirection, box: Middlebox) => boolean;

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
export class Middlebox implements Node {
  /** See {@linkcode Node.forwards}. */
  readonly forwards = true;
  /** Unique in the network. */
  readonly name: string;
  /** What it does with each packet; may be exchanged at any time. */
  process: BoxFunction;
  readonly #ports: Port[] = [];
  readonly #counters = { passed: 0, dropped: 0, injected: 0 };

  /** Made by `network.middlebox()`. */
  constructor(name: string, process: BoxFunction) {
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
    if (this.process(frame, direction, this)) {
      this.#counters.passed++;
      this.#send(frame, direction);
    } else {
      this.#counters.dropped++;
      frame.release();
    }
  }

  /** Sends a packet of its own making; takes `frame` over. */
  inject(frame: Frame, direction: BoxDirection): void {
    this.#counters.injected++;
    this.#send(frame, direction);
  }

  #send(frame: Frame, direction: BoxDirection): void {
    const port = this.#ports[direction === "forward" ? 1 : 0];
    if (port === undefined) throw new TypeError(`Cannot pass a packet on: ${this.name} is connected on one side only`);
    port.link.send(frame);
  }
}

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/** Which options {@linkcode stripOptions} takes out. */
export interface StripOptions {
  /** Option kinds; 30 is Multipath TCP. */
  readonly kinds: readonly number[];
  /** Only from segments with SYN (`true`) or only from those without (`false`); from all by default. */
  readonly syn?: boolean;
  /** Only in this direction; in both by default. */
  readonly direction?: BoxDirection;
}

/** Overwrites TCP options with no-operation, as firewalls do that do not know them. */
export function stripOptions({ kinds, syn, direction }: StripOptions): BoxFunction {
  return (frame, towards) => {
    const { bytes, start } = frame;
    const isSyn = (bytes[start + 13]! & SYN) !== 0;
    if ((direction !== undefined && towards !== direction) || (syn !== undefined && isSyn !== syn)) return true;
    const end = Math.min(start + (bytes[start + 12]! >>> 4 << 2), frame.end);
    let isChanged = false;
    for (let at = start + MINIMUM_HEADER_LENGTH; at < end && bytes[at] !== END_OF_OPTIONS;) {
      const kind = bytes[at]!;
      const length = kind === NO_OPERATION ? 1 : bytes[at + 1]!;
      if (kind !== NO_OPERATION && (length < 2 || at + length > end)) break;
      if (kinds.includes(kind)) {
        bytes.fill(NO_OPERATION, at, at + length);
        isChanged = true;
      }
      at += length;
    }
    if (isChanged) frame.reseal();
    return true;
  };
}

/** Lowest port that a translator gives out (RFC 4787 section 4.2.1 keeps the well-known ones apart). */
const FIRST_PORT = 1024;

/**
 * Translates addresses and ports: what goes forward seems to come from `publicAddress`, and only answers come back. Give the
 * address to the outer side of the box: `connect(box, server, { addresses: [publicAddress, …] })`.
 */
export function translateAddresses(publicAddress: string): BoxFunction {
  const outside = IpAddress.parse(publicAddress);
  const byInside = new Map<string, number>();
  const byPort = new Map<number, { readonly address: IpAddress; readonly port: number }>();
  return (frame, direction) => {
    const { view, start } = frame;
    if (direction === "forward") {
      const inner = { address: frame.source.clone(), port: view.getUint16(start) };
      const key = `${inner.address} ${inner.port}`;
      const port = byInside.get(key) ?? FIRST_PORT + byInside.size;
      if (port > 0xffff) return false;
      byInside.set(key, port);
      byPort.set(port, inner);
      frame.source.copy(outside);
      view.setUint16(start, port);
    } else {
      const inner = byPort.get(view.getUint16(start + 2));
      if (inner === undefined || !frame.destination.equals(outside)) return false;
      frame.destination.copy(inner.address);
      view.setUint16(start + 2, inner.port);
    }
    frame.reseal();
    return true;
  };
}

/**
 * A box between two sinks, for tests that need no stack.
 *
 * @module
 */

import { TcpHeader } from "../core/wire/tcp.ts";
import type { BoxDirection, BoxFunction, Frame } from "../sim/mod.ts";
import { Link, Middlebox, Simulator } from "../sim/mod.ts";
import { type FrameFields, makeFrame } from "./frames.ts";

/** A segment as it left the box. */
export interface Passed {
  readonly direction: BoxDirection;
  /** Milliseconds. */
  readonly at: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  readonly sack: readonly number[];
  readonly timestamps: readonly [number, number] | null;
  /** The OR of the Multipath TCP options. */
  readonly mptcp: number;
  readonly payload: string;
  readonly verifies: boolean;
}

/** A segment for the box; `text` is its payload. */
export interface GivenSegment extends Omit<FrameFields, "payload"> {
  readonly text?: string;
}

/** Client 10.0.0.1 port 5000 at the near side, server 10.0.0.2 port 80 at the far side. */
export class LoneBox {
  readonly simulator: Simulator = new Simulator({ seed: 1 });
  readonly box: Middlebox;
  readonly passed: Passed[] = [];
  readonly #near: Link;
  readonly #far: Link;

  constructor(process: BoxFunction) {
    const { simulator } = this;
    this.box = new Middlebox(simulator, "box", process);
    this.#near = new Link(simulator, "from near", this.box);
    this.#far = new Link(simulator, "from far", this.box);
    for (const [from, direction] of [[this.#near, "backward"], [this.#far, "forward"]] as const) {
      const out = new Link(simulator, `out ${direction}`, { receive: (frame) => this.#note(frame, direction) });
      const port = { node: this.box, addresses: [], mtu: 1500 };
      const peer = { ...port, link: from, peer: null as never };
      this.box.attach({ ...port, link: out, peer });
    }
  }

  /** A segment comes; `forward` from the client. Lets it pass and clears what was seen before. */
  send(direction: BoxDirection, segment: GivenSegment = {}): Passed[] {
    this.passed.length = 0;
    this.give(direction, segment);
    return this.wait(0);
  }

  /** A segment comes, and time stands still. */
  give(direction: BoxDirection, { text = "", ...fields }: GivenSegment): void {
    const back = direction === "forward"
      ? {}
      : { source: "10.0.0.2", destination: "10.0.0.1", sourcePort: 80, destinationPort: 5000 };
    const frame = makeFrame(this.simulator, { ...back, ...fields, payload: text.length });
    new TextEncoder().encodeInto(text, frame.bytes.subarray(frame.end - text.length, frame.end));
    (direction === "forward" ? this.#near : this.#far).send(frame);
  }

  /** Lets so many milliseconds pass; what has come out since the last `send`. */
  wait(ms: number): Passed[] {
    this.simulator.runUntil(this.simulator.now() + ms * 1000);
    return this.passed;
  }

  #note(frame: Frame, direction: BoxDirection): void {
    const header = new TcpHeader();
    if (!header.parse(frame.view, frame.start, frame.end)) throw new Error("what left the box is malformed");
    const { options } = header;
    frame.fillChecksum();
    const isIntact = frame.isIntact;
    frame.isIntact = false;
    this.passed.push({
      direction,
      at: this.simulator.now() / 1000,
      source: frame.source.toString(),
      sourcePort: header.sourcePort,
      destination: frame.destination.toString(),
      destinationPort: header.destinationPort,
      sequence: header.sequence,
      acknowledgment: header.acknowledgment,
      flags: header.flags,
      window: header.window,
      sack: [...options.sackEdges.subarray(0, 2 * options.sackCount)],
      timestamps: options.hasTimestamp ? [options.timestampValue, options.timestampEcho] : null,
      mptcp: options.mptcp.present,
      payload: new TextDecoder().decode(frame.bytes.subarray(header.payloadStart, frame.end)),
      verifies: isIntact || frame.verifies(),
    });
    frame.release();
  }
}

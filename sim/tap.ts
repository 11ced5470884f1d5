/**
 * Captures of simulated links.
 *
 * @module
 */

import { PcapngWriter } from "../transports/pcapng.ts";
import type { CaptureDirection } from "../transports/pcapng.ts";
import type { Micros } from "../core/plugin.ts";
import type { DuplexLink } from "./duplex.ts";
import type { Frame } from "./frame.ts";
import type { Link } from "./link.ts";

/** Options of a capture. */
export interface TapOptions {
  /** Takes the capture, piece by piece; without one it is kept for {@linkcode Tap.bytes}. */
  readonly sink?: (bytes: Uint8Array) => void;
  /** What virtual time 0 is in the capture, in microseconds since 1970; 0 by default. */
  readonly epoch?: Micros;
}

/** Where a link is watched. */
export interface WatchOptions {
  /** Name of the interface in the capture; that of the link by default. */
  readonly name?: string;
  /** At the first node of the link ("near", the default) or at the second ("far"). What gets lost is seen by its sender only. */
  readonly end?: "near" | "far";
}

/**
 * Writes the packets of any number of links into one capture, each link under an interface of its own, with right
 * checksums and virtual time, as a capture at a node would have them.
 *
 * @example
 * ```ts
 * import { Link, Simulator, Tap } from "@userspace/mptcp/sim";
 *
 * const sim = new Simulator();
 * const link = new Link(sim, "wifi", { receive: (frame) => frame.release() });
 * const tap = new Tap();
 * tap.watch(link);
 * console.assert(tap.bytes().length > 0); // write it to "wifi.pcapng"
 * ```
 */
export class Tap {
  readonly #pieces: Uint8Array[] = [];
  readonly #writer: PcapngWriter;
  readonly #epoch: Micros;

  /** A capture that watches nothing yet. */
  constructor(options: TapOptions = {}) {
    this.#epoch = options.epoch ?? 0;
    this.#writer = new PcapngWriter(options.sink ?? ((bytes) => this.#pieces.push(bytes)));
  }

  /** Begins to write down what passes one end of `link`. */
  watch(link: Link | DuplexLink, options: WatchOptions = {}): void {
    const isNear = (options.end ?? "near") === "near";
    const id = this.#writer.addInterface({ name: options.name ?? link.name });
    const seen = (direction: CaptureDirection) => (frame: Frame, now: Micros) => {
      if (frame.isIntact) frame.fillChecksum();
      this.#writer.writePacket(id, this.#epoch + now, frame.bytes, frame.ipStart, frame.end, direction);
    };
    if (!("forward" in link)) {
      if (isNear) link.observeEntry(seen("out"));
      else link.observeExit(seen("in"));
    } else {
      const [leaving, arriving] = isNear ? [link.forward, link.backward] : [link.backward, link.forward];
      leaving.observeEntry(seen("out"));
      arriving.observeExit(seen("in"));
    }
  }

  /** Hands what is gathered to the sink; call it at the end. */
  flush(): void {
    this.#writer.flush();
  }

  /** The whole capture so far, if it has no sink. */
  bytes(): Uint8Array {
    this.flush();
    const whole = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

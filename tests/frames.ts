/**
 * Frames and nodes for tests of the simulator that need no stack.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM } from "../core/wire/packet.ts";
import { ACK, TcpHeader } from "../core/wire/tcp.ts";
import type { Frame, Receiver, Simulator } from "../sim/mod.ts";

/** What {@linkcode makeFrame} is to make; what is left out does not matter to the test. */
export interface FrameFields {
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Also what {@linkcode Sink} tells frames apart by. */
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly flags?: number;
  /** Bytes of payload. */
  readonly payload?: number;
  readonly ecn?: number;
  /** Changes anything else of the header. */
  readonly edit?: (header: TcpHeader) => void;
}

const header = new TcpHeader();

/** A sealed frame with a TCP segment whose payload counts up. */
export function makeFrame(simulator: Simulator, fields: FrameFields = {}): Frame {
  const payload = fields.payload ?? 100;
  const frame = simulator.frames.take(HEADROOM + 60 + payload);
  frame.source.copy(IpAddress.parse(fields.source ?? "10.0.0.1"));
  frame.destination.copy(IpAddress.parse(fields.destination ?? "10.0.0.2"));
  frame.ecn = fields.ecn ?? 0;
  header.sourcePort = fields.sourcePort ?? 5000;
  header.destinationPort = fields.destinationPort ?? 80;
  header.sequence = fields.sequence ?? 0;
  header.acknowledgment = fields.acknowledgment ?? 0;
  header.flags = fields.flags ?? ACK;
  header.window = 0xffff;
  header.options.reset();
  fields.edit?.(header);
  const at = header.emit(frame.view, frame.start);
  for (let i = 0; i < payload; i++) frame.bytes[at + i] = i;
  frame.end = at + payload;
  frame.seal();
  return frame;
}

/** One arrival. */
export interface Arrival {
  readonly at: Micros;
  readonly sequence: number;
  readonly length: number;
  readonly verifies: boolean;
  readonly ecn: number;
}

/** Takes what comes, writes it down and gives the frames back. */
export class Sink implements Receiver {
  readonly arrivals: Arrival[] = [];
  /** ICMP errors that came; they do not count as arrivals. */
  errors = 0;
  /** Looks at each frame before it goes back. */
  inspect: (frame: Frame) => void = () => {};
  readonly #simulator: Simulator;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  receive(frame: Frame): void {
    if (frame.protocol === "icmp") {
      this.errors++;
      return frame.release();
    }
    this.arrivals.push({
      at: this.#simulator.now(),
      sequence: frame.view.getUint32(frame.start + 4),
      length: frame.length,
      verifies: frame.verifies(),
      ecn: frame.ecn,
    });
    this.inspect(frame);
    frame.release();
  }

  /** The sequence numbers in order of arrival. */
  get sequences(): number[] {
    return this.arrivals.map((arrival) => arrival.sequence);
  }
}

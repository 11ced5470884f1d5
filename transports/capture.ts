/**
 * Writes what passes through a transport into a capture.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { emitIpHeader } from "./ip.ts";
import type { CaptureDirection, PcapngWriter } from "./pcapng.ts";
import { copySegment, segmentCount } from "./segmentation.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

const LARGEST_PACKET = 65_535;

/**
 * A transport that does what `transport` does and writes its TCP segments, with IP headers of its own making, to
 * `writer` as the interface `name`. Super-segments are written as they are, before they are cut, unless the transport itself
 * does that.
 */
export function captured(transport: Transport, writer: PcapngWriter, name: string): Transport {
  return new CapturedTransport(transport, writer, name);
}

class CapturedTransport implements Transport {
  readonly cuts: boolean;
  readonly waiter?: Waiter;
  readonly flush?: () => void;
  readonly passTurn?: () => void;

  readonly #transport: Transport;
  readonly #writer: PcapngWriter;
  readonly #interface: number;
  readonly #copy = new Packet(HEADROOM + LARGEST_PACKET);
  readonly #segment = new Packet(HEADROOM + LARGEST_PACKET);

  constructor(transport: Transport, writer: PcapngWriter, name: string) {
    this.#transport = transport;
    this.cuts = transport.cuts ?? false;
    this.#writer = writer;
    this.#interface = writer.addInterface({ name });
    if (transport.waiter !== undefined) this.waiter = transport.waiter;
    if (transport.flush !== undefined) this.flush = () => transport.flush!();
    if (transport.passTurn !== undefined) this.passTurn = () => transport.passTurn!();
  }

  get deadline(): Micros {
    return this.#transport.deadline ?? Infinity;
  }

  open(events: TransportEvents): void {
    this.#transport.open(events);
  }

  receive(): Packet | null {
    const packet = this.#transport.receive();
    if (packet === null) return null;
    this.#keep(packet);
    this.#write("in");
    return packet;
  }

  send(packet: Packet): boolean {
    const length = packet.tcpLength;
    this.#keep(packet);
    const isTaken = this.#transport.send(packet);
    if (!isTaken) {
      if (packet.tcpLength === length) return false;
      // It took the first of several segments; the others are in the packet still.
      this.#copy.end -= packet.tcpLength - packet.headerLength;
    }
    this.#write("out");
    return isTaken;
  }

  close(): void | Promise<void> {
    return this.#transport.close();
  }

  #keep(packet: Packet): void {
    const copy = this.#copy;
    copy.reset();
    copy.end = copy.start + (packet.end - packet.start);
    copy.bytes.set(packet.bytes.subarray(packet.start, packet.end), copy.start);
    copy.copyIpHeader(packet);
    copy.segmentSize = packet.segmentSize;
  }

  #write(direction: CaptureDirection): void {
    const time = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    if (!this.cuts) return this.#writeOne(this.#copy, time, direction);
    const count = segmentCount(this.#copy);
    for (let i = 0; i < count; i++) {
      this.#segment.reset();
      copySegment(this.#copy, i, this.#segment);
      this.#writeOne(this.#segment, time, direction);
    }
  }

  #writeOne(packet: Packet, time: number, direction: CaptureDirection): void {
    const start = emitIpHeader(packet, "full");
    this.#writer.writePacket(this.#interface, time, packet.bytes, start, packet.end, direction);
  }
}

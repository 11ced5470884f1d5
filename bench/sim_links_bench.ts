/**
 * What a hop costs: packets with IP and TCP headers over bare simulated links, without a stack behind them.
 *
 * Each figure is for 1000 packets that go to the other end and are answered by an acknowledgment: 2000 hops.
 *
 * @module
 */

import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM } from "../core/wire/packet.ts";
import { Link, Simulator } from "../sim/mod.ts";
import type { Frame, LinkOptions, Receiver } from "../sim/mod.ts";

const PACKETS = 1000;
const TCP_HEADER = 32;
const PAYLOAD = 1428;

/** Keeps a window of packets going over one path; the other end answers each. */
class Sender implements Receiver {
  readonly #simulator: Simulator;
  readonly #address = IpAddress.parse("10.0.0.1");
  readonly #peer = IpAddress.parse("10.0.0.2");
  #forward!: Link;
  #left = 0;

  constructor(simulator: Simulator, name: string, options: LinkOptions) {
    this.#simulator = simulator;
    const backward = new Link(simulator, `${name} backward`, this, options);
    this.#forward = new Link(simulator, `${name} forward`, {
      receive: (frame) => {
        frame.release();
        backward.send(this.#frame(this.#peer, this.#address, 0));
      },
    }, options);
  }

  start(packets: number): void {
    this.#left = packets;
    for (let i = 0; i < 64; i++) this.#send();
  }

  receive(frame: Frame): void {
    frame.release();
    this.#send();
  }

  #send(): void {
    if (this.#left-- > 0) this.#forward.send(this.#frame(this.#address, this.#peer, PAYLOAD));
  }

  #frame(from: IpAddress, to: IpAddress, payload: number): Frame {
    const frame = this.#simulator.frames.take();
    frame.source.copy(from);
    frame.destination.copy(to);
    frame.end = HEADROOM + TCP_HEADER + payload;
    frame.view.setUint32(HEADROOM, 5000 << 16 | 80);
    frame.view.setUint32(HEADROOM + 12, TCP_HEADER << 26 | 0x10 << 16 | 0xffff);
    frame.seal();
    return frame;
  }
}

function bench(name: string, options: LinkOptions): void {
  const simulator = new Simulator();
  const senders = [1, 2].map((path) => new Sender(simulator, `path ${path}`, options));
  Deno.bench(`1000 packets and acknowledgments over two links: ${name}`, () => {
    for (const sender of senders) sender.start(PACKETS / 2);
    simulator.runUntil(simulator.now() + 1e7);
  });
}

bench("100 Mbit/s, 10 ms", { rate: 100e6, delay: 10 });
bench("100 Mbit/s, 10 ms, CoDel", { rate: 100e6, delay: 10, queue: { codel: {} } });
bench("100 Mbit/s, 10 ms, loss, jitter and reordering", {
  rate: 100e6,
  delay: 10,
  loss: 0.001,
  jitter: 2,
  reorder: { probability: 0.01, delay: 5 },
});

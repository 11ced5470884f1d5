/**
 * Datagrams that mean nothing, faster than any program that means something sends them.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { openLibc } from "../../transports/linux/libc.ts";
import { NativeMemory } from "../../transports/linux/memory.ts";
import { Message } from "../../transports/linux/message.ts";
import { Random, type Seed } from "../../transports/random.ts";

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
/** Ports that it comes from: each is another peer. */
const SENDERS = 16;
const LONGEST = 1460;

/** The kinds, each as likely: the first 32 bits of a datagram are data offset, flags and window. */
const KINDS: readonly ((view: DataView, random: Random) => number)[] = [
  // Noise of any length.
  (_view, random) => random.below(LONGEST),
  // A header that is longer than the datagram.
  (view, random) => {
    view.setUint32(0, 0xf0100100);
    return 12 + random.below(30);
  },
  // Cut off within the header.
  (view, random) => {
    view.setUint32(0, 0x50100100);
    return random.below(12);
  },
  // Data, an end and a reset of connections that there are not.
  (view, random) => {
    view.setUint32(0, (0x50000100 | [0x10, 0x18, 0x11, 0x04][random.below(4)]! << 16) >>> 0);
    return 12 + random.below(LONGEST - 12);
  },
  // Attempts to connect, with options that are noise.
  (view, random) => {
    view.setUint32(0, 0x80020100);
    return 24 + random.below(100);
  },
];

/** Sends garbage to one port; Linux. */
export class Garbage implements Disposable {
  readonly #libc = openLibc();
  readonly #memory = new NativeMemory(64 * 1024);
  readonly #descriptors: number[] = [];
  readonly #random: Random;

  /** To `address` and `port`. */
  constructor(address: string, port: number, seed: Seed = 1) {
    this.#random = new Random(seed, "garbage");
    this.#random.fill(this.#memory.bytes);
    const message = new Message();
    message.setSocketAddress(IpAddress.parse(address), port);
    for (let i = 0; i < SENDERS; i++) {
      const descriptor = this.#libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
      this.#libc.connect(descriptor, message.socketAddress, message.socketAddressLength);
      this.#descriptors.push(descriptor);
    }
    message.free();
  }

  /** Sends so many datagrams; answers how many the system took. */
  send(count: number): number {
    const { address, bytes } = this.#memory;
    let taken = 0;
    for (let i = 0; i < count; i++) {
      // Noise is where it is: each datagram begins somewhere else in it.
      const at = this.#random.below(bytes.length - LONGEST) & ~3;
      const view = new DataView(bytes.buffer, at, LONGEST);
      const length = KINDS[this.#random.below(KINDS.length)]!(view, this.#random);
      const descriptor = this.#descriptors[this.#random.below(SENDERS)]!;
      if (this.#libc.send(descriptor, address + at, length, 0) >= 0) taken++;
    }
    return taken;
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors) this.#libc.close(descriptor);
    this.#memory.free();
    this.#libc.release();
  }
}

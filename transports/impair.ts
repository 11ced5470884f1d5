/**
 * Makes the path behind a transport worse than it is: slow, far, lossy, out of order.
 *
 * @module
 */

import type { Env, Micros } from "../core/plugin.ts";
import type { Packet } from "../core/wire/packet.ts";
import { systemEnv } from "./env.ts";
import { type DirectionOptions, ImpairedDirection } from "./impaired_direction.ts";
import { Random } from "./random.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

/** What an {@linkcode ImpairedTransport} does in both directions, and in each where it differs. */
export interface ImpairOptions extends DirectionOptions {
  /** What is different for packets that arrive here. */
  readonly in?: DirectionOptions;
  /** What is different for packets that leave here. */
  readonly out?: DirectionOptions;
  /**
   * Where chance comes from; the runtime's by default. With a seeded one, as `createSeededEnv` of the simulator makes, the
   * n-th packet in a direction meets with the same in every run.
   */
  readonly env?: Env;
}

/** Packets taken from the transport beneath before one is handed on. */
const BURST = 64;

/**
 * A transport that does what `transport` does, on a path with the given rate, delay and faults, in the words of the
 * simulator's links. Super-segments are cut, so that what happens, happens to packets as the network carries them.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * ```ts
 * import { createHost, impaired, memoryPair } from "@userspace/mptcp";
 *
 * const [left, right] = memoryPair();
 * const lossy = impaired(left, { delay: 5, loss: 0.01, out: { rate: 10e6 } });
 * await using server = createHost({ transports: [lossy] });
 * await using client = createHost({ transports: [right] });
 * lossy.set({ up: false }); // As if somebody had pulled the plug.
 * ```
 */
export function impaired(transport: Transport, options: ImpairOptions = {}): ImpairedTransport {
  return new ImpairedTransport(transport, options);
}

/** Made by {@linkcode impaired}. */
export class ImpairedTransport implements Transport {
  /** What to wait with, if the transport beneath has to be asked. */
  readonly waiter?: Waiter;
  /** Packets that arrive here. */
  readonly in: ImpairedDirection;
  /** Packets that leave here. */
  readonly out: ImpairedDirection;

  readonly #transport: Transport;
  #events: TransportEvents | null = null;
  #lent: Packet | null = null;
  /** The transport beneath had no room for what has come out. */
  #isBlocked = false;

  /** See {@linkcode impaired}. */
  constructor(transport: Transport, options: ImpairOptions) {
    const { env = systemEnv, ...paths } = options;
    const seed = env.random();
    this.#transport = transport;
    this.in = new ImpairedDirection(inOptions(paths), (kind) => new Random(seed, `in ${kind}`));
    this.out = new ImpairedDirection(outOptions(paths), (kind) => new Random(seed, `out ${kind}`));
    if (transport.waiter !== undefined) this.waiter = transport.waiter;
  }

  /** Changes both directions; see {@linkcode ImpairedDirection.set}. */
  set(changes: Omit<ImpairOptions, "env">): void {
    this.in.set(inOptions(changes));
    this.out.set(outOptions(changes));
  }

  /** When the next packet comes out, in either direction. */
  get deadline(): Micros {
    const own = Math.min(this.in.deadline, this.#isBlocked ? Infinity : this.out.deadline);
    return Math.min(own, this.#transport.deadline ?? Infinity);
  }

  /** Begins to carry. */
  open(events: TransportEvents): void {
    this.#events = events;
    this.#transport.open({
      now: () => events.now(),
      ready: () => events.ready(),
      addressUp: (address, properties) => events.addressUp(address, { ...properties, superSegment: 0 }),
      addressDown: (address) => events.addressDown(address),
      icmpError: (error) => events.icmpError(error),
      isPortInUse: (address, port) => events.isPortInUse(address, port),
    });
  }

  /** The next packet that has come out. */
  receive(): Packet | null {
    const now = this.#events!.now();
    if (this.#lent !== null) this.in.release(this.#lent);
    this.#gather(now);
    return this.#lent = this.in.arrived(now) === null ? null : this.in.shift();
  }

  /** Takes the packet unless the transport beneath has no room for those before it. */
  send(packet: Packet): boolean {
    const now = this.#events!.now();
    if (!this.#handOn(now)) return false;
    this.out.take(packet, now);
    this.#handOn(now);
    return true;
  }

  /** Hands on what has come out. */
  flush(): void {
    this.#handOn(this.#events!.now());
    this.#transport.flush?.();
  }

  /** Loses what is on its way and ends the transport beneath. */
  close(): void | Promise<void> {
    this.in.clear();
    this.out.clear();
    return this.#transport.close();
  }

  /** Takes what the transport beneath has. */
  #gather(now: Micros): void {
    for (let i = 0; i < BURST; i++) {
      const packet = this.#transport.receive();
      if (packet === null) return;
      this.in.take(packet, now);
    }
    this.#events!.ready();
  }

  /** False if the transport beneath has no room. */
  #handOn(now: Micros): boolean {
    for (let packet = this.out.arrived(now); packet !== null; packet = this.out.arrived(now)) {
      this.#isBlocked = !this.#transport.send(packet);
      if (this.#isBlocked) return false;
      this.out.release(this.out.shift());
    }
    return true;
  }
}

function inOptions({ in: own, out: _, ...both }: ImpairOptions): DirectionOptions {
  return { ...both, ...own };
}

function outOptions({ in: _, out: own, ...both }: ImpairOptions): DirectionOptions {
  return { ...both, ...own };
}

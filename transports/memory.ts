/**
 * Hosts in one process, connected through memory.
 *
 * @module
 */

import type { InterfaceProperties } from "../core/stack.ts";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** What passes through a {@linkcode MemoryTransport}. */
export interface MemoryOptions {
  /** Largest IP packet in bytes, as the engine reckons it; 1500 by default. */
  readonly mtu?: number;
  /** Largest payload of a super-segment in bytes; 0, the default, for single segments only. */
  readonly superSegment?: number;
  /** Whether subflows over it are opened as backup; false by default. */
  readonly backup?: boolean;
  /** How many packets wait at the receiver before the sender has to; 64 by default. */
  readonly queue?: number;
}

/** The two sides of {@linkcode memoryPair}. */
export interface MemoryPairOptions extends MemoryOptions {
  /** Addresses of the first; "10.0.0.1" by default. */
  readonly left?: readonly string[];
  /** Addresses of the second; "10.0.0.2" by default. */
  readonly right?: readonly string[];
}

const DEFAULT_MTU = 1500;
const DEFAULT_QUEUE = 64;
/** Smallest IPv4 packet that every host must take (RFC 791 section 3.1). */
const MINIMUM_MTU = 576;
const LARGEST_TCP_HEADER = 60;

/**
 * Two transports for two hosts in this process, without loss or delay. For several paths, make several pairs of
 * different addresses.
 *
 * ```ts
 * import { createHost, memoryPair } from "@userspace/mptcp";
 *
 * const wifi = memoryPair();
 * const lte = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
 * await using server = createHost({ transports: [wifi[0], lte[0]] });
 * await using client = createHost({ transports: [wifi[1], lte[1]] });
 * ```
 */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryTransport, MemoryTransport] {
  const { left = ["10.0.0.1"], right = ["10.0.0.2"], ...common } = options;
  const hub = new MemoryHub();
  return [hub.attach(left, common), hub.attach(right, common)];
}

/** A network of any number of hosts in this process: each packet goes to the transport that has its destination. */
export class MemoryHub {
  readonly #transports: MemoryTransport[] = [];

  /** A transport with these addresses. Throws `TypeError` when one is malformed, or taken by another transport here. */
  attach(addresses: readonly string[], options: MemoryOptions = {}): MemoryTransport {
    const transport = new MemoryTransport(this, options);
    this.#transports.push(transport);
    for (const address of addresses) transport.addAddress(address);
    return transport;
  }

  /** The transport that has `address`. */
  find(address: IpAddress): MemoryTransport | undefined {
    return this.#transports.find((transport) => transport.has(address));
  }
}

/** One host's connection to a {@linkcode MemoryHub}. */
export class MemoryTransport implements Transport {
  readonly #hub: MemoryHub;
  readonly #properties: InterfaceProperties;
  readonly #capacity: number;
  readonly #addresses: IpAddress[] = [];
  readonly #slots: (Packet | undefined)[];
  /** Count of packets ever taken out of, and put into, the ring of slots. */
  #taken = 0;
  #put = 0;
  /** The packet that the last `receive` gave is still in its slot. */
  #isLent = false;
  readonly #blocked = new Set<MemoryTransport>();
  #events: TransportEvents | null = null;
  #isClosed = false;
  #dropped = 0;

  /** Made by {@linkcode memoryPair} or {@linkcode MemoryHub.attach}. */
  constructor(hub: MemoryHub, options: MemoryOptions) {
    const { mtu = DEFAULT_MTU, superSegment = 0, backup = false, queue = DEFAULT_QUEUE } = options;
    check("mtu", mtu, MINIMUM_MTU, 65_535);
    check("superSegment", superSegment, 0, 65_535);
    check("queue", queue, 2, 65_536);
    this.#hub = hub;
    this.#properties = { mtu, superSegment, backup };
    this.#capacity = HEADROOM + LARGEST_TCP_HEADER + Math.max(mtu, superSegment);
    this.#slots = new Array(queue).fill(undefined);
  }

  /** Packets that nobody was there to receive. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether `address` is one of its own. */
  has(address: IpAddress): boolean {
    return this.#addresses.some((own) => own.equals(address));
  }

  /** Brings an address up; the host learns of it. */
  addAddress(text: string): void {
    const address = IpAddress.parse(text);
    if (this.#hub.find(address) !== undefined) throw new TypeError(`Cannot add address ${text}: it is taken`);
    this.#addresses.push(address);
    this.#events?.addressUp(address, this.#properties);
  }

  /** Takes an address down; the host learns of it. */
  removeAddress(text: string): void {
    const address = IpAddress.parse(text);
    const index = this.#addresses.findIndex((own) => own.equals(address));
    if (index < 0) throw new TypeError(`Cannot remove address ${text}: it is not there`);
    this.#addresses.splice(index, 1);
    this.#events?.addressDown(address);
  }

  /** Begins to carry. Throws `TypeError` when it carries for a host already, or is closed. */
  open(events: TransportEvents): void {
    if (this.#events !== null || this.#isClosed) {
      throw new TypeError("Cannot open memory transport: it serves one host, once; make another pair");
    }
    this.#events = events;
    for (const address of this.#addresses) events.addressUp(address, this.#properties);
  }

  /** The next packet that has arrived. */
  receive(): Packet | null {
    if (this.#isLent) this.#taken++;
    this.#isLent = this.#taken < this.#put;
    if (this.#blocked.size > 0 && this.#put - this.#taken <= this.#slots.length / 2) this.#unblock();
    return this.#isLent ? this.#slots[this.#taken % this.#slots.length]! : null;
  }

  /** Puts a copy of the packet into the receiver's queue. */
  send(packet: Packet): boolean {
    const receiver = this.#isClosed ? undefined : this.#hub.find(packet.destination);
    if (
      receiver === undefined || receiver.#events === null || packet.end - packet.start + HEADROOM > receiver.#capacity
    ) {
      this.#dropped++;
      return true;
    }
    if (receiver.#put - receiver.#taken === receiver.#slots.length) {
      receiver.#blocked.add(this);
      return false;
    }
    receiver.#enqueue(packet);
    receiver.#events.ready();
    return true;
  }

  /** Leaves the hub. */
  close(): void {
    this.#isClosed = true;
    this.#events = null;
    this.#addresses.length = 0;
    this.#slots.fill(undefined);
    this.#taken = this.#put;
    this.#isLent = false;
    this.#unblock();
  }

  #enqueue(packet: Packet): void {
    const index = this.#put++ % this.#slots.length;
    const copy = this.#slots[index] ??= new Packet(this.#capacity);
    copy.reset();
    copy.bytes.set(packet.bytes.subarray(packet.start, packet.end), copy.start);
    copy.end = copy.start + packet.end - packet.start;
    copy.copyIpHeader(packet);
    copy.segmentSize = packet.segmentSize;
  }

  #unblock(): void {
    const senders = [...this.#blocked];
    this.#blocked.clear();
    for (const sender of senders) sender.#events?.ready();
  }
}

function check(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot create memory transport: ${name} must be a whole number from ${least} to ${most}, is ${value}`,
  );
}

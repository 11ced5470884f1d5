/**
 * What carries packets: the interface between the driver and a device, a socket, or memory.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { InterfaceProperties } from "../core/stack.ts";
import type { IpAddress } from "../core/wire/address.ts";
import type { IcmpError } from "../core/wire/icmp.ts";
import type { Packet } from "../core/wire/packet.ts";

/** What a transport tells the driver that opened it. Any of it may be said at any time, also during `open`. */
export interface TransportEvents {
  /** The time on the driver's clock, by which {@linkcode Transport.deadline} is measured. */
  now(): Micros;
  /** `receive` has something again after it gave null, or `send` has room again after it gave false. */
  ready(): void;
  /** An address of this host came, or its properties changed. Throws if another transport has it. */
  addressUp(address: IpAddress, properties: InterfaceProperties): void;
  /** An address of this host went. */
  addressDown(address: IpAddress): void;
  /** Whether a subflow of the host has this port of its address, so that a socket bound to it is still wanted. */
  isPortInUse(address: IpAddress, port: number): boolean;
  /** Somebody on the way could not deliver a segment; `error` is read during the call. */
  icmpError(error: IcmpError): void;
}

/**
 * Carries packets between the stack and the world. All of it is called on one thread and returns at once; nothing but
 * `open` throws because of the world.
 */
export interface Transport {
  /** Begins to carry for the driver behind `events`, and announces the addresses it brings. Called once. */
  open(events: TransportEvents): void;
  /**
   * The next packet that has arrived, or null. It stays the transport's: it is valid until the next call. Its TCP
   * checksum is verified, or known to be needless; what did not verify was dropped and counted.
   */
  receive(): Packet | null;
  /**
   * The latest packet is ahead of its turn in its stream: where the transport has several interfaces, the next comes from
   * another, which may have what belongs before it.
   */
  passTurn?(): void;
  /**
   * Takes the packet and returns true, or returns false when there is no room; then `ready` is called once there is. What
   * can never be sent is dropped and counted. May write into the headroom and the checksum field, and takes those segments
   * out of a super-segment for which there was room when there is none for the others; does not keep the packet.
   */
  send(packet: Packet): boolean;
  /**
   * Whether `send` takes what has its payload in `Packet.pieces`; without it, packets are whole. What stands between a
   * host and such a transport only says so too if it can.
   */
  readonly gathers?: boolean;
  /** Whether it cuts super-segments and puts segments together by itself, so that single ones pass below it. */
  readonly cuts?: boolean;
  /** The burst is over: whatever `send` gathered leaves now. */
  flush?(): void;
  /** When `receive` and `flush` are to be called at the latest, though nothing else happens; Infinity, or absent, for never. */
  readonly deadline?: Micros;
  /** What to wait with for input that nobody would announce by `ready`; may be shared by several transports. */
  readonly waiter?: Waiter;
  /** Ends it and gives everything back. May be called more than once. */
  close(): void | Promise<void>;
}

/** A wait of the transport's own, for input that has to be asked for. */
export interface Waiter {
  /**
   * Resolves when there is input, after `timeout`, or after {@linkcode Waiter.wake}; not called again before. With `hold`,
   * the wait is to keep the program running, and only then.
   */
  wait(timeout: Micros, hold: boolean): Promise<void>;
  /** Ends the wait under way. */
  wake(): void;
}

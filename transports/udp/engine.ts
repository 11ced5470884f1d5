/**
 * What sends and receives datagrams: the interface between the UDP transport and a system.
 *
 * @module
 */

import type { Activable } from "../../core/active_list.ts";
import type { IpAddress } from "../../core/wire/address.ts";
import type { IcmpError } from "../../core/wire/icmp.ts";
import type { Packet } from "../../core/wire/packet.ts";
import type { Waiter } from "../transport.ts";

/** What became of datagrams. */
export class DatagramCounters {
  /** Datagrams received, whatever they were. */
  UdpInDatagrams = 0;
  /** Datagrams sent. */
  UdpOutDatagrams = 0;
  /** Datagrams that carried no segment and were dropped. */
  UdpInErrors = 0;
  /** Datagrams without a byte, with which others keep translators' bindings alive; they are no errors. */
  UdpKeepAlives = 0;
  /** Datagrams that the system did not take. */
  UdpSndbufErrors = 0;
  /** ICMP errors about what was sent; only Linux tells. */
  IcmpInMsgs = 0;
  /** Datagrams that came while the socket's buffer was full; only Linux tells. */
  UdpRcvbufErrors = 0;
}

/** What an engine tells the transport. */
export interface EngineEvents {
  /** `socket` has something to receive again. */
  readable(socket: DatagramSocket): void;
  /** A socket has room again. */
  writable(): void;
  /** A datagram did not get to its destination; `error` is read during the call. */
  icmpError(error: IcmpError): void;
  /** Where to count. */
  readonly counters: DatagramCounters;
}

/** One bound socket. */
export interface DatagramSocket extends Activable<DatagramSocket> {
  /** Its port. */
  readonly port: number;
  /**
   * The next segment received, addresses and ports filled in, which is valid until the next call; null until
   * {@linkcode EngineEvents.readable}.
   */
  receive(): Packet | null;
  /**
   * Sends the segments in `packet` to their destination; false if there is no room for all of them until
   * {@linkcode EngineEvents.writable}: `packet` is then what is left.
   */
  send(packet: Packet): boolean;
  /** Ends it. */
  close(): void;
}

/** A way to sockets. */
export interface DatagramEngine {
  /** Its name. */
  readonly name: "portable" | "linux";
  /** What to wait with, if sockets have to be asked. */
  readonly waiter?: Waiter;
  /** Whether its sockets take packets whose payload lies in pieces. */
  readonly gathers: boolean;
  /** Largest payload of a super-segment that its sockets take and cut, for an interface of `mtu`. */
  superSegment(mtu: number): number;
  /** Makes what its sockets share; called before the first is opened. */
  start(): void;
  /**
   * Binds a socket to `address` and `port`, 0 for any. Throws an error of a class in `Deno.errors` that says what is missing
   * and what to do.
   */
  open(address: IpAddress, port: number, events: EngineEvents): DatagramSocket;
  /** Asks the system which sockets have something, for {@linkcode EngineEvents.readable}; absent where they tell by themselves. */
  look?(): void;
  /** The addresses of this machine, where they can be learnt without further permission. */
  interfaces?(): readonly string[];
  /** Whether addresses of this machine may have changed since the last call; absent where nobody tells. */
  hasNews?(): boolean;
  /** Gives back what is shared by its sockets. */
  close(): void;
}

/**
 * What the kernel says of datagrams that a socket sent: ICMP errors that came back for them (IP_RECVERR in ip(7)), and why
 * it does not even let them leave.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import { IcmpError, type IcmpErrorKind } from "../../core/wire/icmp.ts";
import type { Packet } from "../../core/wire/packet.ts";
import { icmpErrorKind } from "../icmp.ts";
import { IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH } from "../ip.ts";
import { SHORTEST_DATAGRAM, UDP_HEADER_LENGTH } from "../udp/format.ts";
import { SEND_ERROR_KINDS } from "../udp/send_errors.ts";
import { ERRNO, type Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";
import type { Message } from "./message.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** What is asked of routes is the same for all. */
const ANY_PORT = 9;
const MSG_ERRQUEUE = 0x2000;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU = 14;
const IPV6_MTU = 24;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
/** What of a datagram is read: the ports are told aside, and behind the sequence number nothing is asked for. */
const QUOTE_LENGTH = 64;
/** Errors taken from a queue at a time. */
const MOST_AT_ONCE = 64;

// struct sock_extended_err
const ORIGIN = 4;
const TYPE = 5;
const CODE = 6;
const INFO = 8;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;

/** Why the kernel does not send to a destination, by error number. */
const KINDS: ReadonlyMap<number, IcmpErrorKind> = new Map(
  Object.entries(SEND_ERROR_KINDS).map(([name, kind]) => [ERRNO[name as keyof typeof SEND_ERROR_KINDS], kind]),
);

/** Whose errors to read. */
export interface ErrorSource {
  /** The descriptor. */
  readonly descriptor: number;
  /** The address it is bound to. */
  readonly address: IpAddress;
  /** The port it is bound to. */
  readonly port: number;
}

/** Makes the kernel keep errors for `descriptor`. An old kernel that does not costs news and nothing else. */
export function keepErrors(set: (level: number, name: number, value: number) => void, family: 4 | 6): void {
  if (family === 4) set(IPPROTO_IP, IP_RECVERR, 1);
  else set(IPPROTO_IPV6, IPV6_RECVERR, 1);
}

/** Reads errors for all sockets of an engine. */
export class UdpErrors {
  readonly #libc: Libc;
  readonly #message: Message;
  readonly #quote = new NativeMemory(QUOTE_LENGTH);
  readonly #error = new IcmpError();

  /** `message` is used during calls. */
  constructor(libc: Libc, message: Message) {
    this.#libc = libc;
    this.#message = message;
  }

  /** Hands on what came back for datagrams of `source`; returns how many errors that were. */
  read(source: ErrorSource, take: (error: IcmpError) => void): number {
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const message = this.#message;
      message.clear();
      message.addVector(this.#quote.address, QUOTE_LENGTH);
      message.prepareToReceive();
      const length = this.#libc.recvmsg(source.descriptor, message.pointer, MSG_ERRQUEUE);
      if (length < 0) return count;
      if (this.#parse(source, length)) take(this.#error);
    }
    return MOST_AT_ONCE;
  }

  /** What it says of `packet` that the kernel did not take it for `errno`; null for nothing. */
  explain(source: ErrorSource, packet: Packet, errno: number): IcmpError | null {
    const { view, start, destination, segmentSize, headerLength, tcpLength } = packet;
    // Older kernels have another number for a train that is too long.
    const kind = errno === ERRNO.EINVAL && segmentSize > 0 ? "too-big" : KINDS.get(errno);
    if (kind === undefined) return null;
    const error = this.#about(source);
    error.kind = kind;
    error.mtu = kind === "too-big" ? this.#mtuTo(destination) : 0;
    // As long as the longest of a train. TCP without UDP has the same length.
    error.quotedLength = ipHeaderLength(source.address) + (segmentSize > 0 ? headerLength + segmentSize : tcpLength);
    error.remote.copy(destination);
    error.remotePort = view.getUint16(start + 2);
    error.sequence = view.getUint32(start + 4);
    return error;
  }

  /** Gives the memory back. */
  close(): void {
    this.#quote.free();
  }

  /** Longest IP packet in bytes that may leave for `destination`, as the kernel's routes say; 0 if they do not. */
  #mtuTo(destination: IpAddress): number {
    const isV4 = destination.family === 4;
    const libc = this.#libc;
    const descriptor = libc.socket(isV4 ? AF_INET : AF_INET6, SOCK_DGRAM_CLOEXEC, 0);
    if (descriptor < 0) return 0;
    const { view, address } = this.#quote;
    this.#message.setSocketAddress(destination, ANY_PORT);
    view.setUint32(0, 0, true);
    view.setUint32(4, 4, true);
    const { socketAddress, socketAddressLength } = this.#message;
    const isKnown = libc.connect(descriptor, socketAddress, socketAddressLength) === 0 &&
      libc.getsockopt(descriptor, isV4 ? IPPROTO_IP : IPPROTO_IPV6, isV4 ? IP_MTU : IPV6_MTU, address, address + 4) ===
        0;
    libc.close(descriptor);
    return isKnown ? view.getInt32(0, true) : 0;
  }

  /** False if it is not about a segment, or says nothing. */
  #parse(source: ErrorSource, length: number): boolean {
    const { family } = source.address;
    const message = this.#message;
    const at = family === 4
      ? message.findControl(IPPROTO_IP, IP_RECVERR)
      : message.findControl(IPPROTO_IPV6, IPV6_RECVERR);
    // Who quotes less than the sequence number cannot be told from who guesses (RFC 5927 section 4.1).
    if (at < 0 || length < SHORTEST_DATAGRAM) return false;
    const { view } = message;
    const origin = view.getUint8(at + ORIGIN);
    if (origin !== ORIGIN_ICMP && origin !== ORIGIN_ICMP6) return false;
    const kind = icmpErrorKind(view.getUint8(at + TYPE), view.getUint8(at + CODE), family);
    if (kind === null) return false;
    const error = this.#about(source);
    error.kind = kind;
    error.mtu = kind === "too-big" ? view.getUint32(at + INFO, true) : 0;
    error.quotedLength = ipHeaderLength(source.address) + UDP_HEADER_LENGTH + length;
    error.remotePort = message.readSocketAddress(error.remote);
    error.sequence = this.#quote.view.getUint32(4);
    return true;
  }

  #about({ address, port }: ErrorSource): IcmpError {
    const error = this.#error;
    error.local.copy(address);
    error.localPort = port;
    return error;
  }
}

function ipHeaderLength({ family }: IpAddress): number {
  return family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
}

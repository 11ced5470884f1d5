/**
 * A UDP socket of Linux: trains of datagrams out by UDP_SEGMENT, and in by UDP_GRO, with one call each.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import { DEFAULT_HOP_LIMIT, HEADROOM, Packet } from "../../core/wire/packet.ts";
import type { DatagramSocket, EngineEvents } from "../udp/engine.ts";
import { coalesce, Run } from "../udp/coalesce.ts";
import { parseDatagram, UDP_HEADER_LENGTH } from "../udp/format.ts";
import type { Epoll } from "./epoll.ts";
import { ERRNO, type Libc } from "./libc.ts";
import { addressOf, NativeMemory } from "./memory.ts";
import type { Message } from "./message.ts";
import type { TrainWriter } from "./train_writer.ts";
import { keepErrors, type UdpErrors } from "./udp_errors.ts";

const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_SNDBUF = 7;
const SO_RXQ_OVFL = 40;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const IP_TOS = 1;
const IP_TTL = 2;
const IPV6_TCLASS = 67;
const IPV6_UNICAST_HOPS = 16;
/** Never fragment, whatever the kernel thinks of the path. */
const PMTUDISC_PROBE = 3;
const SOL_UDP = 17;
const UDP_GRO = 104;
/** Bytes of socket buffer that are asked for; the system grants what it allows. */
const RECEIVE_BUFFER = 4 << 20;
/** Less on the way out: what waits in the machine for a slow device is delay, and the host waits instead. */
const SEND_BUFFER = 512 << 10;
const LARGEST_TRAIN = 65_535;
const RECEIVE_AT = HEADROOM + UDP_HEADER_LENGTH;

/** What sockets of one engine share. */
export interface Shared {
  /** The C library. */
  readonly libc: Libc;
  /** To be told with what sockets have. */
  readonly epoll: Epoll;
  /** To send with. */
  readonly out: TrainWriter;
  /** Whether what is sent leaves in trains. */
  readonly hasTrains: boolean;
  /** To receive with. */
  readonly message: Message;
  /** To learn with what became of what was sent. */
  readonly errors: UdpErrors;
}

/** A bound socket. */
export class UdpSocket implements DatagramSocket {
  isActive = false;
  activeNext: DatagramSocket | null = null;
  readonly port: number;
  /** The descriptor. */
  readonly descriptor: number;
  /** The address it is bound to. */
  readonly address: IpAddress;
  readonly #shared: Shared;
  readonly #events: EngineEvents;
  #packet: Packet | null = null;
  #packetAt = 0;
  /** What is left of the train: the next datagram, the end, and how far it is from one to the next. */
  #next = 0;
  #end = 0;
  #stride = 0;
  readonly #run = new Run();
  readonly #ports = { source: 0, destination: 0 };
  #drops = 0;
  /** What its datagrams have in their IP headers. */
  #dscp = 0;
  #hopLimit = DEFAULT_HOP_LIMIT;
  #hasTrains: boolean;
  #isFull = false;
  #isClosed = false;

  /** Throws an error of a class in `Deno.errors`. */
  constructor(shared: Shared, address: IpAddress, port: number, events: EngineEvents) {
    this.#shared = shared;
    this.address = address.clone();
    this.#events = events;
    this.#hasTrains = shared.hasTrains;
    this.descriptor = bound(shared, address, port);
    this.port = this.#ports.destination = portOf(shared, this.descriptor);
    shared.epoll.add(this.descriptor, () => events.readable(this));
  }

  receive(): Packet | null {
    for (;;) {
      // The descriptor may be another's by now.
      if (this.#isClosed || (this.#next >= this.#end && !this.#read())) return null;
      const packet = this.#packet!;
      const at = this.#next;
      const run = this.#run;
      coalesce(packet.view, packet.bytes, at, this.#end, this.#stride, run);
      this.#next = run.next;
      this.#events.counters.UdpInDatagrams += Math.ceil((run.next - at) / this.#stride);
      if (parseDatagram(packet, at, run.end, this.#ports)) {
        packet.destination.copy(this.address);
        packet.segmentSize = run.segmentSize;
        return packet;
      }
      this.#events.counters.UdpInErrors++;
    }
  }

  send(packet: Packet): boolean {
    const { counters } = this.#events;
    const { out, errors } = this.#shared;
    if (packet.dscp !== this.#dscp || packet.hopLimit !== this.#hopLimit) this.#setIpHeader(packet);
    let sent = out.send(this.descriptor, packet, this.#hasTrains);
    if (out.errno === ERRNO.EIO && this.#hasTrains) {
      // Nobody cuts trains where the device computes no checksums, or where what leaves is encrypted.
      this.#hasTrains = false;
      sent = out.send(this.descriptor, packet, false);
    }
    counters.UdpOutDatagrams += sent;
    this.#noteRoom(out.refused === 0 || out.errno !== ERRNO.EAGAIN);
    if (out.errno === 0) return true;
    if (this.#isFull) {
      if (sent > 0) packet.dropPayload(sent * packet.segmentSize);
      return false;
    }
    counters.UdpSndbufErrors += out.refused;
    const error = out.refused > 0 ? errors.explain(this, packet, out.errno) : null;
    if (error !== null) this.#events.icmpError(error);
    this.#readErrors();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#shared.epoll.delete(this.descriptor);
    this.#shared.libc.close(this.descriptor);
  }

  #noteRoom(hasRoom: boolean): void {
    if (this.#isFull === !hasRoom) return;
    this.#isFull = !hasRoom;
    this.#shared.epoll.awaitRoom(this.descriptor, this.#isFull);
  }

  /** A socket of several subflows that differ is told so from one to the next. */
  #setIpHeader({ dscp, hopLimit }: Packet): void {
    const { libc } = this.#shared;
    const isV4 = this.address.family === 4;
    const level = isV4 ? IPPROTO_IP : IPPROTO_IPV6;
    if (dscp !== this.#dscp) set(libc, this.descriptor, level, isV4 ? IP_TOS : IPV6_TCLASS, dscp << 2);
    if (hopLimit !== this.#hopLimit) set(libc, this.descriptor, level, isV4 ? IP_TTL : IPV6_UNICAST_HOPS, hopLimit);
    this.#dscp = dscp;
    this.#hopLimit = hopLimit;
  }

  /** Takes the next train from the kernel; false if there is none. */
  #read(): boolean {
    const { libc, message } = this.#shared;
    if (this.#packet === null) {
      this.#packet = new Packet(RECEIVE_AT + LARGEST_TRAIN);
      this.#packetAt = addressOf(this.#packet.bytes as Uint8Array<ArrayBuffer>) + RECEIVE_AT;
    }
    for (;;) {
      message.clear();
      message.addVector(this.#packetAt, LARGEST_TRAIN);
      message.prepareToReceive();
      const length = libc.recvmsg(this.descriptor, message.pointer, 0);
      if (length < 0 && libc.errno() !== ERRNO.EAGAIN && this.#readErrors()) continue;
      if (length < 0) return false;
      this.#noteDrops(message.readControl32(SOL_SOCKET, SO_RXQ_OVFL));
      if (length === 0) {
        this.#events.counters.UdpKeepAlives++;
        continue;
      }
      const stride = message.readControl32(SOL_UDP, UDP_GRO);
      this.#next = RECEIVE_AT;
      this.#end = RECEIVE_AT + length;
      this.#stride = stride > 0 ? stride : length;
      this.#ports.source = message.readSocketAddress(this.#packet.source);
      return true;
    }
  }

  /** Hands on what came back for what was sent; false if nothing did. */
  #readErrors(): boolean {
    const count = this.#shared.errors.read(this, (error) => this.#events.icmpError(error));
    this.#events.counters.IcmpInMsgs += count;
    return count > 0;
  }

  #noteDrops(drops: number): void {
    if (drops < 0) return;
    this.#events.counters.UdpRcvbufErrors += (drops - this.#drops) >>> 0;
    this.#drops = drops;
  }
}

function bound({ libc, message }: Shared, address: IpAddress, port: number): number {
  const isV4 = address.family === 4;
  message.setSocketAddress(address, port);
  const descriptor = libc.socket(isV4 ? 2 : 10, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (descriptor < 0) throw new Error(`Cannot open UDP socket: socket failed with error ${libc.errno()}`);
  if (libc.bind(descriptor, message.socketAddress, message.socketAddressLength) < 0) {
    const errno = libc.errno();
    libc.close(descriptor);
    throw bindError(errno, address, port);
  }
  set(libc, descriptor, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  set(libc, descriptor, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
  set(libc, descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
  set(libc, descriptor, SOL_UDP, UDP_GRO, 1);
  keepErrors((level, name, value) => set(libc, descriptor, level, name, value), address.family);
  if (isV4) set(libc, descriptor, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
  else set(libc, descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
  return descriptor;
}

/** An option that an old kernel lacks costs speed and nothing else. */
function set(libc: Libc, descriptor: number, level: number, name: number, value: number): void {
  const memory = new NativeMemory(4);
  memory.view.setInt32(0, value, true);
  libc.setsockopt(descriptor, level, name, memory.address, 4);
  memory.free();
}

function portOf({ libc, message }: Shared, descriptor: number): number {
  const memory = new NativeMemory(64);
  memory.view.setUint32(32, 32, true);
  libc.getsockname(descriptor, memory.address, memory.address + 32);
  const port = memory.view.getUint16(2);
  memory.free();
  message.clear();
  return port;
}

function bindError(errno: number, address: IpAddress, port: number): Error {
  const what = `Cannot open UDP socket on ${address} port ${port}`;
  switch (errno) {
    case ERRNO.EADDRINUSE:
      return new Deno.errors.AddrInUse(`${what}: another program has it; choose another port or end that program`);
    case ERRNO.EADDRNOTAVAIL:
      return new Deno.errors.AddrNotAvailable(`${what}: this machine does not have the address`);
    case ERRNO.EACCES:
      return new Deno.errors.PermissionDenied(`${what}: ports below 1024 are for root; choose another`);
    default:
      return new Error(`${what}: bind failed with error ${errno}`);
  }
}

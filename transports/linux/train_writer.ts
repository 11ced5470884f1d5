/**
 * Sends a super-segment as a train of datagrams, each with a header of its own at a fixed distance, the payload from where it
 * lies.
 *
 * @module
 */

import type { Packet } from "../../core/wire/packet.ts";
import { IPV4_HEADER_LENGTH } from "../ip.ts";
import { PayloadCursor } from "../payload_cursor.ts";
import { segmentCount } from "../segmentation.ts";
import { emitDatagram, emitSegmentHeader, UDP_HEADER_LENGTH } from "../udp/format.ts";
import { ERRNO, type Libc } from "./libc.ts";
import { NativeMemory, StorageAddresses } from "./memory.ts";
import { Message } from "./message.ts";

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** Datagrams in one train (UDP_MAX_SEGMENTS of older kernels). */
const MOST_DATAGRAMS = 64;
/** Bytes in one train: what an IP packet can say, less the longest headers. */
const MOST_BYTES = 65_535 - 60 - UDP_HEADER_LENGTH;
/** Bytes of the longest header without ports, with all options. */
const LARGEST_HEADER = 60 - UDP_HEADER_LENGTH;
const LARGEST_DATAGRAM = 9216;

/** Payload in the longest train of datagrams that fill packets of `mtu` bytes, headers as long as they get. */
export function longestTrain(mtu: number): number {
  const datagram = mtu - IPV4_HEADER_LENGTH - UDP_HEADER_LENGTH;
  return datagramsOf(datagram) * (datagram - LARGEST_HEADER);
}

/** Whether the kernel cuts trains, as Linux does since 4.18. */
export function canSendTrains(libc: Libc): boolean {
  const descriptor = libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  const none = new NativeMemory(4);
  const isKnown = libc.setsockopt(descriptor, SOL_UDP, UDP_SEGMENT, none.address, 4) === 0;
  none.free();
  libc.close(descriptor);
  return isKnown;
}

/** Sends for all sockets of an engine. */
export class TrainWriter {
  /** Datagrams that the last {@linkcode TrainWriter.send} could not hand over. */
  refused = 0;
  /** Why the kernel did not take something at once in the last {@linkcode TrainWriter.send}; 0 if it took everything. */
  errno = 0;

  readonly #libc: Libc;
  readonly #message = new Message();
  /** Headers of a train, or one whole datagram. */
  readonly #memory = new NativeMemory(Math.max(MOST_DATAGRAMS * LARGEST_HEADER, LARGEST_DATAGRAM));
  readonly #storage = new StorageAddresses();
  readonly #cursor = new PayloadCursor();

  /** Calls `libc`. */
  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Sends what `packet` holds, in trains or each datagram by itself; returns how many datagrams of it have left. */
  send(descriptor: number, packet: Packet, hasTrains: boolean): number {
    this.refused = this.errno = 0;
    const { view, start } = packet;
    this.#message.setSocketAddress(packet.destination, view.getUint16(start + 2));
    if (packet.segmentSize === 0) return this.#sendOne(descriptor, packet);
    const { headerLength } = packet;
    const count = segmentCount(packet);
    const stride = headerLength - UDP_HEADER_LENGTH + packet.segmentSize;
    const most = hasTrains ? datagramsOf(stride) : 1;
    this.#cursor.begin(packet, headerLength);
    for (let first = 0; first < count; first += most) {
      const last = Math.min(first + most, count);
      if (this.#sendTrain(descriptor, packet, headerLength, first, last, count)) continue;
      // What is behind it would meet with the same.
      this.refused = count - first;
      return first;
    }
    return count;
  }

  /** Gives the memory back. */
  close(): void {
    this.#message.free();
    this.#memory.free();
  }

  #sendOne(descriptor: number, packet: Packet): number {
    const length = emitDatagram(packet, this.#memory.view, 0);
    this.#message.clear();
    this.#message.addVector(this.#memory.address, length);
    if (this.#hand(descriptor)) return 1;
    this.refused = 1;
    return 0;
  }

  #sendTrain(
    descriptor: number,
    packet: Packet,
    headerLength: number,
    first: number,
    last: number,
    count: number,
  ): boolean {
    const message = this.#message;
    const { segmentSize } = packet;
    const length = headerLength - UDP_HEADER_LENGTH;
    message.clear();
    for (let i = first; i < last; i++) {
      const at = (i - first) * length;
      emitSegmentHeader(packet, i, count, this.#memory.view, at);
      message.addVector(this.#memory.address + at, length);
      this.#addPayload(Math.min(segmentSize, packet.tcpLength - headerLength - i * segmentSize));
    }
    if (last - first > 1) message.setControl16(SOL_UDP, UDP_SEGMENT, length + segmentSize);
    return this.#hand(descriptor);
  }

  /** Hands the message over; false if the kernel does not take it. */
  #hand(descriptor: number): boolean {
    if (this.#libc.sendmsg(descriptor, this.#message.pointer, 0) >= 0) return true;
    this.errno = this.#libc.errno();
    if (this.errno === ERRNO.EAGAIN || this.errno === ERRNO.ENOBUFS) return false;
    // An error that came for what was sent before ends one call, whatever that is for (IP_RECVERR).
    if (this.#libc.sendmsg(descriptor, this.#message.pointer, 0) >= 0) return true;
    this.errno = this.#libc.errno();
    return false;
  }

  /** Adds vectors for the next `length` bytes of payload. */
  #addPayload(length: number): void {
    const cursor = this.#cursor;
    for (let rest = length; rest > 0;) {
      const part = cursor.step(rest);
      this.#message.addVector(this.#storage.of(cursor.array) + cursor.start, part);
      rest -= part;
    }
  }
}

/** Datagrams of `length` bytes that fit one train. */
function datagramsOf(length: number): number {
  return Math.min(MOST_DATAGRAMS, Math.floor(MOST_BYTES / length));
}

/**
 * Reads packets from a device, and puts segments that arrive one behind the other together, as generic receive offload
 * (GRO) of Linux does: the stack is asked once for many.
 *
 * @module
 */

import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { FIN, FLAGS_OFFSET, PSH } from "../../core/wire/tcp.ts";
import { isContinuation, leadingHeaderLength } from "../joining.ts";
import { ERRNO, type Libc } from "./libc.ts";
import { addressOf } from "./memory.ts";
import { Vectors } from "./vectors.ts";

/** No IP packet is longer. */
const LARGEST_PACKET = 65_535;
/** Where the IP header stands, so that 4 bytes of it are aligned. */
const IP_AT = 16;
/** Packets that are put together at once, as many as the kernel takes in a turn. */
const MOST_JOINED = 64;

/** The input of one descriptor. */
export class DeviceReader {
  /** What was read last, from {@linkcode DeviceReader.ipAt} on; valid until the next call. */
  packet: Packet = newPacket();
  /** Index of the first byte of the IP header. */
  readonly ipAt = IP_AT;

  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #headerLength: number;
  /** What was read behind `packet` and did not belong to it, and its length; 0 for nothing. */
  #ahead = newPacket();
  #aheadLength = 0;
  readonly #vectors = new Vectors(2);
  readonly #addresses = new Map<Packet, number>();

  /** In front of each IP packet that `descriptor` gives there are `headerLength` bytes, at most 16. */
  constructor(libc: Libc, descriptor: number, headerLength: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#headerLength = headerLength;
    for (const packet of [this.packet, this.#ahead]) {
      this.#addresses.set(packet, addressOf(packet.bytes as Uint8Array<ArrayBuffer>));
    }
  }

  /** Reads a packet; returns the index behind its last byte, or below 0 the error number. */
  read(): number {
    const length = this.#aheadLength;
    if (length > 0) {
      this.#aheadLength = 0;
      [this.packet, this.#ahead] = [this.#ahead, this.packet];
      return IP_AT + length;
    }
    const at = IP_AT - this.#headerLength;
    this.#vectors.clear();
    this.#add(this.packet, at, LARGEST_PACKET + this.#headerLength);
    const read = this.#readv();
    return read < 0 ? read : at + read;
  }

  /**
   * Reads on as long as what comes continues the segment in `packet`, which was read last and is bounded and verified, and
   * adds it there; returns how many packets that were. The payload is read to where it belongs.
   */
  join(): number {
    const { packet } = this;
    const header = leadingHeaderLength(packet, IP_AT);
    if (header === 0) return 0;
    const payload = packet.end - IP_AT - header;
    let count = 0;
    while (count < MOST_JOINED && packet.end + payload <= IP_AT + LARGEST_PACKET) {
      this.#vectors.clear();
      this.#add(this.#ahead, IP_AT, header);
      this.#add(packet, packet.end, LARGEST_PACKET);
      const length = this.#readv();
      if (length < 0) break;
      if (length > header + payload || !isContinuation(packet, IP_AT, header, this.#ahead, length)) {
        this.#keep(header, length);
        break;
      }
      count++;
      packet.segmentSize = payload;
      packet.end += length - header;
      const last = this.#ahead.view.getUint8(packet.start + FLAGS_OFFSET) & (FIN | PSH);
      if (last === 0 && length === header + payload) continue;
      packet.view.setUint8(packet.start + FLAGS_OFFSET, packet.view.getUint8(packet.start + FLAGS_OFFSET) | last);
      break;
    }
    return count;
  }

  /** Gives back what native code knows. */
  close(): void {
    this.#vectors.free();
  }

  /** Makes one piece of what was read to two places. */
  #keep(header: number, length: number): void {
    this.#aheadLength = length;
    if (length <= header) return;
    const { bytes, end } = this.packet;
    this.#ahead.bytes.set(bytes.subarray(end, end + length - header), IP_AT + header);
  }

  #add(packet: Packet, at: number, length: number): void {
    this.#vectors.add(this.#addresses.get(packet)! + at, length);
  }

  #readv(): number {
    const length = this.#libc.readv(this.#descriptor, this.#vectors.pointer, this.#vectors.count);
    return length > 0 ? length : length < 0 ? -this.#libc.errno() : -ERRNO.EAGAIN;
  }
}

function newPacket(): Packet {
  return new Packet(IP_AT + 2 * LARGEST_PACKET + HEADROOM);
}

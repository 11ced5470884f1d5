/**
 * Captures in the pcapng format (draft-ietf-opsawg-pcapng), which Wireshark and its relatives read.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";

/** Which way a packet went, as the interface sees it. */
export type CaptureDirection = "in" | "out";

/** An interface of a capture. */
export interface CaptureInterface {
  /** Name, as Wireshark shows it. */
  readonly name: string;
  /** More about it. */
  readonly description?: string;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Packets begin with their IP header, of either version. */
const LINKTYPE_RAW = 101;

const OPTION_END = 0;
const SECTION_APPLICATION = 4;
const INTERFACE_NAME = 2;
const INTERFACE_DESCRIPTION_TEXT = 3;
const INTERFACE_TIME_RESOLUTION = 9;
const PACKET_FLAGS = 2;

/** Time stamps are multiples of 10^-6 s. */
const MICROSECONDS = 6;
/** Bytes of an enhanced packet block besides the packet: header, flags, end of options, trailing length. */
const PACKET_OVERHEAD = 28 + 8 + 4 + 4;
/** Bytes gathered before the sink gets them. */
const CHUNK = 65_536;

/**
 * Turns IP packets into a capture. It opens no file: what it makes goes to `sink`, in pieces that the sink may keep.
 *
 * ```ts
 * import { PcapngWriter } from "@userspace/mptcp/transports";
 *
 * const pieces: Uint8Array[] = [];
 * const capture = new PcapngWriter((bytes) => pieces.push(bytes));
 * const wifi = capture.addInterface({ name: "wifi" });
 * const packet = new Uint8Array(20);
 * capture.writePacket(wifi, 1_500_000, packet, 0, packet.length, "out");
 * capture.flush();
 * ```
 */
export class PcapngWriter {
  readonly #sink: (bytes: Uint8Array) => void;
  #bytes = new Uint8Array(CHUNK);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #interfaces = 0;

  /** Begins the capture. `application` is named in it as its author. */
  constructor(sink: (bytes: Uint8Array) => void, application = "mptcp") {
    this.#sink = sink;
    const text = new TextEncoder().encode(application);
    this.#block(SECTION_HEADER, 16 + optionLength(text.length) + 4, (at) => {
      this.#view.setUint32(at, BYTE_ORDER_MAGIC, true);
      this.#view.setUint16(at + 4, 1, true);
      // The length of the section is unknown.
      this.#view.setInt32(at + 8, -1, true);
      this.#view.setInt32(at + 12, -1, true);
      this.#option(at + 16, SECTION_APPLICATION, text);
    });
  }

  /** Adds an interface and returns its number for {@linkcode PcapngWriter.writePacket}. */
  addInterface({ name, description = "" }: CaptureInterface): number {
    const encoder = new TextEncoder();
    const nameText = encoder.encode(name);
    const descriptionText = encoder.encode(description);
    const texts = optionLength(nameText.length) + (description === "" ? 0 : optionLength(descriptionText.length));
    this.#block(INTERFACE_DESCRIPTION, 8 + texts + optionLength(1) + 4, (at) => {
      this.#view.setUint16(at, LINKTYPE_RAW, true);
      let next = this.#option(at + 8, INTERFACE_NAME, nameText);
      if (description !== "") next = this.#option(next, INTERFACE_DESCRIPTION_TEXT, descriptionText);
      this.#option(next, INTERFACE_TIME_RESOLUTION, Uint8Array.of(MICROSECONDS));
    });
    return this.#interfaces++;
  }

  /** Adds the packet `bytes[start … end)`, from its IP header on, seen at `time` after the beginning of 1970. */
  writePacket(
    interfaceNumber: number,
    time: Micros,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction?: CaptureDirection,
  ): void {
    if (!(interfaceNumber >= 0 && interfaceNumber < this.#interfaces)) {
      throw new RangeError(`Cannot write packet: there is no interface ${interfaceNumber}, call addInterface() first`);
    }
    const length = end - start;
    const padded = (length + 3) & ~3;
    const total = PACKET_OVERHEAD + padded;
    const at = this.#reserve(total);
    const view = this.#view;
    const ticks = Math.floor(time);
    view.setUint32(at, ENHANCED_PACKET, true);
    view.setUint32(at + 4, total, true);
    view.setUint32(at + 8, interfaceNumber, true);
    view.setUint32(at + 12, Math.floor(ticks / 0x1_0000_0000), true);
    view.setUint32(at + 16, ticks % 0x1_0000_0000, true);
    view.setUint32(at + 20, length, true);
    view.setUint32(at + 24, length, true);
    this.#bytes.set(bytes.subarray(start, end), at + 28);
    const options = at + 28 + padded;
    view.setUint16(options, PACKET_FLAGS, true);
    view.setUint16(options + 2, 4, true);
    view.setUint32(options + 4, direction === undefined ? 0 : direction === "in" ? 1 : 2, true);
    view.setUint32(options + 8, OPTION_END, true);
    view.setUint32(options + 12, total, true);
  }

  /** Hands what is gathered to the sink. */
  flush(): void {
    if (this.#length === 0) return;
    this.#sink(this.#bytes.subarray(0, this.#length));
    this.#renew(CHUNK);
  }

  #block(type: number, bodyLength: number, body: (at: number) => void): void {
    const total = bodyLength + 12;
    const at = this.#reserve(total);
    this.#view.setUint32(at, type, true);
    this.#view.setUint32(at + 4, total, true);
    body(at + 8);
    this.#view.setUint32(at + total - 4, total, true);
  }

  #option(at: number, code: number, value: Uint8Array): number {
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, value.length, true);
    this.#bytes.set(value, at + 4);
    return at + optionLength(value.length);
  }

  /** Room for `length` bytes, all zero. */
  #reserve(length: number): number {
    if (this.#length + length > this.#bytes.length) {
      this.flush();
      if (length > this.#bytes.length) this.#renew(length);
    }
    const at = this.#length;
    this.#length += length;
    return at;
  }

  #renew(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
  }
}

function optionLength(valueLength: number): number {
  return 4 + ((valueLength + 3) & ~3);
}

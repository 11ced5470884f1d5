/**
 * The structures around sendmsg(2) and recvmsg(2) on 64-bit Linux: the message, its vectors, an address, control data.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import { NativeMemory } from "./memory.ts";
import { Vectors } from "./vectors.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_LENGTH = 16;
const SOCKADDR6_LENGTH = 28;

// struct msghdr
const NAME = 0;
const NAME_LENGTH = 8;
const VECTORS_AT = 16;
const VECTOR_COUNT = 24;
const CONTROL_AT = 32;
const CONTROL_LENGTH = 40;

// Where the parts lie in the memory of a message.
const ADDRESS = 64;
const CONTROL = 128;
const CONTROL_SPACE = 128;
const LENGTH = CONTROL + CONTROL_SPACE;

/** Bytes of struct cmsghdr. */
const CONTROL_HEADER = 16;

/** One message, used again and again. */
export class Message {
  readonly #memory = new NativeMemory(LENGTH);
  readonly #words = new Uint32Array(this.#memory.bytes.buffer);
  readonly #vectors = new Vectors();

  constructor() {
    const { address, view } = this.#memory;
    view.setBigUint64(NAME, BigInt(address + ADDRESS), true);
    view.setBigUint64(VECTORS_AT, BigInt(this.#vectors.address), true);
    view.setBigUint64(CONTROL_AT, BigInt(address + CONTROL), true);
  }

  /** Where it lies. */
  get pointer(): Deno.PointerObject {
    return this.#memory.pointer;
  }

  /** The address of its socket address. */
  get socketAddress(): number {
    return this.#memory.address + ADDRESS;
  }

  /** Length of its socket address. */
  get socketAddressLength(): number {
    return this.#memory.view.getUint32(NAME_LENGTH, true);
  }

  /** Writes the socket address. */
  setSocketAddress(address: IpAddress, port: number): void {
    const { view } = this.#memory;
    const isV4 = address.family === 4;
    view.setUint16(ADDRESS, isV4 ? AF_INET : AF_INET6, true);
    view.setUint16(ADDRESS + 2, port);
    view.setUint32(ADDRESS + 4, 0);
    if (isV4) address.writeV4(view, ADDRESS + 4);
    else {
      address.writeV6(view, ADDRESS + 8);
      view.setUint32(ADDRESS + 24, 0);
    }
    view.setUint32(NAME_LENGTH, isV4 ? SOCKADDR_LENGTH : SOCKADDR6_LENGTH, true);
  }

  /** Reads the address that the kernel wrote into `into`; returns the port. */
  readSocketAddress(into: IpAddress): number {
    const { view } = this.#memory;
    if (view.getUint16(ADDRESS, true) === AF_INET) into.readV4(view, ADDRESS + 4);
    else into.readV6(view, ADDRESS + 8);
    return view.getUint16(ADDRESS + 2);
  }

  /** Forgets vectors and control data. */
  clear(): void {
    this.#vectors.clear();
    this.#words[CONTROL_LENGTH / 4] = 0;
    this.#words[VECTOR_COUNT / 4] = 0;
  }

  /** Appends a vector. */
  addVector(address: number, length: number): void {
    this.#vectors.add(address, length);
    this.#words[VECTOR_COUNT / 4] = this.#vectors.count;
  }

  /** Makes one control message of 16 bits the only one. */
  setControl16(level: number, type: number, value: number): void {
    const { view } = this.#memory;
    view.setUint32(CONTROL, CONTROL_HEADER + 2, true);
    view.setUint32(CONTROL + 4, 0, true);
    view.setInt32(CONTROL + 8, level, true);
    view.setInt32(CONTROL + 12, type, true);
    view.setUint16(CONTROL + CONTROL_HEADER, value, true);
    this.#words[CONTROL_LENGTH / 4] = CONTROL_HEADER + 8;
  }

  /** Makes it ready for the kernel to fill in: with room for an address and control data. */
  prepareToReceive(): void {
    this.#words[NAME_LENGTH / 4] = SOCKADDR6_LENGTH;
    this.#words[CONTROL_LENGTH / 4] = CONTROL_SPACE;
  }

  /** Its memory, for what {@linkcode Message.findControl} finds. */
  get view(): DataView {
    return this.#memory.view;
  }

  /** The 32 bits that the kernel wrote under `level` and `type`; -1 if it wrote none. */
  readControl32(level: number, type: number): number {
    const at = this.findControl(level, type);
    return at < 0 ? -1 : this.#memory.view.getUint32(at, true);
  }

  /** Where in {@linkcode Message.view} lies what the kernel wrote under `level` and `type`; -1 if it wrote nothing. */
  findControl(level: number, type: number): number {
    const { view } = this.#memory;
    const end = CONTROL + this.#words[CONTROL_LENGTH / 4]!;
    for (let at = CONTROL; at + CONTROL_HEADER + 4 <= end;) {
      const length = view.getUint32(at, true);
      if (view.getInt32(at + 8, true) === level && view.getInt32(at + 12, true) === type) {
        return at + CONTROL_HEADER;
      }
      if (length < CONTROL_HEADER) break;
      at += (length + 7) & ~7;
    }
    return -1;
  }

  /** Lets the memory go. */
  free(): void {
    this.#memory.free();
    this.#vectors.free();
  }
}

/**
 * Messages of netlink: requests to the kernel's network configuration and what it tells (netlink(7), rtnetlink(7)).
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const HEADER_LENGTH = 16;
const BUFFER_LENGTH = 32768;
/** Replies are read into the second half, so that the request stays for the error report. */
const REPLY = BUFFER_LENGTH / 2;

/** One message, or its attributes, in the buffer it was read into. */
export interface NetlinkMessage {
  /** RTM_NEWLINK and its like. */
  readonly type: number;
  /** The buffer. */
  readonly view: DataView;
  /** Index of what follows the netlink header. */
  readonly start: number;
  /** Index behind the message. */
  readonly end: number;
}

/** A socket to the kernel's network configuration. */
export class NetlinkSocket {
  /** Its descriptor, non-blocking. */
  readonly descriptor: number;
  readonly #libc: Libc;
  readonly #memory = new NativeMemory(BUFFER_LENGTH);
  #sequence = 0;
  #end = 0;

  /** `groups` are the RTMGRP_ bits of what to be told of. */
  constructor(libc: Libc, groups = 0) {
    this.#libc = libc;
    this.descriptor = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_ROUTE);
    const { view, address } = this.#memory;
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(8, groups, true);
    if (this.descriptor < 0 || libc.bind(this.descriptor, address, 12) < 0) {
      const errno = libc.errno();
      this.close();
      throw new Error(`Cannot reach the network configuration: netlink socket failed with error ${errno}`);
    }
  }

  /** Begins a request; the body's fields are written with the other methods. */
  begin(type: number, flags: number): this {
    const { view, bytes } = this.#memory;
    bytes.fill(0, 0, 256);
    view.setUint16(4, type, true);
    view.setUint16(6, flags | NLM_F_REQUEST | NLM_F_ACK, true);
    view.setUint32(8, ++this.#sequence, true);
    this.#end = HEADER_LENGTH;
    return this;
  }

  /** Appends fields of a byte each. */
  bytes(...values: readonly number[]): this {
    for (const value of values) this.#memory.view.setUint8(this.#end++, value);
    return this;
  }

  /** Appends fields of 4 bytes each. */
  words(...values: readonly number[]): this {
    for (const value of values) {
      this.#memory.view.setUint32(this.#end, value, true);
      this.#end += 4;
    }
    return this;
  }

  /** Appends an attribute. */
  attribute(type: number, value: Uint8Array | number): this {
    const { view, bytes } = this.#memory;
    const length = typeof value === "number" ? 4 : value.length;
    view.setUint16(this.#end, 4 + length, true);
    view.setUint16(this.#end + 2, type, true);
    if (typeof value === "number") view.setUint32(this.#end + 4, value, true);
    else bytes.set(value, this.#end + 4);
    this.#end += (4 + length + 3) & ~3;
    return this;
  }

  /** Sends the request; returns 0 or the error number. Messages of the answer go to `take`. */
  request(take?: (message: NetlinkMessage) => void): number {
    const { view, address } = this.#memory;
    view.setUint32(0, this.#end, true);
    if (this.#libc.send(this.descriptor, address, this.#end, 0) < 0) return this.#libc.errno();
    let result = 0;
    // The kernel has answered before `send` returns.
    this.read((message) => {
      if (message.type === NLMSG_ERROR) result = -message.view.getInt32(message.start, true);
      else take?.(message);
    });
    return result;
  }

  /** Hands on every message that has arrived. */
  read(take: (message: NetlinkMessage) => void): void {
    const { view, address } = this.#memory;
    for (;;) {
      const length = this.#libc.recv(this.descriptor, address + REPLY, BUFFER_LENGTH - REPLY, 0);
      if (length <= 0) return;
      for (let at = REPLY; at + HEADER_LENGTH <= REPLY + length;) {
        const size = view.getUint32(at, true);
        if (size < HEADER_LENGTH || at + size > REPLY + length) break;
        take({ type: view.getUint16(at + 4, true), view, start: at + HEADER_LENGTH, end: at + size });
        at += (size + 3) & ~3;
      }
    }
  }

  /** Closes it. */
  close(): void {
    if (this.descriptor >= 0) this.#libc.close(this.descriptor);
    this.#memory.free();
  }
}

/** Index of the value of the attribute `type` among those from `start` on, or -1. */
export function findAttribute(message: NetlinkMessage, start: number, type: number): number {
  const { view, end } = message;
  for (let at = start; at + 4 <= end;) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > end) return -1;
    if (view.getUint16(at + 2, true) === type) return at + 4;
    at += (length + 3) & ~3;
  }
  return -1;
}

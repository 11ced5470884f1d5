/**
 * Data in the SYN (RFC 7413): what one socket asks for, offers and brings.
 *
 * The client's first SYN carries a cookie that its peer gave it on an earlier connection, and data; without a cookie it asks
 * for one. A SYN that is sent again is a plain one, since what is dropped on the way may be the option or the data.
 *
 * @module
 */

import type { Block } from "../buffer/blocks.ts";
import { copyFromBlocks } from "../buffer/stream_buffer.ts";
import type { Micros } from "../plugin.ts";
import { MAXIMUM_OPTIONS_LENGTH, type TcpOptions } from "../wire/options.ts";
import type { Packet } from "../wire/packet.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import type { FastOpenCookies } from "./fast_open_cookies.ts";
import type { TcpSocket } from "./socket.ts";

/** Asks for a cookie. */
const REQUEST = new Uint8Array(0);

/** Fast Open of one socket that opens actively. */
export class FastOpenClient {
  readonly #cookies: FastOpenCookies;
  readonly #cookie: Uint8Array;
  readonly #block: Block | null;
  readonly #length: number;
  #hasLeft = false;
  #sent = 0;

  /**
   * For `socket`, whose stream begins with `length` bytes at the start of `block`, null for none; `cookies` knows what its
   * peer gave.
   */
  constructor(socket: TcpSocket, cookies: FastOpenCookies, block: Block | null, length: number) {
    const known = cookies.find(socket.path);
    const most = known === undefined ? 0 : Math.min(known.mss, socket.path.interfaceMss) - MAXIMUM_OPTIONS_LENGTH;
    this.#cookies = cookies;
    this.#cookie = known?.cookie ?? REQUEST;
    this.#block = block;
    this.#length = block === null ? 0 : Math.max(0, Math.min(length, most));
  }

  /** Bytes that left with the SYN. */
  get sent(): number {
    return this.#sent;
  }

  /** Adds option and data to the first SYN, whose other options are written; false if there is no room. */
  writeOption(options: TcpOptions): boolean {
    options.fastOpenLength = this.#cookie.length;
    options.fastOpenCookie.set(this.#cookie);
    if (options.byteLength() <= MAXIMUM_OPTIONS_LENGTH) return this.#hasLeft = true;
    options.fastOpenLength = -1;
    return false;
  }

  /** Appends the data to the SYN in `packet`. */
  addData(packet: Packet): void {
    if (this.#block === null || this.#length === 0) return;
    copyFromBlocks(this.#block, 0, packet.bytes, packet.end, this.#length);
    packet.end += this.#length;
    this.#sent = this.#length;
  }

  /** The SYN/ACK in `header` came and acknowledges `early` bytes. */
  handleAnswer(socket: TcpSocket, { options }: TcpHeader, early: number, now: Micros): void {
    const { counters } = socket.context;
    if (early > 0) counters.TcpExtTCPFastOpenActive++;
    else if (this.#sent > 0) counters.TcpExtTCPFastOpenActiveFail++;
    if (!this.#hasLeft) return;
    // Only the SYNs without the option seem to come through.
    const isLost = socket.synTries > 0 && options.fastOpenLength < 0 && early === 0;
    this.#cookies.learn(socket.path, options, isLost, now);
  }
}

/** Fast Open of one socket that opens passively. */
export interface FastOpenAnswer {
  /** The peer has shown a cookie of ours: its data is taken, and it may get data, before the handshake is done. */
  readonly isAccepted: boolean;
  /** A cookie to give; null for none. */
  readonly cookie: Uint8Array | null;
}

/** Adds the cookie to the SYN/ACK, whose other options are written. */
export function writeAnswer({ cookie }: FastOpenAnswer, options: TcpOptions): void {
  if (cookie === null) return;
  options.fastOpenLength = cookie.length;
  options.fastOpenCookie.set(cookie);
  if (options.byteLength() > MAXIMUM_OPTIONS_LENGTH) options.fastOpenLength = -1;
}

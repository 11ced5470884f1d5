/**
 * A program that writes and reads a stream and checks every byte.
 *
 * @module
 */

import type { ConnectionEvent, MetaSocket } from "../../core/mod.ts";
import type { Micros } from "../../core/plugin.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { End, Program } from "./end.ts";

/** What one end does with its connection. */
export interface TransferOptions {
  /** What it writes. */
  readonly sends?: Uint8Array;
  /** What it is to read. */
  readonly expects?: Uint8Array;
  /** Bytes of one `write`. */
  readonly writeChunk?: number;
  /** Lends what it writes. */
  readonly lends?: boolean;
  /** Milliseconds between two of them; 0 writes as fast as it goes. */
  readonly writeEvery?: number;
  /** Bytes of one `read`. */
  readonly readChunk?: number;
  /** Milliseconds between two of them; 0 reads as fast as it goes. */
  readonly readEvery?: number;
  /** Lends the memory of a `read` while it waits; "by turns" takes it back every other time that it hears of something. */
  readonly posts?: "never" | "always" | "by turns";
  /** Ends its direction when all is written ("writing"), or not before the peer has ended ("reading"). */
  readonly endsAfter?: "writing" | "reading";
  /** Calls `close` when all is written and read, instead of `shutdown`. */
  readonly closes?: boolean;
  /** Takes any bytes for right: something on the way makes them others. */
  readonly isTolerant?: boolean;
}

const NOTHING = new Uint8Array(0);
/** What a program leaves in memory that is its own. */
const MARK = 0xa5;

/** One end of a transfer. */
export class Transfer implements Program {
  /** The connection. */
  readonly socket: MetaSocket;
  /** What was said of it. */
  readonly events: ConnectionEvent[] = [];
  /** Bytes read. */
  read = 0;
  /** Bytes written. */
  written = 0;
  /** When the last byte or the end was read. */
  readAt: Micros = 0;
  /** Longest time between two reads that gave something. */
  longestPause: Micros = 0;
  /** When the connection was closed, or NaN. */
  closedAt: Micros = NaN;
  /** Somebody closed the connection over the program's head: it need not read everything. */
  isCut = false;

  readonly #end: End;
  readonly #simulator: Simulator;
  readonly #options: Required<TransferOptions>;
  readonly #buffer: Uint8Array;
  #isPosted = false;
  #isReadTimed = false;
  #isWriteTimed = false;

  /** On `socket`, which lives in `end`. */
  constructor(simulator: Simulator, end: End, socket: MetaSocket, options: TransferOptions) {
    this.#simulator = simulator;
    this.#end = end;
    this.socket = socket;
    this.#options = {
      sends: NOTHING,
      expects: NOTHING,
      writeChunk: 65536,
      lends: false,
      writeEvery: 0,
      readChunk: 65536,
      readEvery: 0,
      posts: "never",
      endsAfter: "writing",
      closes: false,
      isTolerant: false,
      ...options,
    };
    this.#buffer = new Uint8Array(this.#options.readChunk).fill(MARK);
  }

  /** All that was to be read is read, the end included. */
  get hasAll(): boolean {
    return this.socket.readEnded && this.read === this.#options.expects.length;
  }

  /** See {@linkcode Program}. */
  handleReady(now: Micros): void {
    const { socket } = this;
    for (let event = socket.pollEvent(); event !== undefined; event = socket.pollEvent()) this.events.push(event);
    if (socket.state === "closed" && Number.isNaN(this.closedAt)) this.closedAt = now;
    if (!this.#isReadTimed) this.#reads(now);
    if (this.#options.posts !== "never") this.#posts(now);
    if (!this.#isWriteTimed) this.#writes(now);
    this.#ends(now);
  }

  #reads(now: Micros): void {
    while (this.socket.readable > 0) {
      this.#isPosted = false;
      const length = this.socket.read(this.#buffer, now);
      this.#check(length);
      this.#buffer.fill(MARK);
      if (this.read > length) this.longestPause = Math.max(this.longestPause, now - this.readAt);
      this.readAt = now;
      if (this.#options.readEvery === 0) continue;
      this.#isReadTimed = true;
      return this.#later(this.#options.readEvery, () => this.#isReadTimed = false);
    }
  }

  #check(length: number): void {
    const { expects, isTolerant } = this.#options;
    for (let i = 0; i < length && !isTolerant; i++) {
      if (this.#buffer[i] === expects[this.read + i]) continue;
      throw new Error(
        `byte ${this.read + i} of ${expects.length} is ${this.#buffer[i]}, not ${expects[this.read + i]}`,
      );
    }
    this.read += length;
  }

  /** Lends memory to a read that waits, or takes it back; meanwhile nobody may write to it. */
  #posts(now: Micros): void {
    const { socket } = this;
    if (this.#isPosted) {
      if (this.#options.posts !== "by turns") return;
      this.#isPosted = false;
      socket.cancelRead(this.#buffer, now);
      this.#buffer.fill(MARK);
    } else if (!this.#isReadTimed && socket.readable === 0 && !socket.readEnded && socket.state !== "closed") {
      if (!this.#buffer.every((byte) => byte === MARK)) throw new Error("memory is written to that was taken back");
      this.#isPosted = true;
      socket.postRead(this.#buffer);
    }
  }

  #writes(now: Micros): void {
    const { sends, writeChunk, lends, writeEvery } = this.#options;
    while (this.written < sends.length && this.socket.state !== "closed") {
      const took = this.socket.write(sends.subarray(this.written, this.written + writeChunk), now, lends);
      if (took === 0) return;
      this.written += took;
      if (writeEvery === 0) continue;
      this.#isWriteTimed = true;
      return this.#later(writeEvery, () => this.#isWriteTimed = false);
    }
  }

  #ends(now: Micros): void {
    const { sends, endsAfter, closes } = this.#options;
    if (this.socket.state === "connecting" || this.written < sends.length) return;
    if (closes && this.socket.readEnded) return this.socket.close(now);
    if (endsAfter === "writing" || this.socket.readEnded) this.socket.shutdown(now);
  }

  #later(ms: number, prepare: () => void): void {
    this.#simulator.at(this.#simulator.now() / 1000 + ms, () => {
      prepare();
      this.#end.act((now) => this.handleReady(now));
    });
  }
}

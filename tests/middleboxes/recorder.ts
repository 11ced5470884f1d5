/**
 * An end of a connection in the matrix.
 *
 * @module
 */

import type { ErrorCode, FallbackCause, MetaSocket } from "../../core/mod.ts";
import type { Program } from "../harness/mod.ts";

/** What was seen at one end. */
export interface EndResult {
  readonly error: ErrorCode | null;
  readonly cause: FallbackCause | null;
  /** Bytes read. */
  readonly read: number;
}

/** Writes a stream, keeps what it reads, and ends when both are done. */
export class Recorder implements Program {
  readonly socket: MetaSocket;
  readonly received: number[] = [];
  closedAt = NaN;
  hasEnded = false;
  subflows = 0;
  lost = 0;
  readonly #sends: Uint8Array;
  #written = 0;
  readonly #buffer = new Uint8Array(10_000);

  constructor(socket: MetaSocket, sends: Uint8Array) {
    this.socket = socket;
    this.#sends = sends;
  }

  get result(): EndResult {
    const { error } = this.socket;
    return { error: error?.code ?? null, cause: this.socket.fallbackCause, read: this.received.length };
  }

  handleReady(now: number): void {
    const { socket } = this;
    for (let event = socket.pollEvent(); event !== undefined; event = socket.pollEvent()) {
      if (event.type === "subflow-established") this.subflows++;
      if (event.type === "subflow-closed" && socket.state === "established") this.lost++;
    }
    while (socket.readable > 0) {
      const length = socket.read(this.#buffer, now);
      for (let i = 0; i < length; i++) this.received.push(this.#buffer[i]!);
    }
    this.hasEnded ||= socket.readEnded;
    this.#written += socket.write(this.#sends.subarray(this.#written), now);
    if (this.#written === this.#sends.length && socket.state !== "connecting") socket.shutdown(now);
    if (socket.state === "closed" && Number.isNaN(this.closedAt)) this.closedAt = now;
  }
}

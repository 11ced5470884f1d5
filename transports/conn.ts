/**
 * A connection as a program uses it.
 *
 * @module
 */

import type { ConnectionEvent, ConnectionStats, SocketAddress } from "../core/meta/events.ts";
import type { MetaSocket, SocketOptions } from "../core/meta/socket.ts";
import type { Plugin, Scheduler } from "../core/plugin.ts";
import { bytesError, connectionError, operationError } from "./errors.ts";
import { EventFeed } from "./events.ts";
import type { Loop } from "./loop.ts";
import { type HoldCounter, OperationQueue } from "./operations.ts";
import { ConnectionPaths } from "./paths.ts";
import { readableOf, writableOf } from "./streams.ts";
import { eventOf, type SubflowInfo, subflowInfo } from "./subflow_info.ts";

/** How one operation waits. */
export interface WaitOptions {
  /** Ends the wait: the operation rejects with the signal's reason and has had no effect. */
  readonly signal?: AbortSignal;
}

/** How bytes are written. */
export interface WriteOptions extends WaitOptions {
  /**
   * Sends the bytes from where they lie, without a copy: they must be neither changed nor their buffer detached until the
   * peer has them, which for lack of a sign means never. For what is read-only anyway and long, as a file in memory: only
   * whole blocks of 16 KiB are left in place. False by default.
   */
  readonly lend?: boolean;
}

/**
 * A connection over any number of paths, as a byte stream. It is a {@linkcode Deno.TcpConn}, so that code written for
 * `Deno.connect` runs on it, and tells more where asked.
 *
 * Reads take effect in the order of their calls, and so do writes. Errors are of the class in `Deno.errors` that Deno's
 * TCP throws on that occasion and have the `code` of `MptcpError`. Different from Deno: `close()` may be called
 * again, and a stream that ends in order (the end of `readable`, `writable.close()`) ends its own direction only; cancelling
 * `readable` closes the connection, aborting `writable` resets it.
 *
 * ```ts
 * import { createHost, memoryPair } from "@userspace/mptcp";
 *
 * const [left, right] = memoryPair();
 * await using server = createHost({ transports: [left] });
 * await using client = createHost({ transports: [right] });
 * using listener = server.listen({ port: 80 });
 *
 * using conn = await client.connect({ hostname: "10.0.0.1", port: 80 });
 * await conn.write(new TextEncoder().encode("over one path, or many"));
 * await conn.closeWrite();
 *
 * using accepted = await listener.accept();
 * console.log(await new Response(accepted.readable).text());
 * ```
 */
export class MptcpConn implements Deno.TcpConn {
  readonly #socket: MetaSocket;
  readonly #loop: Loop;
  readonly #opening: OperationQueue;
  readonly #reading: OperationQueue;
  readonly #writing: OperationQueue;
  readonly #events: EventFeed<ConnectionEvent>;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | null = null;
  #paths: ConnectionPaths | null = null;
  #isClosed = false;

  /** Made by a host; programs call `host.connect()` or `listener.accept()`. */
  constructor(socket: MetaSocket, loop: Loop, holds: HoldCounter) {
    this.#socket = socket;
    this.#loop = loop;
    this.#opening = new OperationQueue(loop, holds);
    this.#reading = new OperationQueue(loop, holds);
    this.#writing = new OperationQueue(loop, holds);
    this.#events = new EventFeed(loop, holds, () => `event of ${this.#name}`);
  }

  /** This end of the first subflow. */
  get localAddr(): Deno.NetAddr {
    return netAddr(this.#socket.local);
  }

  /** The other end of the first subflow. */
  get remoteAddr(): Deno.NetAddr {
    return netAddr(this.#socket.remote);
  }

  /** Whether both ends speak Multipath TCP; false after a fallback to plain TCP. */
  get isMultipath(): boolean {
    return this.#socket.isMultipath;
  }

  /** The subflows as they are at this moment, in order of creation. */
  get subflows(): readonly SubflowInfo[] {
    return this.#socket.subflows.map(subflowInfo);
  }

  /** Its paths, for commands of the program; the same object each time. */
  get paths(): ConnectionPaths {
    return this.#paths ??= new ConnectionPaths(this.#socket, this.#loop);
  }

  /** What the connection has done so far. */
  stats(): ConnectionStats {
    return this.#socket.stats();
  }

  /**
   * What happens to the connection from now on; ends behind "closed". Each call gives an iterable of its own. Subflows in
   * it are as they were at the event ({@linkcode SubflowInfo}).
   *
   * ```ts
   * import { createHost, memoryPair } from "@userspace/mptcp";
   *
   * const [left, right] = memoryPair();
   * await using server = createHost({ transports: [left] });
   * await using client = createHost({ transports: [right] });
   * using _listener = server.listen({ port: 80 });
   *
   * const conn = await client.connect({ hostname: "10.0.0.1", port: 80 });
   * const events = conn.events();
   * conn.abort();
   * for await (const event of events) console.log(event.type);
   * ```
   */
  events(options: WaitOptions = {}): AsyncIterableIterator<ConnectionEvent, undefined> {
    return this.#events.read(options.signal);
  }

  /** Resolves when the handshake is done, which it is for what `connect` and `accept` resolve to. */
  async opened(options: WaitOptions = {}): Promise<void> {
    const attempt = () => {
      if (this.#socket.state === "established") return true;
      this.#throwIfOver("connect");
    };
    await this.#opening.run(attempt, () => `connect of ${this.#name}`, options.signal);
  }

  /**
   * Resolves to the number of bytes put into `into`, at least 1 unless it is empty, or to `null` at the end of what the
   * peer sends. Until then `into` is the connection's, which may fill it piece by piece; it must not be resized or detached.
   */
  read(into: Uint8Array, options: WaitOptions = {}): Promise<number | null> {
    if (!(into instanceof Uint8Array)) return Promise.reject(bytesError("read", "into", into));
    const attempt = () => {
      this.#throwIfClosed("read");
      if (into.byteLength === 0) return 0;
      if (!this.#canRead()) {
        this.#socket.postRead(into);
        return;
      }
      if (this.#socket.readable === 0) return null;
      const count = this.#socket.read(into, this.#loop.now());
      this.#loop.kick();
      return count;
    };
    const over = () => {
      this.#socket.cancelRead(into, this.#loop.now());
      // Memory that was detached meanwhile has ended the connection.
      this.#loop.kick();
    };
    return this.#reading.run<number | null>(attempt, () => `read on ${this.#name}`, options.signal, over);
  }

  /**
   * Resolves to the number of bytes taken from `bytes`, at least 1 unless it is empty, once the send buffer has room. That
   * they are taken does not say that the peer has them.
   */
  write(bytes: Uint8Array, options: WriteOptions = {}): Promise<number> {
    if (!(bytes instanceof Uint8Array)) return Promise.reject(bytesError("write", "bytes", bytes));
    const attempt = () => {
      this.#throwIfClosed("write");
      if (this.#socket.writeEnded) {
        throw connectionError("closed", "Cannot write: closeWrite() was called", Deno.errors.BrokenPipe);
      }
      this.#throwIfOver("write");
      if (bytes.byteLength === 0) return 0;
      if (!this.#socket.isWritable(bytes.byteLength)) return;
      const count = this.#socket.write(bytes, this.#loop.now(), options.lend);
      this.#loop.kick();
      return count;
    };
    return this.#writing.run(attempt, () => `write on ${this.#name}`, options.signal);
  }

  /** Ends the direction to the peer behind what was written; the peer's direction stays open. */
  async closeWrite(): Promise<void> {
    const attempt = () => {
      this.#throwIfClosed("close the write side");
      this.#throwIfOver("close the write side");
      if (!this.#socket.writeEnded) {
        this.#socket.shutdown(this.#loop.now());
        this.#loop.kick();
      }
      return true;
    };
    await this.#writing.run(attempt, () => `closeWrite on ${this.#name}`);
  }

  /**
   * Closes both directions: what was written still reaches the peer, what was not read is given up. Operations that
   * wait reject with `Deno.errors.Interrupted`.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#socket.close(this.#loop.now());
    this.#leave();
  }

  /** Resets the connection: what is on the way either way is lost, and the peer is told so. */
  abort(): void {
    this.#socket.abort(this.#loop.now());
    this.#leave();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What the peer sends, as a byte stream; the same object each time. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf({
      read: (into) => this.read(into),
      readChunk: (limit) => this.#readChunk(limit),
      cancel: () => this.close(),
    });
  }

  /** What goes to the peer, with the back-pressure of the send buffer; the same object each time. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= writableOf({
      write: (bytes) => this.write(bytes),
      closeWrite: () => this.closeWrite(),
      abort: () => this.abort(),
    });
  }

  /** Lets operations that wait on this connection keep the program running, as they do at first. */
  ref(): void {
    this.#hold(true);
  }

  /** Lets the program end though operations wait on this connection. */
  unref(): void {
    this.#hold(false);
  }

  /** Sends small writes at once (`true`), or waits with them while others are unacknowledged (Nagle, RFC 1122). */
  setNoDelay(noDelay = true): void {
    this.setOptions({ noDelay });
  }

  /** Probes an idle connection from time to time to learn whether the peer is still there (RFC 9293 section 3.8.4). */
  setKeepAlive(keepAlive = true): void {
    this.setOptions({ keepAlive });
  }

  /** Changes options of the connection and of its subflows, present and future. */
  setOptions(options: Partial<SocketOptions>): void {
    this.#throwIfClosed("set options");
    this.#socket.setOptions(options, this.#loop.now());
    this.#loop.kick();
  }

  /** Replaces the scheduler; what is assigned to subflows stays with them. */
  setScheduler(scheduler: Plugin<Scheduler>): void {
    this.#throwIfClosed("set the scheduler");
    this.#socket.setScheduler(scheduler);
    this.#loop.kick();
  }

  /** Whether the peer has yet to acknowledge something of what was written, or the end of it. */
  get hasOutput(): boolean {
    const { state, queue, writeEnded } = this.#socket;
    return state !== "closed" && (writeEnded ? !queue.isFinished : queue.buffered > 0);
  }

  /** Called by the host when the socket changed. */
  notify(): void {
    this.#opening.advance();
    this.#reading.advance();
    this.#writing.advance();
    for (let event = this.#socket.pollEvent(); event !== undefined; event = this.#socket.pollEvent()) {
      this.#events.publish(eventOf(event));
    }
    if (this.isOver) this.#events.end();
  }

  /** Whether nothing more will be heard of it: it is closed and its subflows are gone. */
  get isOver(): boolean {
    return this.#socket.state === "closed" && this.#socket.subflows.length === 0;
  }

  get #name(): string {
    const { local, remote } = this.#socket;
    return `${endpointText(local)} -> ${endpointText(remote)}`;
  }

  #readChunk(limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const attempt = () => {
      this.#throwIfClosed("read");
      if (!this.#canRead()) return;
      const length = Math.min(this.#socket.readable, limit);
      if (length === 0) return null;
      const chunk = new Uint8Array(length);
      const count = this.#socket.read(chunk, this.#loop.now());
      this.#loop.kick();
      return count === length ? chunk : chunk.subarray(0, count);
    };
    return this.#reading.run<Uint8Array<ArrayBuffer> | null>(attempt, () => `read on ${this.#name}`);
  }

  /** True if there are bytes or their end; what arrived before an error is read before it is reported. */
  #canRead(): boolean {
    if (this.#socket.readable > 0 || this.#socket.readEnded) return true;
    this.#throwIfOver("read");
    return false;
  }

  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const interrupted = connectionError(
      "closed",
      "Cannot go on: the connection was closed meanwhile",
      Deno.errors.Interrupted,
    );
    this.#opening.fail(interrupted);
    this.#reading.fail(interrupted);
    this.#writing.fail(interrupted);
    this.#loop.kick();
  }

  #hold(holding: boolean): void {
    this.#opening.hold(holding);
    this.#reading.hold(holding);
    this.#writing.hold(holding);
    this.#events.hold(holding);
  }

  #throwIfClosed(operation: string): void {
    if (this.#isClosed) throw connectionError("closed", `Cannot ${operation}: the connection is closed`);
  }

  #throwIfOver(operation: string): void {
    const { state, error } = this.#socket;
    if (error !== null) throw operationError(operation, error);
    if (state === "closed") throw connectionError("closed", `Cannot ${operation}: the connection is over`);
  }
}

/** An address as Deno gives it. */
export function netAddr({ address, port }: SocketAddress): Deno.NetAddr {
  return { transport: "tcp", hostname: address.toString(), port };
}

function endpointText({ address, port }: SocketAddress): string {
  return address.family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

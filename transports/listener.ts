/**
 * A listener as a program uses it.
 *
 * @module
 */

import type { Listener } from "../core/listener.ts";
import type { MetaSocket } from "../core/meta/socket.ts";
import type { MptcpConn, WaitOptions } from "./conn.ts";
import { connectionError } from "./errors.ts";
import type { Loop } from "./loop.ts";
import { type HoldCounter, OperationQueue } from "./operations.ts";

/**
 * Accepts connections, multipath and plain. It is a {@linkcode Deno.Listener}; different from Deno, `close()` may be
 * called again.
 *
 * ```ts
 * import { createHost, memoryPair } from "@userspace/mptcp";
 *
 * const [left, right] = memoryPair();
 * await using server = createHost({ transports: [left] });
 * await using client = createHost({ transports: [right] });
 *
 * using listener = server.listen({ port: 7 });
 * const serving = (async () => {
 *   for await (const conn of listener) conn.readable.pipeTo(conn.writable);
 * })();
 *
 * using conn = await client.connect({ hostname: "10.0.0.1", port: 7 });
 * await conn.write(new TextEncoder().encode("echo"));
 * await conn.closeWrite();
 * console.log(await new Response(conn.readable).text());
 *
 * listener.close();
 * await serving;
 * ```
 */
export class MptcpListener implements Deno.Listener<MptcpConn, Deno.NetAddr> {
  readonly #listener: Listener;
  readonly #loop: Loop;
  readonly #adopt: (socket: MetaSocket) => MptcpConn;
  readonly #accepting: OperationQueue;
  readonly #hostname: string;
  #isClosed = false;

  /** Made by a host; programs call `host.listen()`. */
  constructor(
    listener: Listener,
    hostname: string,
    loop: Loop,
    holds: HoldCounter,
    adopt: (socket: MetaSocket) => MptcpConn,
  ) {
    this.#listener = listener;
    this.#hostname = hostname;
    this.#loop = loop;
    this.#adopt = adopt;
    this.#accepting = new OperationQueue(loop, holds);
  }

  /** The address as asked for ("0.0.0.0" for every address of the host) and the port. */
  get addr(): Deno.NetAddr {
    return { transport: "tcp", hostname: this.#hostname, port: this.#listener.port };
  }

  /** Waits for the next connection that is established. */
  accept(options: WaitOptions = {}): Promise<MptcpConn> {
    const attempt = () => {
      if (this.#isClosed) throw connectionError("closed", "Cannot accept: the listener is closed");
      const socket = this.#listener.accept();
      if (socket === undefined) return;
      this.#loop.kick();
      return this.#adopt(socket);
    };
    const { hostname, port } = this.addr;
    return this.#accepting.run(attempt, () => `accept on ${hostname}:${port}`, options.signal);
  }

  /** Stops listening. Accepts that wait reject, iterations end, connections that were accepted live on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close(this.#loop.now());
    this.#accepting.fail(connectionError("closed", "Cannot accept: the listener was closed meanwhile"));
    this.#loop.kick();
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The connections as they come, until the listener is closed. Leaving the loop closes the listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<MptcpConn> {
    return {
      next: async () => {
        try {
          return { done: false, value: await this.accept() };
        } catch (error) {
          if (this.#isClosed) return { done: true, value: undefined };
          throw error;
        }
      },
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Lets an accept that waits keep the program running, as it does at first. */
  ref(): void {
    this.#accepting.hold(true);
  }

  /** Lets the program end though an accept waits. */
  unref(): void {
    this.#accepting.hold(false);
  }

  /** Called by the host when the listener changed. */
  notify(): void {
    this.#accepting.advance();
  }
}

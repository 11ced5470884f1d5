/**
 * Applications for scenarios: what flows through a network, and how well it did.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { MptcpConn } from "../transports/conn.ts";
import type { ConnectionSettings, ConnectOptions } from "../transports/host.ts";
import type { SimHost } from "./host.ts";
import type { Simulator } from "./simulator.ts";
import { microsOf } from "../transports/time.ts";

/** Between whom something flows. */
export interface FlowEnds {
  /** Who connects. */
  readonly client: SimHost;
  /** Who listens. */
  readonly server: SimHost;
  /** Anything else about the connection: plug-ins, options, `localHostname`, another `hostname` than the server's name. */
  readonly connection?: Partial<ConnectOptions>;
  /** Anything else about the server's end: plug-ins and options. */
  readonly accepting?: ConnectionSettings;
  /** Called with the ends of the connection once both are open. */
  readonly onOpen?: (client: MptcpConn, server: MptcpConn) => void;
  /** Called with each piece of data that was received; what the array holds changes after that. */
  readonly onData?: (data: Uint8Array, now: Micros) => void;
  /** Called when all is done and before the ends are closed. */
  readonly onDone?: () => void;
}

/** What {@linkcode transfer} is to do. One of `bytes` and `duration` must be given. */
export interface TransferOptions extends FlowEnds {
  /** How much is sent; then the connection is closed in order. */
  readonly bytes?: number;
  /** For how many milliseconds data is sent; then the connection is reset. */
  readonly duration?: number;
  /** Who sends: the server ("download", the default) or the client ("upload"). */
  readonly direction?: "download" | "upload";
}

/** What came of a transfer. */
export interface TransferResult {
  /** Bytes received. */
  readonly bytes: number;
  /** Milliseconds from the call to connect until the end of the data, or until `duration` was over. */
  readonly milliseconds: number;
  /** Bits per second over that time. */
  readonly rate: number;
  /** Longest time between two pieces of data that the receiver saw, in milliseconds. */
  readonly longestPause: number;
}

const CHUNK = 65_536;

/**
 * One connection that carries as much as it can.
 *
 * @example
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { lia } from "@userspace/mptcp/congestion";
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { Network, Simulator, transfer } from "@userspace/mptcp/sim";
 *
 * const sim = new Simulator();
 * const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
 * const client = network.host("client");
 * const server = network.host("server");
 * network.connect(client, server, { addresses: ["10.0.0.1", "10.0.0.2"], rate: 10e6, delay: 5 });
 *
 * const { rate } = await sim.run(() => transfer(sim, { client, server, bytes: 2_000_000 }));
 * console.assert(rate > 8e6);
 * ```
 */
export async function transfer(simulator: Simulator, options: TransferOptions): Promise<TransferResult> {
  const { bytes = Infinity, duration, direction = "download" } = options;
  if (bytes === Infinity && duration === undefined) {
    throw new TypeError("Cannot transfer: say how many bytes, or for what duration in milliseconds");
  }
  const started = simulator.now();
  const ended = duration === undefined ? undefined : simulator.timeout(duration);
  const [client, server] = await open(options, ended);
  const [sender, receiver] = direction === "download" ? [server, client] : [client, server];
  const measure = new Measure(started, options.onData);
  try {
    await Promise.all([send(sender, bytes, ended), receive(receiver, simulator, measure, ended)]);
    options.onDone?.();
  } catch (error) {
    if (ended === undefined || error !== ended.reason) throw error;
    options.onDone?.();
    sender.abort();
    receiver.abort();
  }
  client.close();
  server.close();
  return measure.result(simulator.now());
}

/** What {@linkcode constantRate} is to do. */
export interface ConstantRateOptions extends FlowEnds {
  /** Bytes of each message. */
  readonly messageBytes: number;
  /** Milliseconds from message to message. */
  readonly interval: number;
  /** How many messages. */
  readonly messages: number;
}

/** Messages of the client at a steady pace; resolves to the milliseconds that each took to reach the server whole. */
export async function constantRate(simulator: Simulator, options: ConstantRateOptions): Promise<number[]> {
  const { messageBytes, interval, messages } = options;
  const [client, server] = await open(options);
  const start = simulator.now();
  const period = microsOf(interval, "send every");
  const arrivals: number[] = [];
  const sending = async () => {
    const message = new Uint8Array(messageBytes);
    for (let i = 0; i < messages; i++) {
      const wait = start + i * period - simulator.now();
      if (wait > 0) await simulator.sleep(wait / 1000);
      await writeAll(client, message);
    }
    await client.closeWrite();
  };
  const receiving = async () => {
    const into = new Uint8Array(CHUNK);
    let received = 0;
    for (let count = await server.read(into); count !== null; count = await server.read(into)) {
      received += count;
      options.onData?.(into.subarray(0, count), simulator.now());
      while (arrivals.length < Math.floor(received / messageBytes)) {
        arrivals.push((simulator.now() - start - arrivals.length * period) / 1000);
      }
    }
  };
  await Promise.all([sending(), receiving()]);
  options.onDone?.();
  client.close();
  server.close();
  return arrivals;
}

/** What {@linkcode requestResponse} is to do. */
export interface RequestResponseOptions extends FlowEnds {
  /** Bytes of each request. */
  readonly requestBytes: number;
  /** Bytes of each response. */
  readonly responseBytes: number;
  /** How many requests, one after the other on one connection. */
  readonly requests: number;
  /** Milliseconds from a response to the next request; 0 by default. */
  readonly think?: number;
}

/** Requests and responses in turn; resolves to the milliseconds from each request to the end of its response. */
export async function requestResponse(simulator: Simulator, options: RequestResponseOptions): Promise<number[]> {
  const { requestBytes, responseBytes, requests, think = 0 } = options;
  const [client, server] = await open(options);
  const times: number[] = [];
  const onData = (data: Uint8Array) => options.onData?.(data, simulator.now());
  const serving = async () => {
    const response = new Uint8Array(responseBytes);
    while (await readExactly(server, requestBytes)) await writeAll(server, response);
    await server.closeWrite();
  };
  const asking = async () => {
    const request = new Uint8Array(requestBytes);
    for (let i = 0; i < requests; i++) {
      if (i > 0 && think > 0) await simulator.sleep(think);
      const asked = simulator.now();
      await writeAll(client, request);
      if (!await readExactly(client, responseBytes, onData)) throw new Error("Cannot get a response: the server ended");
      times.push((simulator.now() - asked) / 1000);
    }
    await client.closeWrite();
  };
  await Promise.all([serving(), asking()]);
  options.onDone?.();
  client.close();
  server.close();
  return times;
}

/** A connection with both its ends. */
async function open(ends: FlowEnds, signal?: AbortSignal): Promise<[MptcpConn, MptcpConn]> {
  const { client, server, connection = {}, accepting = {} } = ends;
  using listener = server.listen({ ...accepting, port: connection.port ?? 0, backlog: 1 });
  const { port } = listener.addr;
  const until = signal === undefined ? {} : { signal };
  const conns = await Promise.all([
    client.connect({ hostname: server.name, ...until, ...connection, port }),
    listener.accept(),
  ]);
  ends.onOpen?.(...conns);
  return conns;
}

async function send(conn: MptcpConn, bytes: number, ended: AbortSignal | undefined): Promise<void> {
  const chunk = new Uint8Array(CHUNK);
  const options = ended === undefined ? {} : { signal: ended };
  for (let left = bytes; left > 0;) {
    left -= await conn.write(left < CHUNK ? chunk.subarray(0, left) : chunk, options);
  }
  await conn.closeWrite();
}

async function receive(
  conn: MptcpConn,
  simulator: Simulator,
  measure: Measure,
  ended: AbortSignal | undefined,
): Promise<void> {
  const into = new Uint8Array(CHUNK);
  const options = ended === undefined ? {} : { signal: ended };
  for (let count = await conn.read(into, options); count !== null; count = await conn.read(into, options)) {
    measure.add(into.subarray(0, count), simulator.now());
  }
}

async function writeAll(conn: MptcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** False if the peer ended before the first byte. */
async function readExactly(
  conn: MptcpConn,
  length: number,
  onData?: (data: Uint8Array) => void,
): Promise<boolean> {
  const into = new Uint8Array(Math.min(length, CHUNK));
  for (let left = length; left > 0;) {
    const count = await conn.read(into.subarray(0, Math.min(left, CHUNK)));
    if (count === null && left === length) return false;
    if (count === null) throw new Error(`Cannot read a message: ${left} of ${length} bytes are missing`);
    onData?.(into.subarray(0, count));
    left -= count;
  }
  return true;
}

class Measure {
  readonly #started: Micros;
  readonly #onData: TransferOptions["onData"];
  #bytes = 0;
  #latest = -1;
  #longestPause = 0;

  constructor(started: Micros, onData: TransferOptions["onData"]) {
    this.#started = started;
    this.#onData = onData;
  }

  add(data: Uint8Array, now: Micros): void {
    this.#bytes += data.length;
    if (this.#latest >= 0) this.#longestPause = Math.max(this.#longestPause, now - this.#latest);
    this.#latest = now;
    this.#onData?.(data, now);
  }

  result(now: Micros): TransferResult {
    const milliseconds = (now - this.#started) / 1000;
    const rate = milliseconds > 0 ? this.#bytes * 8000 / milliseconds : 0;
    return { bytes: this.#bytes, milliseconds, rate, longestPause: this.#longestPause / 1000 };
  }
}

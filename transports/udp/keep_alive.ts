/**
 * Keeps translators from forgetting flows on which nothing is said.
 *
 * @module
 */

import type { IpAddress } from "../../core/wire/address.ts";
import type { Packet } from "../../core/wire/packet.ts";
import { RST } from "../../core/wire/tcp.ts";
import type { DatagramSocket } from "./engine.ts";

/** Without a segment for so many intervals, a flow is taken for over: its subflow says something now and then. */
const MOST_SILENT_INTERVALS = 480;
const FLAGS_AT = 13;

interface Flow {
  readonly socket: DatagramSocket;
  readonly address: IpAddress;
  readonly port: number;
  /** Something was said since the timer looked last. */
  isHeard: boolean;
  silence: number;
}

/** The flows of a transport. */
export class KeepAlive {
  readonly #interval: number;
  readonly #flows = new Map<DatagramSocket, Map<number, Flow>>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** After `interval` milliseconds of silence a datagram is sent; 0 for never. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Flows that are kept alive. */
  get size(): number {
    let size = 0;
    for (const flows of this.#flows.values()) size += flows.size;
    return size;
  }

  /** Begins to look at flows. */
  start(): void {
    if (this.#interval === 0) return;
    this.#timer = setInterval(() => this.#look(), this.#interval);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** `packet` was sent by `socket`. */
  note({ socket }: { readonly socket: DatagramSocket }, packet: Packet): void {
    if (this.#interval === 0) return;
    const { view, start, destination } = packet;
    const port = view.getUint16(start + 2);
    const key = destination.hash() ^ Math.imul(port, 0x9e3779b1);
    let flows = this.#flows.get(socket);
    if (flows === undefined) this.#flows.set(socket, flows = new Map());
    const flow = flows.get(key);
    if (view.getUint8(start + FLAGS_AT) & RST) flows.delete(key);
    else if (flow === undefined) {
      flows.set(key, { socket, address: destination.clone(), port, isHeard: true, silence: 0 });
    } else flow.isHeard = true;
  }

  /** `socket` is closed. */
  forget(socket: DatagramSocket): void {
    this.#flows.delete(socket);
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
    this.#flows.clear();
  }

  #look(): void {
    for (const flows of this.#flows.values()) {
      for (const [key, flow] of flows) {
        flow.silence = flow.isHeard ? 0 : flow.silence + 1;
        if (flow.silence > MOST_SILENT_INTERVALS) flows.delete(key);
        else if (!flow.isHeard) flow.socket.keepAlive(flow.address, flow.port);
        flow.isHeard = false;
      }
    }
  }
}

/**
 * Datagrams by Deno's own sockets, on any system.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { IcmpError } from "../../core/wire/icmp.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { MAXIMUM_HEADER_LENGTH } from "../../core/wire/tcp.ts";
import { IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH } from "../ip.ts";
import { segmentCount } from "../segmentation.ts";
import type { DatagramEngine, DatagramSocket, EngineEvents } from "./engine.ts";
import { emitDatagram, emitSegmentHeader, parseDatagram, UDP_HEADER_LENGTH } from "./format.ts";
import { SEND_ERROR_KINDS } from "./send_errors.ts";

/** Datagrams that wait in a socket to be asked for. */
const RECEIVE_SLOTS = 64;
/** Datagrams that may be on their way to the system at a time. */
const SEND_SLOTS = 64;
/** Segments handed over at a time. */
const MOST_SEGMENTS = 16;
/** Receives that may fail one after the other before the next has to wait, and for how long. */
const MOST_FAILURES = 16;
const FAILURE_INTERVAL_MS = 20;
/** Addresses of peers that are remembered as Deno spells them. */
const MOST_NAMES = 4096;
/** No datagram that comes unfragmented is longer. */
const LARGEST_DATAGRAM = 9216;
const RECEIVE_AT = HEADROOM + UDP_HEADER_LENGTH;

/** What `Deno.listenDatagram` gives; its types come with `--unstable-net` only. */
interface DenoSocket {
  readonly addr: Deno.NetAddr;
  receive(into: Uint8Array): Promise<[Uint8Array, Deno.NetAddr]>;
  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<number>;
  close(): void;
  unref(): void;
}

type ListenDatagram = (options: { transport: "udp"; hostname: string; port: number }) => DenoSocket;

/** Sockets of `Deno.listenDatagram`: takes `--unstable-net` and `--allow-net`. */
export class PortableEngine implements DatagramEngine {
  readonly name = "portable";
  readonly gathers = false;

  /** See {@linkcode DatagramEngine.superSegment}. */
  superSegment(mtu: number): number {
    return MOST_SEGMENTS * (mtu - IPV4_HEADER_LENGTH - MAXIMUM_HEADER_LENGTH);
  }

  /** See {@linkcode DatagramEngine.start}: they share nothing. */
  start(): void {}

  /** See {@linkcode DatagramEngine.open}. */
  open(address: IpAddress, port: number, events: EngineEvents): DatagramSocket {
    // Only there with --unstable-net, of which the types know nothing.
    const { listenDatagram } = Deno as unknown as { readonly listenDatagram?: ListenDatagram };
    if (listenDatagram === undefined) {
      throw new Deno.errors.NotCapable(
        "Cannot open UDP socket: Deno.listenDatagram is not there; run with --unstable-net and --allow-net, or on Linux with --allow-ffi",
      );
    }
    try {
      return new PortableSocket(
        listenDatagram({ transport: "udp", hostname: address.toString(), port }),
        address,
        events,
      );
    } catch (error) {
      throw explained(error as Error, address, port);
    }
  }

  /** See {@linkcode DatagramEngine.close}. */
  close(): void {}
}

class PortableSocket implements DatagramSocket {
  isActive = false;
  activeNext: DatagramSocket | null = null;
  readonly port: number;
  readonly #socket: DenoSocket;
  readonly #address: IpAddress;
  readonly #events: EngineEvents;
  readonly #slots: Packet[] = [];
  /** Count of segments ever put into, and taken out of, the ring of slots. */
  #put = 0;
  #taken = 0;
  #isLent = false;
  #drained: (() => void) | null = null;
  readonly #free: DataView<ArrayBuffer>[] = [];
  #sending = 0;
  #isBlocked = false;
  #isClosed = false;
  /** Ends the wait after failed receives. */
  #endPause: (() => void) | null = null;
  readonly #addresses = new Map<string, IpAddress>();
  readonly #names = new Map<number, { readonly address: IpAddress; readonly text: string }>();

  constructor(socket: DenoSocket, address: IpAddress, events: EngineEvents) {
    this.#socket = socket;
    this.#address = address;
    this.#events = events;
    this.port = socket.addr.port;
    // Whether the program is to go on is for the host to say.
    socket.unref();
    this.#listen();
  }

  receive(): Packet | null {
    if (this.#isLent) this.#taken++;
    this.#isLent = this.#taken < this.#put;
    this.#drained?.();
    return this.#isLent ? this.#slots[this.#taken % RECEIVE_SLOTS]! : null;
  }

  send(packet: Packet): boolean {
    const hostname = this.#nameOf(packet.destination);
    const port = packet.view.getUint16(packet.start + 2);
    const count = segmentCount(packet);
    for (let i = 0; i < count; i++) {
      if (this.#sending === SEND_SLOTS) {
        this.#isBlocked = true;
        if (i > 0) packet.dropPayload(i * packet.segmentSize);
        return false;
      }
      const view = this.#free.pop() ?? new DataView(new ArrayBuffer(LARGEST_DATAGRAM));
      const length = count === 1 ? emitDatagram(packet, view, 0) : emitSegment(packet, i, count, view);
      this.#send(new Uint8Array(view.buffer, 0, length), hostname, port, view);
    }
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#drained?.();
    this.#endPause?.();
    this.#socket.close();
  }

  async #send(bytes: Uint8Array, hostname: string, port: number, view: DataView<ArrayBuffer>): Promise<void> {
    const { counters } = this.#events;
    this.#sending++;
    try {
      await this.#socket.send(bytes, { transport: "udp", hostname, port });
      counters.UdpOutDatagrams++;
    } catch (error) {
      counters.UdpSndbufErrors++;
      if (!this.#isClosed) this.#explain(error as Error, bytes, hostname, port);
    }
    this.#sending--;
    this.#free.push(view);
    if (!this.#isBlocked || this.#isClosed) return;
    this.#isBlocked = false;
    this.#events.writable();
  }

  /** Tells what it says of the destination that the system does not send there, if it says something. */
  #explain(reason: Error & { readonly code?: string }, bytes: Uint8Array, hostname: string, port: number): void {
    const isForbidden = reason instanceof Deno.errors.NotCapable;
    const kind = isForbidden ? "prohibited" : SEND_ERROR_KINDS[reason.code as keyof typeof SEND_ERROR_KINDS];
    if (kind === undefined) return;
    const error = new IcmpError();
    error.kind = kind;
    error.text = isForbidden ? "no permission to send there; run with --allow-net" : "";
    const ipHeader = this.#address.family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
    error.quotedLength = ipHeader + UDP_HEADER_LENGTH + bytes.length;
    error.local.copy(this.#address);
    error.localPort = this.port;
    error.remote.copy(IpAddress.parse(hostname));
    error.remotePort = port;
    error.sequence = new DataView(bytes.buffer).getUint32(4);
    this.#events.icmpError(error);
  }

  async #listen(): Promise<void> {
    const { counters } = this.#events;
    for (let failures = 0; !this.#isClosed;) {
      if (this.#put - this.#taken === RECEIVE_SLOTS) await this.#untilDrained();
      const packet = this.#slots[this.#put % RECEIVE_SLOTS] ??= new Packet(RECEIVE_AT + LARGEST_DATAGRAM + 1);
      try {
        const [data, from] = await this.#socket.receive(packet.bytes.subarray(RECEIVE_AT));
        failures = 0;
        counters.UdpInDatagrams++;
        if (this.#take(packet, data.length, from)) {
          this.#put++;
          this.#events.readable(this);
        } else if (data.length > 0) counters.UdpInErrors++;
        else counters.UdpKeepAlives++;
      } catch (error) {
        if (this.#isClosed || error instanceof Deno.errors.BadResource) return;
        // On some systems an ICMP error about what was sent ends a receive; nobody knows about which datagram.
        if (error instanceof Deno.errors.ConnectionReset) counters.IcmpInMsgs++;
        else counters.UdpInErrors++;
        await this.#pause(++failures);
      }
    }
  }

  #take(packet: Packet, length: number, from: Deno.NetAddr): boolean {
    // Longer than any segment: the system cut the rest off.
    if (length > LARGEST_DATAGRAM) return false;
    const ports = { source: from.port, destination: this.port };
    if (!parseDatagram(packet, RECEIVE_AT, RECEIVE_AT + length, ports)) return false;
    packet.source.copy(this.#addressOf(from.hostname));
    packet.destination.copy(this.#address);
    return true;
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = () => {
        if (!this.#isClosed && this.#put - this.#taken === RECEIVE_SLOTS) return;
        this.#drained = null;
        resolve();
      };
    });
  }

  /** Lets others have their turn, and does not ask a system all the time that fails each time. */
  #pause(failures: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (failures < MOST_FAILURES) setImmediate(resolve);
    else {
      const timer = setTimeout(resolve, FAILURE_INTERVAL_MS);
      Deno.unrefTimer(timer);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    }
    return promise;
  }

  #addressOf(text: string): IpAddress {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    if (this.#addresses.size === MOST_NAMES) this.#addresses.clear();
    const address = IpAddress.parse(text);
    this.#addresses.set(text, address);
    return address;
  }

  #nameOf(address: IpAddress): string {
    const known = this.#names.get(address.hash());
    if (known?.address.equals(address)) return known.text;
    if (this.#names.size === MOST_NAMES) this.#names.clear();
    const text = address.toString();
    this.#names.set(address.hash(), { address: address.clone(), text });
    return text;
  }
}

/** Writes the datagram for segment `index` of `count` of `packet`, which is whole; returns its length. */
function emitSegment(packet: Packet, index: number, count: number, into: DataView<ArrayBuffer>): number {
  const header = emitSegmentHeader(packet, index, count, into, 0);
  const { start, end, segmentSize } = packet;
  const from = start + header + UDP_HEADER_LENGTH + index * segmentSize;
  const payload = packet.bytes.subarray(from, Math.min(from + segmentSize, end));
  new Uint8Array(into.buffer).set(payload, header);
  return header + payload.length;
}

/** `error` of the system with what was tried and what to do. */
function explained(error: Error, address: IpAddress, port: number): Error {
  const what = `Cannot open UDP socket on ${address} port ${port}`;
  if (error instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(`${what}: no permission; run with --allow-net`);
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return new Deno.errors.AddrInUse(`${what}: another program has it; choose another port or end that program`);
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new Deno.errors.AddrNotAvailable(`${what}: this machine does not have the address`);
  }
  return error;
}

/**
 * A relay of UDP between a client and a server on loopback addresses, which does to datagrams what networks do: it loses,
 * delays, reorders and queues them, goes dark, and translates ports as a NAT does. Each client address is a path of its
 * own. Takes no privileges.
 *
 * @module
 */

import { IpAddress } from "../../core/wire/address.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { type DirectionOptions, ImpairedDirection } from "../../transports/impaired_direction.ts";
import { Random, type Seed } from "../../transports/random.ts";
import { datagramLength, emitDatagram, parseDatagram, UDP_HEADER_LENGTH } from "../../transports/udp/format.ts";

/** What a {@linkcode UdpRelay} is told. */
export interface UdpRelayOptions {
  /** Where clients send to; every client port gets an outer port of this address. */
  readonly at: string;
  /** Port at which clients send to it; 0, the default, for any. */
  readonly port?: number;
  /** Where the server is. */
  readonly server: { readonly hostname: string; readonly port: number };
  /** What both directions of a path are like. */
  readonly both?: DirectionOptions;
  /** What is different from clients to the server. */
  readonly up?: DirectionOptions;
  /** What is different from the server to clients. */
  readonly down?: DirectionOptions;
  /** Milliseconds of silence of a client after which its outer port is forgotten; Infinity by default. */
  readonly timeout?: number;
  /** What the n-th datagram meets with follows from it. */
  readonly seed?: Seed;
}

/** The way of one client address. */
export class RelayPath {
  /** From the client to the server. */
  readonly up: ImpairedDirection;
  /** From the server to the client. */
  readonly down: ImpairedDirection;
  /** @internal */
  readonly bindings = new Map<number, Binding>();

  /** For the client address `client`. */
  constructor(client: string, { both, up, down, seed = 1 }: UdpRelayOptions) {
    this.up = new ImpairedDirection({ ...both, ...up }, (kind) => new Random(seed, `${client} up ${kind}`));
    this.down = new ImpairedDirection({ ...both, ...down }, (kind) => new Random(seed, `${client} down ${kind}`));
  }

  /** Changes both directions: `{ up: false }` makes it dark. */
  set(changes: DirectionOptions): void {
    this.up.set(changes);
    this.down.set(changes);
  }

  /** Forgets the outer ports: what the client sends next comes from others, what the server sends to the old ones is lost. */
  rebind(): void {
    for (const { outside } of this.bindings.values()) outside.close();
    this.bindings.clear();
  }
}

/** A client port as the server sees it. */
interface Binding {
  readonly client: Deno.NetAddr;
  readonly outside: Deno.DatagramConn;
  heardAt: number;
}

/** Longer than any datagram here; without a buffer Deno cuts at 1024 bytes. */
const BUFFER = 9000;
const AT = HEADROOM + UDP_HEADER_LENGTH;

/** Relays datagrams while it exists. */
export class UdpRelay implements AsyncDisposable {
  /** The port at which clients send to it. */
  readonly port: number;
  /** Outer ports ever given out. */
  bindingsMade = 0;

  readonly #inside: Deno.DatagramConn;
  readonly #options: UdpRelayOptions;
  readonly #server: Deno.NetAddr;
  readonly #paths = new Map<string, RelayPath>();
  readonly #loops: Promise<void>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins at once. */
  constructor(options: UdpRelayOptions) {
    const { at, port = 0, server } = options;
    this.#options = options;
    this.#server = { transport: "udp", ...server };
    this.#inside = Deno.listenDatagram({ transport: "udp", hostname: at, port });
    this.port = (this.#inside.addr as Deno.NetAddr).port;
    this.#loops.push(this.#receive(this.#inside, (bytes, from) => this.#takeFromClient(bytes, from)));
  }

  /** The path of the client address `client`. */
  path(client: string): RelayPath {
    let path = this.#paths.get(client);
    if (path === undefined) this.#paths.set(client, path = new RelayPath(client, this.#options));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    for (const path of this.#paths.values()) path.rebind();
    this.#inside.close();
    await Promise.all(this.#loops);
  }

  async #receive(socket: Deno.DatagramConn, take: (bytes: Uint8Array, from: Deno.NetAddr) => void): Promise<void> {
    const buffer = new Uint8Array(BUFFER);
    for (;;) {
      try {
        const [bytes, from] = await socket.receive(buffer);
        take(bytes, from as Deno.NetAddr);
        this.#handOn();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        throw error;
      }
    }
  }

  #takeFromClient(bytes: Uint8Array, from: Deno.NetAddr): void {
    const packet = packetOf(bytes, { source: from.port, destination: this.#server.port });
    if (packet === null) return;
    packet.source.copy(IpAddress.parse(from.hostname));
    packet.destination.copy(IpAddress.parse(this.#server.hostname));
    this.path(from.hostname).up.take(packet, now());
  }

  #takeFromServer(bytes: Uint8Array, { client }: Binding): void {
    const packet = packetOf(bytes, { source: this.port, destination: client.port });
    if (packet === null) return;
    packet.destination.copy(IpAddress.parse(client.hostname));
    this.path(client.hostname).down.take(packet, now());
  }

  /** Sends what has come out, and comes back when more does. */
  #handOn(): void {
    let deadline = Infinity;
    for (const path of this.#paths.values()) {
      for (const direction of [path.up, path.down]) {
        for (let packet = direction.arrived(now()); packet !== null; packet = direction.arrived(now())) {
          direction.shift();
          this.#send(packet, direction === path.up);
          direction.release(packet);
        }
        deadline = Math.min(deadline, direction.deadline);
      }
    }
    clearTimeout(this.#timer);
    if (deadline < Infinity) this.#timer = setTimeout(() => this.#handOn(), Math.max(0, (deadline - now()) / 1000));
  }

  #send(packet: Packet, isUp: boolean): void {
    // Bytes of their own: where the system has no room they wait for it, while others are on their way.
    const out = new DataView(new ArrayBuffer(datagramLength(packet)));
    emitDatagram(packet, out, 0);
    const { view, start, source, destination } = packet;
    const [socket, to]: [Deno.DatagramConn, Deno.NetAddr] = isUp
      ? [this.#bindingOf(source, view.getUint16(start)).outside, this.#server]
      : [this.#inside, { transport: "udp", hostname: `${destination}`, port: view.getUint16(start + 2) }];
    socket.send(new Uint8Array(out.buffer), to).catch(() => {});
  }

  #bindingOf(address: IpAddress, port: number): Binding {
    const { bindings } = this.path(`${address}`);
    let binding = bindings.get(port);
    if (binding !== undefined && Date.now() - binding.heardAt > (this.#options.timeout ?? Infinity)) {
      binding.outside.close();
      binding = undefined;
    }
    if (binding === undefined) {
      const outside = Deno.listenDatagram({ transport: "udp", hostname: this.#options.at, port: 0 });
      const made: Binding = { client: { transport: "udp", hostname: `${address}`, port }, outside, heardAt: 0 };
      bindings.set(port, binding = made);
      this.bindingsMade++;
      this.#loops.push(this.#receive(outside, (bytes, from) => {
        if (from.port === this.#server.port) this.#takeFromServer(bytes, made);
      }));
    }
    binding.heardAt = Date.now();
    return binding;
  }
}

function now(): number {
  return performance.now() * 1000;
}

/** The datagram as the segment that it carries; null for anything else. */
function packetOf(bytes: Uint8Array, ports: { readonly source: number; readonly destination: number }): Packet | null {
  const packet = new Packet(AT + bytes.length + 1);
  packet.bytes.set(bytes, AT);
  return parseDatagram(packet, AT, AT + bytes.length, ports) ? packet : null;
}

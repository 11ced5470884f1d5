/**
 * Two stacks and the paths between them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { HostLimits, Listener, SocketOptions, Tracer } from "../../core/mod.ts";
import type { Micros } from "../../core/plugin.ts";
import type { ConnectionPlugins } from "../../core/meta/socket.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import { lia } from "../../congestion/mod.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import type { Frame } from "../../sim/frame.ts";
import { icmpErrorAbout } from "../../sim/icmp.ts";
import { Link, type LinkOptions } from "../../sim/link.ts";
import { type BoxFunction, chain, Middlebox } from "../../sim/middlebox/mod.ts";
import type { Port } from "../../sim/node.ts";
import type { Seed } from "../../transports/random.ts";
import { Simulator } from "../../sim/simulator.ts";
import { cutSuperSegment } from "./edit.ts";
import { End } from "./end.ts";
import { Transfer, type TransferOptions } from "./transfer.ts";

/** One path: an address of the client, and links to and from the server that all packets of this address take. */
export interface PathOptions {
  /** Address of the client. */
  readonly client: string;
  /** Address of the server; it can be the same on several paths. */
  readonly server: string;
  /** From the client to the server. */
  readonly up?: LinkOptions;
  /** From the server to the client. */
  readonly down?: LinkOptions;
  /** Largest packet of the interfaces; 1500 by default. */
  readonly mtu?: number;
  /** The client's address is there from the beginning; true by default. */
  readonly isThere?: boolean;
  /** Subflows from it are opened as backup. */
  readonly backup?: boolean;
  /** Microseconds of silence after which the client asks whether the server is there; never by default. */
  readonly keepAlive?: Micros;
  /** What stands between the client and its links: forward is up. */
  readonly boxes?: readonly BoxFunction[];
  /** What the client's address looks like behind them, if they translate it. */
  readonly outside?: string;
  /** Largest payload of a super-segment of both ends; 0 by default. */
  readonly superSegment?: number;
  /** Super-segments are cut as they leave, as network adapters do; false by default. */
  readonly cuts?: boolean;
}

/** What takes only short packets on a path. */
export interface Bottleneck {
  /** Longest IP packet that passes, in bytes. */
  readonly mtu: number;
  /** Whether the sender of a longer one is told so by ICMP. */
  readonly tells: boolean;
}

/** What one end is made of. */
export interface EndOptions extends Partial<ConnectionPlugins> {
  /** Options of its connections. */
  readonly options?: Partial<SocketOptions>;
  /** What strangers can take up of it. */
  readonly limits?: Partial<HostLimits>;
  /** Told of its decisions. */
  readonly tracer?: Tracer;
}

/** The direction of a packet. */
export type Direction = "up" | "down";

/** Sees each packet before its link does; false loses it, a number of milliseconds delays it. It may change it, too. */
export type Filter = (segment: Seen) => boolean | number | void;

/** A packet on its way. */
export interface Seen {
  /** Its TCP header; valid during the call. */
  readonly header: TcpHeader;
  /** Bytes of payload. */
  readonly payload: number;
  /** All of it. */
  readonly frame: Frame;
  /** Where it goes. */
  readonly direction: Direction;
  /** Index of the path. */
  readonly path: number;
  /** When. */
  readonly now: Micros;
}

/** What a world is made of. */
export interface WorldOptions {
  /** Everything that is drawn follows from it. */
  readonly seed?: Seed;
  /** At least one. */
  readonly paths: readonly PathOptions[];
  /** The end that connects. */
  readonly client?: EndOptions;
  /** The end that listens, on port 80. */
  readonly server?: EndOptions;
}

const DEFAULT_MTU = 1500;
const DEFAULT_PLUGINS: ConnectionPlugins = { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() };
/** More packets than any transfer here takes: something goes round in circles. */
const MOST_PACKETS = 1_000_000;
/** Port of the server. */
export const PORT = 80;

/** A client, a server and the network between them. */
export class World {
  /** The clock. */
  readonly simulator: Simulator;
  /** The end that connects. */
  readonly client: End;
  /** The end that listens. */
  readonly server: End;
  /** The links of each path. */
  readonly links: { readonly up: Link; readonly down: Link }[] = [];
  /** The boxes of each path. */
  readonly boxes: (Middlebox | null)[] = [];
  /** See {@linkcode Filter}. */
  filter: Filter | null = null;
  /** A hash over all packets and the times at which they were sent. */
  hash = 0x811c9dc5;
  /** Packets sent. */
  packets = 0;

  readonly #options: WorldOptions;
  readonly #header = new TcpHeader();
  readonly #clients: IpAddress[];
  /** The client's addresses as the server sees them. */
  readonly #outsides: IpAddress[];
  readonly #bottlenecks = new Map<Link, Bottleneck>();
  /** Where each path begins for what the client sends. */
  readonly #entries: Link[] = [];

  /** A network in which nothing is going to happen yet. */
  constructor(options: WorldOptions) {
    this.#options = options;
    const simulator = this.simulator = new Simulator({ seed: options.seed ?? 1 });
    this.#clients = options.paths.map((path) => IpAddress.parse(path.client));
    this.#outsides = options.paths.map((path) => IpAddress.parse(path.outside ?? path.client));
    const size = Math.max(
      ...options.paths.map(({ mtu = DEFAULT_MTU, superSegment = 0 }) => Math.max(mtu, superSegment)),
    );
    const stack = (end: EndOptions = {}) => ({ ...DEFAULT_PLUGINS, ...end });
    this.client = new End(simulator, "client", stack(options.client), size, (frame) => {
      this.#send(frame, "up", this.#clients.findIndex((address) => address.equals(frame.source)));
    });
    this.server = new End(simulator, "server", stack(options.server), size, (frame) => {
      this.#send(frame, "down", this.#outsides.findIndex((address) => address.equals(frame.destination)));
    });
    options.paths.forEach((path, i) => this.#addPath(path, i));
  }

  /** Starts a transfer between the ends; the client connects at once. */
  transfer(client: TransferOptions = {}, server: TransferOptions = {}): Running {
    const running = new Running(this);
    running.listener = this.server.listen({ port: PORT }, (socket) => {
      this.server.act((now) => running.listener.close(now));
      return running.server = new Transfer(this.simulator, this.server, socket, server);
    });
    const { server: address } = this.#options.paths[0]!;
    this.client.connect({ remote: { address: IpAddress.parse(address), port: PORT } }, (socket) => {
      return running.client = new Transfer(this.simulator, this.client, socket, client);
    });
    return running;
  }

  /** Both directions of a path change. */
  setPath(path: number, changes: LinkOptions): void {
    this.links[path]!.up.set(changes);
    this.links[path]!.down.set(changes);
  }

  /** From now on packets that are longer than `mtu` do not pass in this direction of a path. */
  narrow(path: number, direction: Direction, bottleneck: Bottleneck): void {
    this.#bottlenecks.set(this.links[path]![direction], bottleneck);
  }

  /** Bytes that repeat with the seed. */
  bytes(length: number, stream: string): Uint8Array {
    return this.simulator.random(`bytes ${stream}`).fill(new Uint8Array(length));
  }

  /** Lets time pass until nothing can happen any more, or until `limit` in milliseconds. */
  settle(limit = 24 * 3600e3): void {
    this.simulator.runUntil(limit * 1000);
  }

  /** Lets time pass until `ms`, in virtual milliseconds from the start. */
  until(ms: number): void {
    this.simulator.runUntil(ms * 1000);
  }

  /** Nothing is left of any connection. */
  assertClean(): void {
    for (const [name, { stack }] of [["client", this.client], ["server", this.server]] as const) {
      const left = {
        sockets: stack.socketCount,
        timeout: stack.pollTimeout(),
        blocks: stack.blocks.inUse,
        segments: stack.segments.inUse,
      };
      assertEquals(left, { sockets: 0, timeout: Infinity, blocks: 0, segments: 0 }, `left at the ${name}`);
    }
    assertEquals(this.simulator.pendingEvents, 0, "events pending");
    assertEquals(this.simulator.frames.inUse, 0, "frames in use");
  }

  #addPath(path: PathOptions, i: number): void {
    const { simulator, client, server } = this;
    const box = path.boxes === undefined ? null : new Middlebox(simulator, `box ${i}`, chain(...path.boxes));
    const up = new Link(simulator, `path ${i} up`, server, path.up);
    const down = new Link(simulator, `path ${i} down`, box ?? client, path.down);
    this.links.push({ up, down });
    this.boxes.push(box);
    this.#entries.push(box === null ? up : this.#enter(box, up, down));
    const { mtu = DEFAULT_MTU, superSegment = 0, backup = false } = path;
    const serverMtu = Math.min(...this.#options.paths.map((other) => other.mtu ?? DEFAULT_MTU));
    server.addressUp(path.server, serverMtu, false, superSegment);
    if (path.isThere ?? true) client.addressUp(path.client, mtu, backup, superSegment, path.keepAlive);
  }

  /** Connects `box` to the client, in no distance, and to the links of its path; answers what leads into it. */
  #enter(box: Middlebox, up: Link, down: Link): Link {
    const entry = new Link(this.simulator, `into ${box.name}`, box);
    const exit = new Link(this.simulator, `out of ${box.name}`, this.client);
    for (const [out, back] of [[exit, entry], [up, down]] as const) {
      const port = { node: box, addresses: [], mtu: DEFAULT_MTU };
      // Of the other port a box uses no more than its link.
      const peer = { ...port, link: back } as unknown as Port;
      box.attach({ ...port, link: out, peer });
    }
    return entry;
  }

  #send(frame: Frame, direction: Direction, path: number): void {
    if (frame.segmentSize > 0 && this.#options.paths[path]?.cuts) {
      for (const piece of cutSuperSegment(frame, this.simulator)) this.#sendPacket(piece, direction, path);
      return frame.release();
    }
    this.#sendPacket(frame, direction, path);
  }

  #sendPacket(frame: Frame, direction: Direction, path: number): void {
    const link = direction === "up" ? this.#entries[path] : this.links[path]?.down;
    if (link === undefined) return frame.release();
    if (++this.packets > MOST_PACKETS) throw new Error(`Cannot go on: ${MOST_PACKETS} packets and no end`);
    this.#note(frame, path);
    const delay = this.filter === null ? true : this.#ask(frame, direction, path);
    if (delay === false) return frame.release();
    if (typeof delay !== "number") return this.#enterLink(frame, link, direction, path);
    this.simulator.at(
      this.simulator.now() / 1000 + delay,
      () => this.#enterLink(frame, link, direction, path),
    );
  }

  #enterLink(frame: Frame, link: Link, direction: Direction, path: number): void {
    const bottleneck = this.#bottlenecks.get(this.links[path]![direction]);
    if (bottleneck === undefined || frame.length <= bottleneck.mtu) return link.send(frame);
    const error = bottleneck.tells ? icmpErrorAbout(frame, "too-big", bottleneck) : null;
    frame.release();
    if (error !== null) this.links[path]![direction === "up" ? "down" : "up"].send(error);
  }

  #ask(frame: Frame, direction: Direction, path: number): boolean | number | void {
    const header = this.#header;
    header.parse(frame.view, frame.start, frame.end);
    const payload = header.payloadEnd - header.payloadStart;
    return this.filter!({ header, payload, frame, direction, path, now: this.simulator.now() });
  }

  #note(frame: Frame, path: number): void {
    let hash = Math.imul(this.hash ^ path, 0x01000193);
    hash = Math.imul(hash ^ this.simulator.now(), 0x01000193);
    for (let at = frame.ipStart; at < frame.end; at++) hash = Math.imul(hash ^ frame.bytes[at]!, 0x01000193);
    this.hash = hash >>> 0;
  }
}

/** The two ends of a transfer. */
export class Running {
  /** The end that connected. */
  client!: Transfer;
  /** The end that accepted; missing before it has. */
  server: Transfer | undefined;
  /** What accepts; closed once it has. */
  listener!: Listener;

  readonly #world: World;

  /** In `world`. */
  constructor(world: World) {
    this.#world = world;
  }

  /** Everything arrived, both ends ended in order, and nothing is left. */
  assertDone(): void {
    const { client, server } = this;
    const seen = [client, server].map((end) =>
      end && { state: end.socket.state, error: end.socket.error?.message ?? null, hasAll: end.hasAll, read: end.read }
    );
    assertEquals(
      seen,
      [client, server].map((end) => ({ state: "closed", error: null, hasAll: true, read: end?.read ?? -1 })) as unknown,
      "both ends ended in order",
    );
    this.#world.assertClean();
  }

  /** Both ends ended, in order with everything or with an error, and nothing is left. */
  assertOver(): void {
    this.#world.server.act((now) => this.listener.close(now));
    this.#world.settle();
    const { client, server } = this;
    for (const [end, other] of [[client, server], [server, client]]) {
      if (end === undefined) continue;
      const { state, error, isFinished } = end.socket;
      assertEquals(state, "closed");
      if (error !== null || !isFinished || end.isCut) continue;
      assertEquals(end.read, other?.written, "bytes read and written");
    }
    this.#world.assertClean();
  }
}

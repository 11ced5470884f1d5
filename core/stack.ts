/**
 * The engine of one host: finds the socket for each segment, asks the sockets for segments, and minds their deadlines.
 *
 * It does no input or output and knows no clock: a driver calls the `handle…` methods with what comes from below, and
 * after that drains `pollTransmit`, `pollReady` and `pollTimeout`.
 *
 * @module
 */

import { ActiveList } from "./active_list.ts";
import { BlockPool } from "./buffer/blocks.ts";
import { type Timed, TimerHeap } from "./buffer/timer_heap.ts";
import { Counters } from "./counters.ts";
import { Demultiplexer } from "./tcp/demultiplexer.ts";
import { MptcpError } from "./errors.ts";
import type { Key } from "./keys.ts";
import { type HostLimits, resolveHostLimits, resolveLimits } from "./limits.ts";
import { Listener, type ListenerOwner } from "./listener.ts";
import { Listeners } from "./listener/listeners.ts";
import type { ArrivalsOwner } from "./listener/arrivals.ts";
import { Strangers } from "./listener/strangers.ts";
import { LocalAddresses, pathFrom, pickPort } from "./meta/local_addresses.ts";
import { Batch } from "./meta/batch.ts";
import { Connections } from "./meta/connections.ts";
import { BlackHoles } from "./meta/black_holes.ts";
import type { InterfaceProperties, KnownAddress, MetaContext } from "./meta/context.ts";
import type { MultipathHooks } from "./meta/multipath.ts";
import { DEFAULT_SOCKET_OPTIONS, resolveOptions, type SocketOptions } from "./meta/options.ts";
import type { PlainHooks } from "./meta/plain.ts";
import { type ConnectionPlugins, MetaSocket } from "./meta/socket.ts";
import { Tracing } from "./meta/tracing.ts";
import {
  checkEarlyData,
  type ConnectionChoices,
  type ConnectRequest,
  type ListenRequest,
  pluginsFor,
  type StackOptions,
} from "./meta/requests.ts";
import type { Env, Micros } from "./plugin.ts";
import { FastOpenCookies } from "./tcp/fast_open_cookies.ts";
import { FlowHash } from "./tcp/flow_hash.ts";
import { ReadyQueue } from "./ready_queue.ts";
import { icmpErrorArrives } from "./tcp/icmp_input.ts";
import { InitialNumbers } from "./tcp/initial_numbers.ts";
import type { Path } from "./tcp/path.ts";
import { isRestart } from "./tcp/restart.ts";
import { SegmentPool } from "./tcp/segment.ts";
import { TcpSocket } from "./tcp/socket.ts";
import { Turns } from "./tcp/turns.ts";
import { TimeWaits } from "./tcp/time_waits.ts";
import type { IpAddress } from "./wire/address.ts";
import type { IcmpError } from "./wire/icmp.ts";
import type { Packet } from "./wire/packet.ts";
import { TcpHeader } from "./wire/tcp.ts";

export type { InterfaceProperties, KnownAddress } from "./meta/context.ts";
export type { ConnectionChoices, ConnectRequest, ListenRequest, StackOptions } from "./meta/requests.ts";

/** Bytes of what only this stack knows: one half for initial numbers, one for cookies. */
const SECRET_LENGTH = 32;

type Waiting = Timed & { handleTimeout(now: Micros): void };

/** One host's protocol engine. */
export class Stack implements MetaContext, ListenerOwner, ArrivalsOwner {
  readonly env: Env;
  readonly counters: Counters = new Counters();
  /** @internal */
  readonly blocks: BlockPool = new BlockPool();
  /** @internal */
  readonly segments: SegmentPool = new SegmentPool(this.blocks);
  /** @internal */
  readonly emitted: TcpHeader = new TcpHeader();
  /** @internal */
  readonly batch: Batch = new Batch();
  /** @internal */
  readonly blackHoles: BlackHoles = new BlackHoles();
  /** @internal */
  readonly timeWaits: TimeWaits;
  /** @internal */
  readonly listeners: Listeners = new Listeners(this.counters);
  /** @internal */
  readonly fastOpenCookies: FastOpenCookies = new FastOpenCookies();
  /** @internal */
  readonly tracing: Tracing | null;

  readonly #plugins: ConnectionPlugins;
  readonly #options: SocketOptions;
  readonly #limits: Partial<HostLimits>;
  readonly #arrived = new TcpHeader();
  readonly #addresses = new LocalAddresses();
  readonly #sockets: Demultiplexer;
  readonly #connections: Connections;
  readonly #timers = new TimerHeap<Waiting>();
  readonly #numbers: InitialNumbers;
  readonly #strangers: Strangers;
  readonly #turns = new Turns();
  readonly #activeMetas = new ActiveList<MetaSocket>();
  readonly #ready = new ReadyQueue<MetaSocket | Listener>();
  #hasFullRead = false;
  #now: Micros = 0;

  /** A stack without addresses; see `handleAddressUp`. */
  constructor(options: StackOptions) {
    this.env = options.env;
    this.#connections = new Connections(this.env);
    this.tracing = options.tracer ? new Tracing(options.tracer, () => this.#now) : null;
    this.#plugins = options;
    this.#options = resolveOptions(options.options ?? {}, DEFAULT_SOCKET_OPTIONS);
    this.#limits = options.limits ?? {};
    this.timeWaits = new TimeWaits(resolveHostLimits(this.#limits).timeWaits, this.counters);
    const secret = this.env.randomBytes(new Uint8Array(SECRET_LENGTH));
    this.#sockets = new Demultiplexer(new FlowHash(secret));
    this.#numbers = new InitialNumbers(secret);
    this.#strangers = new Strangers(this, this.#numbers, secret, SECRET_LENGTH / 2);
  }

  /** Addresses of this host, in the order in which they came. */
  get localAddresses(): readonly KnownAddress[] {
    return this.#addresses.all;
  }

  /** Connections, subflows and listeners that exist, those in TIME-WAIT included. */
  get socketCount(): number {
    return this.#connections.size + this.#sockets.size + this.listeners.count;
  }

  /** Whether a subflow, one in TIME-WAIT included, has this port. */
  isPortInUse(address: IpAddress, port: number): boolean {
    return this.#sockets.usesPort(address, port);
  }

  // ---------------------------------------------------------------------------------------------------- commands

  /** Opens a connection; it is "connecting" until an answer comes. */
  connect(request: ConnectRequest, now: Micros): MetaSocket {
    this.#now = now;
    const { remote } = request;
    if (!remote.address.isUnicast()) {
      throw notAvailable(`Cannot connect to ${remote.address}: it is no address of one host`);
    }
    const local = request.local?.address ?? this.#addresses.sourceFor(remote.address)?.address;
    const path = local && this.openPath(local, remote.address, remote.port, request.local?.port);
    if (!path) {
      const lack = local ? `address ${local} with a free port` : `IPv${remote.address.family} address`;
      throw notAvailable(`Cannot connect to ${remote.address} port ${remote.port}: this host has no ${lack}`);
    }
    const options = this.#resolve(request);
    checkEarlyData(request, options);
    const meta = this.#createMeta(path, false, pluginsFor(request, this.#plugins), options);
    meta.connect(request.earlyData, now);
    return meta;
  }

  /** Listens on a port. */
  listen(request: ListenRequest, now: Micros): Listener {
    this.#now = now;
    const address = request.address ?? null;
    if (address !== null && this.#addresses.find(address) === undefined) {
      throw notAvailable(`Cannot listen on ${address}: this host has no such address`);
    }
    const port = this.listeners.freePort(address, request.port, () => this.env.random());
    if (port === 0) {
      throw new MptcpError("address-in-use", `Cannot listen on port ${request.port}: it is in use`);
    }
    const listener = new Listener(
      this,
      port,
      address,
      resolveLimits(request, this.#limits),
      pluginsFor(request, this.#plugins),
      this.#resolve(request),
    );
    this.listeners.add(listener);
    return listener;
  }

  // ------------------------------------------------------------------------------------------------------- input

  /** An address came, or its properties changed. */
  handleAddressUp(address: IpAddress, properties: InterfaceProperties, now: Micros): void {
    this.#now = now;
    if (!this.#addresses.add(address, properties)) return;
    const known = this.#addresses.find(address) as KnownAddress;
    for (const meta of [...this.#connections]) meta.paths.handleLocalChange("local-address-up", known, now);
  }

  /** An address went: its subflows are closed. */
  handleAddressDown(address: IpAddress, now: Micros): void {
    this.#now = now;
    const known = this.#addresses.find(address);
    if (known === undefined) return;
    this.#addresses.remove(address);
    this.handleRoom(address);
    for (const meta of [...this.#connections]) meta.paths.handleLocalChange("local-address-down", known, now);
    for (const socket of [...this.#sockets]) {
      if (socket.path.local.equals(address)) socket.close("address-removed", now);
    }
  }

  /** A segment came whose checksum is right; what is needed of `packet` is copied before the return. */
  handlePacket(packet: Packet, now: Micros): void {
    this.#now = now;
    const header = this.#arrived;
    this.counters.TcpInSegs++;
    if (!header.parse(packet.view, packet.start, packet.end)) {
      this.counters.TcpInErrs++;
      return;
    }
    header.ecn = packet.ecn;
    header.segmentSize = packet.segmentSize;
    const socket = this.#sockets.find(packet.destination, header.destinationPort, packet.source, header.sourcePort);
    if (socket !== null && !isRestart(socket, header)) return socket.handleSegment(header, packet.bytes, now);
    socket?.close("finished", now);
    this.#strangers.handle(packet, header, now);
  }

  /** A router or the destination says that it could not deliver a segment; `error` is read before the return. */
  handleIcmp(error: IcmpError, now: Micros): void {
    this.#now = now;
    const socket = this.#sockets.find(error.local, error.localPort, error.remote, error.remotePort);
    if (socket === null) this.counters.IcmpInErrors++;
    else icmpErrorArrives(socket, error, now);
  }

  /** Time has passed: does everything that is due. */
  handleTimeout(now: Micros): void {
    this.#now = now;
    for (let item = this.#timers.popDue(now); item !== undefined; item = this.#timers.popDue(now)) {
      item.deadline = Infinity;
      item.handleTimeout(now);
    }
  }

  // ------------------------------------------------------------------------------------------------------ output

  /** Writes the next segment to send at `into.start`; false if there is none now. */
  pollTransmit(into: Packet, now: Micros): boolean {
    this.#now = now;
    for (;;) {
      if (this.#turns.pollTransmit(into, now)) return true;
      if (this.#strangers.pollTransmit(into, this.emitted)) return true;
      const meta = this.#activeMetas.shift();
      if (meta === null) return false;
      meta.schedule(now);
    }
  }

  /** The interface of `address` has no room: nothing of its subflows is written until `handleRoom`. */
  handleBlocked(address: IpAddress): void {
    this.#turns.hold(address);
  }

  /** The interface of `address` has room again. */
  handleRoom(address: IpAddress): void {
    this.#turns.release(address);
  }

  /** When `handleTimeout` must be called at the latest; Infinity for never. */
  pollTimeout(): Micros {
    return this.#timers.nextDeadline();
  }

  /** The next socket whose state, readability, writability or events changed, or undefined. */
  pollReady(): MetaSocket | Listener | undefined {
    this.#hasFullRead = false;
    return this.#ready.poll();
  }

  /** Since `pollReady` was called, a program that waits for much input has got all that it asked for. */
  get hasFullRead(): boolean {
    return this.#hasFullRead;
  }

  // ------------------------------------------------------------------------------ what sockets ask of the stack

  /** @internal */
  openPath(local: IpAddress, remote: IpAddress, remotePort: number, localPort = 0): Path | null {
    const known = this.#addresses.find(local);
    if (known === undefined || local.family !== remote.family) return null;
    const isFree = (port: number) => this.#sockets.find(local, port, remote, remotePort) === null;
    const port = localPort === 0 ? pickPort(this.env.random(), isFree) : isFree(localPort) ? localPort : 0;
    if (port === 0) return null;
    return pathFrom(known, port, remote, remotePort);
  }

  /** @internal */
  createTcp(path: Path, meta: MetaSocket, hooks: MultipathHooks | PlainHooks): TcpSocket {
    const { local, localPort, remote, remotePort } = path;
    const { sequence, timestampOffset } = this.#numbers.draw(local, localPort, remote, remotePort, this.#now);
    const tcp = new TcpSocket(this, path, meta.options, hooks, sequence, timestampOffset);
    this.#sockets.add(tcp);
    return tcp;
  }

  /** @internal */
  activate(socket: TcpSocket): void {
    this.#turns.add(socket);
  }

  /** @internal */
  activateMeta(meta: MetaSocket): void {
    this.#activeMetas.add(meta);
  }

  /** @internal */
  rearm(timed: Timed): void {
    this.#timers.update(timed as Waiting);
  }

  /** @internal */
  release(socket: TcpSocket): void {
    this.timeWaits.remove(socket);
    this.#sockets.remove(socket);
    this.#timers.remove(socket);
  }

  /** @internal */
  notify(ready: MetaSocket | Listener): void {
    this.#ready.add(ready);
  }

  /** @internal */
  handleFullRead(): void {
    this.#hasFullRead = true;
  }

  /** @internal */
  handleAccepted(meta: MetaSocket): void {
    this.listeners.handleAccepted(meta);
  }

  /** @internal */
  mayAccept(meta: MetaSocket): boolean {
    return this.listeners.mayAccept(meta);
  }

  /** @internal */
  handleEarly(meta: MetaSocket): void {
    this.listeners.handleEarly(meta);
  }

  /** @internal */
  handleEstablished(meta: MetaSocket): void {
    this.listeners.handleEstablished(meta);
  }

  /** @internal */
  forget(meta: MetaSocket): void {
    if (!this.#connections.remove(meta)) return;
    this.#timers.remove(meta);
    this.listeners.handleFailed(meta, this.#now);
  }

  /** @internal */
  findAddress(address: IpAddress): KnownAddress | undefined {
    return this.#addresses.find(address);
  }

  /** @internal */
  findToken(token: number): MetaSocket | undefined {
    return this.#connections.find(token);
  }

  /** @internal */
  open(listener: Listener, known: KnownAddress, packet: Packet, header: TcpHeader, key: Key | null): MetaSocket {
    const path = pathFrom(known, header.destinationPort, packet.source, header.sourcePort);
    const meta = this.#createMeta(path, true, listener.plugins, listener.options, key);
    this.listeners.handleOpening(meta, listener);
    return meta;
  }

  /** @internal */
  releaseListener(listener: Listener): void {
    this.listeners.remove(listener);
  }

  // ----------------------------------------------------------------------------------------------------- helpers

  #createMeta(
    path: Path,
    isServer: boolean,
    plugins: ConnectionPlugins,
    options: SocketOptions,
    given: Key | null = null,
  ): MetaSocket {
    const make = (id: number, key: Key) => new MetaSocket(this, id, isServer, key, path, plugins, options);
    return this.#connections.add(given, make);
  }

  #resolve(choices: ConnectionChoices): SocketOptions {
    return resolveOptions(choices.options ?? {}, this.#options);
  }
}

function notAvailable(text: string): MptcpError {
  return new MptcpError("address-not-available", text);
}

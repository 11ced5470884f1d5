/**
 * Segments in UDP datagrams: Multipath TCP without privileges, through translators, on any system.
 *
 * @module
 */

import { ActiveList } from "../core/active_list.ts";
import type { Micros } from "../core/plugin.ts";
import type { IpAddress } from "../core/wire/address.ts";
import type { Packet } from "../core/wire/packet.ts";
import { DatagramCounters, type DatagramEngine, type DatagramSocket, type EngineEvents } from "./udp/engine.ts";
import { type Interfaces, type LocalEnd, parseEnd, presentEnds, systemInterfaces } from "./udp/local_ends.ts";
import { PortableEngine } from "./udp/portable.ts";
import { LinuxEngine } from "./linux/udp_engine.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

/** What {@linkcode udp} is told. */
export interface UdpOptions {
  /**
   * Addresses of this machine, each a path: "192.0.2.1", "2001:db8::1". With a port, as "192.0.2.1:6000" or
   * "[2001:db8::1]:6000", peers can connect to it: listen on the same port. Connections that this host opens have
   * sockets and ports of their own, like those of TCP. "0.0.0.0" and "[::]" stand for all addresses that lead to other
   * machines; to learn them takes `--allow-sys=networkInterfaces`, or the linux engine.
   */
  readonly addresses: readonly string[];
  /** Largest IP packet in bytes; 1500 by default. */
  readonly mtu?: number;
  /** Whether subflows over it are opened as backup; false by default. */
  readonly backup?: boolean;
  /**
   * Seconds of silence after which a subflow asks its peer whether it is there, which keeps a translator's binding alive
   * and finds out if it is lost; 15 by default, 0 for never.
   */
  readonly keepAlive?: number;
  /** Seconds between two looks for sockets whose subflows are gone; 5 by default. */
  readonly sweepInterval?: number;
  /**
   * Seconds between two looks for addresses that came or went, where the system does not tell, as Linux does with
   * `--allow-ffi`; 2 by default, 0 for never. Without `--allow-sys=networkInterfaces` each address is tried.
   */
  readonly addressInterval?: number;
  /** Tells the addresses that this machine has now, in place of the system. */
  readonly interfaces?: () => readonly string[];
  /**
   * How datagrams are sent: "linux" by system calls, a train of them each, with `--allow-ffi`; "portable" by Deno's own
   * sockets, with `--allow-net` and `--unstable-net`. By default "linux" where it is Linux and permitted.
   */
  readonly engine?: "linux" | "portable";
  /** Whether the linux engine sends trains of datagrams with one call; true by default. */
  readonly trains?: boolean;
}

const DEFAULT_MTU = 1500;
const MINIMUM_MTU = 576;
const MAXIMUM_MTU = 9000;
const DEFAULT_KEEP_ALIVE = 15;
/** Packets taken from one socket before the next has its turn. */
const BURST = 16;
const DEFAULT_SWEEP_INTERVAL = 5;
const DEFAULT_ADDRESS_INTERVAL = 2;
/** News of addresses are asked for after as many times that no socket had anything. */
const NEWS_INTERVAL = 64;

/**
 * Makes a transport over UDP sockets; they are bound when a host opens it. Needs `--allow-net` and `--unstable-net`, or on
 * Linux `--allow-ffi`.
 *
 * Throws `TypeError` or `RangeError` when an option is not what it should be.
 *
 * ```ts ignore
 * import { createHost, udp } from "@userspace/mptcp";
 *
 * await using server = createHost({ transports: [udp({ addresses: ["192.0.2.1:6000"] })] });
 * using listener = server.listen({ port: 6000 });
 * ```
 */
export function udp(options: UdpOptions): UdpTransport {
  return new UdpTransport(options);
}

/** Carries segments in datagrams. Made by {@linkcode udp}. */
export class UdpTransport implements Transport {
  /** What became of datagrams. */
  readonly counters: DatagramCounters = new DatagramCounters();

  /** See {@linkcode Transport.gathers}. */
  readonly gathers: boolean;
  /** See {@linkcode Transport.waiter}. */
  readonly waiter?: Waiter;

  readonly #ends: readonly LocalEnd[];
  readonly #interfaces: Interfaces | null;
  /** What a program told is all there is; what the system tells leaves out some that can be used. */
  readonly #isTold: boolean;
  readonly #addressInterval: number;
  /** Those that this machine has, as the host knows. */
  #here: readonly LocalEnd[] = [];
  #untilNews = NEWS_INTERVAL;
  readonly #mtu: number;
  readonly #backup: boolean;
  readonly #keepAlive: Micros;
  readonly #sweepInterval: number;
  readonly #engine: DatagramEngine;
  readonly #engineEvents: EngineEvents = {
    readable: (socket) => {
      this.#readable.add(socket);
      this.#events!.ready();
    },
    writable: () => this.#events!.ready(),
    icmpError: (error) => this.#events!.icmpError(error),
    counters: this.counters,
  };
  /** Sockets by local port, several where several addresses use one. */
  readonly #byPort = new Map<number, Bound[]>();
  /** The same, one after the other. */
  readonly #bound: Bound[] = [];
  /** Sockets that have something, and the one whose turn it is. */
  readonly #readable = new ActiveList<DatagramSocket>();
  #turn: DatagramSocket | null = null;
  #burst = 0;
  #events: TransportEvents | null = null;
  #isClosed = false;
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  /** See {@linkcode udp}. */
  constructor(options: UdpOptions) {
    const { addresses, mtu = DEFAULT_MTU, backup = false, keepAlive = DEFAULT_KEEP_ALIVE } = options;
    const { sweepInterval = DEFAULT_SWEEP_INTERVAL, addressInterval = DEFAULT_ADDRESS_INTERVAL } = options;
    if (!Array.isArray(addresses) || addresses.length === 0) {
      throw new TypeError("Cannot use UDP: addresses must be an array with at least one address of this machine");
    }
    if (!(Number.isInteger(mtu) && mtu >= MINIMUM_MTU && mtu <= MAXIMUM_MTU)) {
      throw new RangeError(
        `Cannot use UDP: mtu must be a whole number from ${MINIMUM_MTU} to ${MAXIMUM_MTU}, is ${mtu}`,
      );
    }
    if (!(sweepInterval > 0)) {
      throw new RangeError(`Cannot use UDP: sweepInterval must be seconds, more than 0, is ${sweepInterval}`);
    }
    for (const [name, value] of Object.entries({ keepAlive, addressInterval })) {
      if (!(value >= 0)) throw new RangeError(`Cannot use UDP: ${name} must be seconds, 0 or more, is ${value}`);
    }
    this.#ends = addresses.map(parseEnd);
    this.#engine = (options.engine ?? preferredEngine()) === "linux"
      ? new LinuxEngine(options.trains)
      : new PortableEngine();
    this.gathers = this.#engine.gathers;
    if (this.#engine.waiter !== undefined) this.waiter = this.#engine.waiter;
    this.#mtu = mtu;
    this.#backup = backup;
    this.#keepAlive = keepAlive > 0 ? keepAlive * 1e6 : Infinity;
    this.#sweepInterval = sweepInterval * 1000;
    this.#addressInterval = addressInterval * 1000;
    this.#isTold = options.interfaces !== undefined;
    const engine = this.#engine;
    this.#interfaces = options.interfaces ?? (engine.interfaces ? () => engine.interfaces!() : systemInterfaces());
  }

  /** How datagrams are sent. */
  get engine(): "linux" | "portable" {
    return this.#engine.name;
  }

  /** Sockets that are open. */
  get sockets(): number {
    return this.#bound.length;
  }

  /** Addresses with the ports at which peers reach them, as `Deno.NetAddr`; none for addresses without a port. */
  get listening(): readonly Deno.NetAddr[] {
    return this.#bound.filter(({ isFixed }) => isFixed).map(({ address, socket }) => ({
      transport: "udp",
      hostname: address.toString(),
      port: socket.port,
    }));
  }

  /**
   * Binds the sockets. Throws an error of a class in `Deno.errors` that says which address or permission is missing.
   */
  open(events: TransportEvents): void {
    if (this.#events !== null || this.#isClosed) {
      throw new TypeError("Cannot use UDP: this transport serves one host, once; make another");
    }
    this.#events = events;
    this.#engine.start();
    try {
      for (const { address } of this.#ends) this.#check(address);
      this.#look((error) => {
        throw error;
      });
    } catch (error) {
      this.close();
      throw error;
    }
    this.#every(this.#sweepInterval, () => this.#closeUnused());
    if (this.#isTold || this.#engine.hasNews === undefined) this.#every(this.#addressInterval, () => this.#look());
  }

  /** See {@linkcode Transport.receive}. */
  receive(): Packet | null {
    for (let mayLook = this.#engine.look !== undefined;;) {
      const socket = this.#turn ??= this.#readable.shift();
      if (socket === null) {
        if (!mayLook) break;
        mayLook = false;
        this.#engine.look!();
        continue;
      }
      const packet = this.#burst < BURST ? socket.receive() : null;
      this.#burst++;
      if (packet !== null) return packet;
      if (this.#burst > BURST) this.#readable.add(socket);
      this.#turn = null;
      this.#burst = 0;
    }
    if (--this.#untilNews > 0) return null;
    this.#untilNews = NEWS_INTERVAL;
    if (this.#engine.hasNews?.() && !this.#isTold) this.#look();
    return null;
  }

  /** See {@linkcode Transport.passTurn}. */
  passTurn(): void {
    if (this.#turn === null) return;
    this.#readable.add(this.#turn);
    this.#turn = null;
    this.#burst = 0;
  }

  /** See {@linkcode Transport.send}. */
  send(packet: Packet): boolean {
    const bound = this.#socketFor(packet);
    if (bound === null) {
      this.counters.UdpSndbufErrors++;
      return true;
    }
    return bound.socket.send(packet);
  }

  /** Closes all sockets. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const { socket } of this.#bound.splice(0)) socket.close();
    this.#byPort.clear();
    this.#engine.close();
  }

  /** The socket that has the source of `packet`; a port that none has is that of a connection opened here. */
  #socketFor(packet: Packet): Bound | null {
    if (this.#isClosed) return null;
    const port = packet.view.getUint16(packet.start);
    const candidates = this.#byPort.get(port);
    if (candidates !== undefined) {
      for (const one of candidates) if (one.address.equals(packet.source)) return one;
    }
    try {
      return this.#bind(packet.source.clone(), port, false);
    } catch {
      // The port is another program's: the connection finds nobody and a new attempt has another port.
      return null;
    }
  }

  /** Throws an error that says what is missing for an address to be used, unless it may come later. */
  #check(address: IpAddress): void {
    if (!address.isUnspecified()) {
      if (!this.#isTold) this.#engine.open(address, 0, this.#engineEvents).close();
    } else if (this.#interfaces === null) {
      throw new Deno.errors.NotCapable(
        `Cannot use UDP: to learn the addresses that ${address} stands for, run with --allow-sys=networkInterfaces, or on Linux with --allow-ffi; or name them`,
      );
    }
  }

  /** Finds out which addresses this machine has now, and tells the host what is new. */
  #look(onFailure: (error: unknown) => void = () => {}): void {
    const present = this.#interfaces?.() ?? [];
    const here = presentEnds(this.#ends, present, (address) => this.#has(address, present));
    for (const end of this.#here) if (!here.some(isEnd(end))) this.#leave(end);
    this.#here = here.filter((end) => this.#here.some(isEnd(end)) || this.#enter(end, onFailure));
  }

  #has(address: IpAddress, present: readonly string[]): boolean {
    if (present.includes(address.toString())) return true;
    if (this.#isTold) return false;
    try {
      this.#engine.open(address, 0, this.#engineEvents).close();
      return true;
    } catch {
      return false;
    }
  }

  /** This machine has the address from now on; false if it cannot be used yet. */
  #enter({ address, port }: LocalEnd, onFailure: (error: unknown) => void): boolean {
    try {
      if (port !== null) this.#bind(address, port, true);
      this.#events!.addressUp(address, {
        isShared: true,
        mtu: this.#mtu,
        superSegment: this.#engine.superSegment(this.#mtu),
        backup: this.#backup,
        keepAlive: this.#keepAlive,
      });
      return true;
    } catch (error) {
      this.#closeSockets((bound) => bound.address.equals(address));
      onFailure(error);
      return false;
    }
  }

  #leave({ address }: LocalEnd): void {
    this.#events!.addressDown(address);
    this.#closeSockets((bound) => bound.address.equals(address));
  }

  /** Ends sockets of connections that are over. */
  #closeUnused(): void {
    const { isPortInUse } = this.#events!;
    this.#closeSockets(({ address, socket, isFixed }) => !isFixed && !isPortInUse(address, socket.port));
  }

  #closeSockets(isOver: (bound: Bound) => boolean): void {
    for (const bound of this.#bound.filter(isOver)) {
      const { socket } = bound;
      socket.close();
      this.#bound.splice(this.#bound.indexOf(bound), 1);
      const others = this.#byPort.get(socket.port)!.filter((other) => other !== bound);
      if (others.length > 0) this.#byPort.set(socket.port, others);
      else this.#byPort.delete(socket.port);
    }
  }

  #every(interval: number, action: () => void): void {
    if (interval === 0) return;
    const timer = setInterval(action, interval);
    Deno.unrefTimer(timer);
    this.#timers.push(timer);
  }

  #bind(address: IpAddress, port: number, isFixed: boolean): Bound {
    const socket = this.#engine.open(address, port, this.#engineEvents);
    const bound = { address, socket, isFixed };
    this.#bound.push(bound);
    const alike = this.#byPort.get(socket.port);
    if (alike === undefined) this.#byPort.set(socket.port, [bound]);
    else alike.push(bound);
    return bound;
  }
}

/** A socket with what it is for. */
interface Bound {
  /** The address it is bound to. */
  readonly address: IpAddress;
  /** The socket. */
  readonly socket: DatagramSocket;
  /** Peers know its port. */
  readonly isFixed: boolean;
}

function isEnd({ address }: LocalEnd): (other: LocalEnd) => boolean {
  return (other) => other.address.equals(address);
}

/** Never asks for a permission that the program does not have. */
function preferredEngine(): "linux" | "portable" {
  const isPermitted = Deno.build.os === "linux" && Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  return isPermitted ? "linux" : "portable";
}

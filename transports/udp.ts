/**
 * Segments in UDP datagrams: Multipath TCP without privileges, through translators, on any system.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { IpAddress } from "../core/wire/address.ts";
import type { Packet } from "../core/wire/packet.ts";
import type { DatagramCounters, DatagramEngine, DatagramSocket, EngineEvents } from "./udp/engine.ts";
import { PortableEngine } from "./udp/portable.ts";
import { LinuxEngine } from "./linux/udp_engine.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

/** What {@linkcode udp} is told. */
export interface UdpOptions {
  /**
   * Addresses of this machine, each a path: "192.0.2.1", "2001:db8::1". With a port, as "192.0.2.1:6000" or
   * "[2001:db8::1]:6000", peers can connect to it: listen on the same port. Connections that this host opens have
   * sockets and ports of their own, like those of TCP.
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
   * How datagrams are sent: "linux" by system calls, a train of them each, with `--allow-ffi`; "portable" by Deno's own
   * sockets, with `--allow-net` and `--unstable-net`. By default "linux" where it is Linux and permitted.
   */
  readonly engine?: "linux" | "portable";
}

const DEFAULT_MTU = 1500;
const MINIMUM_MTU = 576;
const MAXIMUM_MTU = 9000;
const DEFAULT_KEEP_ALIVE = 15;
/** Packets taken from one socket before the next has its turn. */
const BURST = 16;
const DEFAULT_SWEEP_INTERVAL = 5;

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
  readonly counters: DatagramCounters = {
    UdpInDatagrams: 0,
    UdpOutDatagrams: 0,
    UdpInErrors: 0,
    UdpKeepAlives: 0,
    UdpSndbufErrors: 0,
    UdpRcvbufErrors: 0,
    IcmpInMsgs: 0,
  };

  /** See {@linkcode Transport.gathers}. */
  readonly gathers: boolean;
  /** See {@linkcode Transport.waiter}. */
  readonly waiter?: Waiter;

  readonly #ends: readonly LocalEnd[];
  readonly #mtu: number;
  readonly #backup: boolean;
  readonly #keepAlive: Micros;
  readonly #sweepInterval: number;
  readonly #engine: DatagramEngine;
  /** Sockets by local port, several where several addresses use one. */
  readonly #byPort = new Map<number, Bound[]>();
  /** The same, one after the other. */
  readonly #bound: Bound[] = [];
  /** Whose turn it is to be asked. */
  #turn = 0;
  #burst = 0;
  #events: TransportEvents | null = null;
  #isClosed = false;
  #sweep: ReturnType<typeof setInterval> | undefined;

  /** See {@linkcode udp}. */
  constructor(options: UdpOptions) {
    const { addresses, mtu = DEFAULT_MTU, backup = false, keepAlive = DEFAULT_KEEP_ALIVE } = options;
    const { sweepInterval = DEFAULT_SWEEP_INTERVAL } = options;
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
    if (!(keepAlive >= 0)) {
      throw new RangeError(`Cannot use UDP: keepAlive must be seconds, 0 or more, is ${keepAlive}`);
    }
    this.#ends = addresses.map(parseEnd);
    this.#engine = (options.engine ?? preferredEngine()) === "linux" ? new LinuxEngine() : new PortableEngine();
    this.gathers = this.#engine.superSegment > 0;
    if (this.#engine.waiter !== undefined) this.waiter = this.#engine.waiter;
    this.#mtu = mtu;
    this.#backup = backup;
    this.#keepAlive = keepAlive > 0 ? keepAlive * 1e6 : Infinity;
    this.#sweepInterval = sweepInterval * 1000;
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
      for (const { address, port } of this.#ends) if (port !== null) this.#bind(address, port, true);
      for (const { address } of this.#ends) {
        events.addressUp(address, {
          mtu: this.#mtu,
          superSegment: this.#engine.superSegment,
          backup: this.#backup,
          keepAlive: this.#keepAlive,
        });
      }
    } catch (error) {
      this.close();
      throw error;
    }
    this.#sweep = setInterval(() => this.#closeUnused(), this.#sweepInterval);
    Deno.unrefTimer(this.#sweep as unknown as number);
  }

  /** See {@linkcode Transport.receive}. */
  receive(): Packet | null {
    const bound = this.#bound;
    for (let tries = 0; tries <= bound.length; tries++) {
      const one = bound[this.#turn];
      const packet = this.#burst < BURST ? one?.socket.receive() ?? null : null;
      if (packet !== null) {
        this.#burst++;
        return packet;
      }
      this.#burst = 0;
      this.#turn = this.#turn + 1 < bound.length ? this.#turn + 1 : 0;
    }
    return null;
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
    clearInterval(this.#sweep);
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

  /** Ends sockets of connections that are over. */
  #closeUnused(): void {
    for (const bound of [...this.#bound]) {
      const { address, socket, isFixed } = bound;
      if (isFixed || this.#events!.isPortInUse(address, socket.port)) continue;
      socket.close();
      this.#bound.splice(this.#bound.indexOf(bound), 1);
      const others = this.#byPort.get(socket.port)!.filter((other) => other !== bound);
      if (others.length > 0) this.#byPort.set(socket.port, others);
      else this.#byPort.delete(socket.port);
    }
    this.#turn = this.#burst = 0;
  }

  #bind(address: IpAddress, port: number, isFixed: boolean): Bound {
    const events: EngineEvents = {
      ready: () => this.#events!.ready(),
      icmpError: (error) => this.#events!.icmpError(error),
      counters: this.counters,
    };
    const socket = this.#engine.open(address, port, events);
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

/** Never asks for a permission that the program does not have. */
function preferredEngine(): "linux" | "portable" {
  const isPermitted = Deno.build.os === "linux" && Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  return isPermitted ? "linux" : "portable";
}

interface LocalEnd {
  readonly address: IpAddress;
  readonly port: number | null;
}

function parseEnd(text: string): LocalEnd {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(String(text));
  const address = IpAddress.tryParse(match ? match[1] ?? match[2]! : String(text));
  const port = match?.[3] === undefined ? null : Number(match[3]);
  if (address === null || (port !== null && port > 65535)) {
    throw new TypeError(
      `Cannot use UDP: address must be like "192.0.2.1", "192.0.2.1:6000", "2001:db8::1" or "[2001:db8::1]:6000", is ${
        JSON.stringify(text)
      }`,
    );
  }
  return { address, port };
}

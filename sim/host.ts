/**
 * A host in a simulated network.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import { Stack } from "../core/stack.ts";
import type { StackOptions } from "../core/stack.ts";
import type { IpAddress } from "../core/wire/address.ts";
import { IcmpError } from "../core/wire/icmp.ts";
import { HEADROOM } from "../core/wire/packet.ts";
import { icmpKind, readIcmpError } from "../transports/icmp.ts";
import { Host } from "../transports/host.ts";
import type { HostSettings } from "../transports/host.ts";
import type { Loop } from "../transports/loop.ts";
import { Routes } from "../transports/routes.ts";
import { createSeededEnv } from "./env.ts";
import type { Frame } from "./frame.ts";
import type { Link } from "./link.ts";
import type { NextHops, Node, Port } from "./node.ts";
import { linkForFlow } from "./routing.ts";
import type { Simulator } from "./simulator.ts";
import type { SimTimer } from "./timer.ts";

/** What a host is made of: the plug-ins and options of its stack, and how it is embedded. */
export interface SimHostOptions extends Omit<StackOptions, "env">, HostSettings {}

/** Packets that a host had no use for. */
export interface SimHostCounters {
  /** Dropped on arrival: the checksum of the TCP segment or the ICMP message was wrong. */
  readonly checksumErrors: number;
  /** Dropped on arrival: for an address that the host does not have. */
  readonly notForMe: number;
  /** Not sent: no link leads to the destination. */
  readonly noRoute: number;
}

/**
 * A host whose engine and programming interface are those of a real one: `connect`, `listen`, connections like Deno's. Made
 * by `network.host()`. What it sends leaves by the link that has its source address, and where several have it, by the
 * one that leads to the destination.
 */
export class SimHost extends Host implements Node {
  /** See {@linkcode Node.forwards}: a host does not. */
  readonly forwards = false;
  /** Unique in the network; `connect({ hostname })` of other hosts finds it by this. */
  readonly name: string;
  /** The engine. Whoever gives it commands calls {@linkcode SimHost.kick} after that. */
  readonly stack: Stack;
  readonly #driver: HostDriver;
  readonly #simulator: Simulator;
  readonly #nextHops: NextHops;
  readonly #salt: number;
  readonly #bindings = new Routes<Binding>();
  readonly #addresses: IpAddress[] = [];
  readonly #dropped = { checksumErrors: 0, notForMe: 0, noRoute: 0 };

  /** Made by `network.host()`. */
  constructor(simulator: Simulator, name: string, options: Partial<SimHostOptions>, nextHops: NextHops) {
    const { scheduler, congestion, pathManager } = options;
    if (scheduler === undefined || congestion === undefined || pathManager === undefined) {
      throw new TypeError(`Cannot make host ${name}: give a scheduler, a congestion control and a path manager`);
    }
    const random = simulator.random(`host ${name}`);
    const stack = new Stack({ ...options, scheduler, congestion, pathManager, env: createSeededEnv(random) });
    const driver = new HostDriver(simulator, stack);
    super(stack, driver, options);
    driver.start(this, (frame) => this.#send(frame));
    this.name = name;
    this.stack = stack;
    this.#driver = driver;
    this.#simulator = simulator;
    this.#nextHops = nextHops;
    this.#salt = simulator.random(`host ${name} routing`).uint32();
  }

  /** Packets that it had no use for; what the stack counts is in {@linkcode Host.counters}. */
  get dropped(): SimHostCounters {
    return this.#dropped;
  }

  /** Its addresses, in the order in which they came, those that are down included. */
  get addresses(): readonly string[] {
    return this.#addresses.map((address) => address.toString());
  }

  /** Something was asked of the stack directly: its output leaves at this instant of virtual time. */
  kick(): void {
    this.#driver.kick();
  }

  /** See {@linkcode Node.attach}: the host has the addresses of the port from now on. */
  attach(port: Port): void {
    this.#driver.handleMtu(port.mtu);
    for (const address of port.addresses) {
      const binding = this.#bindings.get(address);
      if (binding === null) {
        this.#bindings.set(address, { ports: [port], isUp: true });
        this.#addresses.push(address);
      } else {
        binding.ports.push(port);
      }
      this.#announce(address);
    }
  }

  /** The host loses an address, as when WiFi is switched off: its subflows end, others may be opened. */
  addressDown(address: string): void {
    const own = this.#own(address, "take down");
    this.#bindings.get(own)!.isUp = false;
    this.stack.handleAddressDown(own, this.#simulator.now());
    this.kick();
  }

  /** The host has an address again that was down. */
  addressUp(address: string): void {
    const own = this.#own(address, "bring up");
    this.#bindings.get(own)!.isUp = true;
    this.#announce(own);
  }

  /** See {@linkcode Receiver.receive}. */
  receive(frame: Frame): void {
    if (!frame.verifies()) {
      this.#dropped.checksumErrors++;
      frame.release();
    } else if (!this.#bindings.get(frame.destination)?.isUp) {
      this.#dropped.notForMe++;
      frame.release();
    } else {
      this.#driver.handleFrame(frame);
    }
  }

  #send(frame: Frame): void {
    const link = this.#linkFor(frame);
    if (link === null) {
      this.#dropped.noRoute++;
      frame.release();
    } else {
      frame.seal();
      link.send(frame);
    }
  }

  #linkFor(frame: Frame): Link | null {
    const binding = this.#bindings.get(frame.source);
    if (binding === null || !binding.isUp) return null;
    const { ports } = binding;
    if (ports.length === 1) return ports[0]!.link;
    const leading = this.#nextHops(this, frame.destination);
    if (leading.length === 1) return ports.some(({ link }) => link === leading[0]) ? leading[0]! : null;
    const links = leading.filter((link) => ports.some((port) => port.link === link));
    return links.length === 0 ? null : linkForFlow(links, frame, this.#salt);
  }

  #announce(address: IpAddress): void {
    const { ports, isUp } = this.#bindings.get(address)!;
    if (!isUp) return;
    // What is sent from an address of several links has to fit through each of them.
    const mtu = Math.min(...ports.map((port) => port.mtu));
    this.stack.handleAddressUp(address, { mtu, superSegment: 0 }, this.#simulator.now());
    this.kick();
  }

  #own(text: string, what: string): IpAddress {
    const own = this.#addresses.find((address) => address.toString() === text);
    if (own === undefined) {
      throw new TypeError(`Cannot ${what} ${text}: ${this.name} has ${this.addresses.join(", ") || "no address"}`);
    }
    return own;
  }
}

/** Where an address is. */
interface Binding {
  readonly ports: Port[];
  isUp: boolean;
}

const LARGEST_TCP_HEADER = 60;

/** Turns the crank of one stack in virtual time. */
class HostDriver implements Loop {
  readonly #simulator: Simulator;
  readonly #stack: Stack;
  readonly #timer: SimTimer;
  #host!: Host;
  #send!: (frame: Frame) => void;
  readonly #icmpError = new IcmpError();
  #capacity = HEADROOM + LARGEST_TCP_HEADER + 1500;
  #isDraining = false;
  #isKicked = false;

  constructor(simulator: Simulator, stack: Stack) {
    this.#simulator = simulator;
    this.#stack = stack;
    this.#timer = simulator.timer((now) => {
      this.#stack.handleTimeout(now);
      this.#drain(now);
    });
  }

  start(host: Host, send: (frame: Frame) => void): void {
    this.#host = host;
    this.#send = send;
  }

  now(): Micros {
    return this.#simulator.now();
  }

  kick(): void {
    if (this.#isDraining) this.#isKicked = true;
    else this.#timer.set(this.#simulator.now());
  }

  after(delay: Micros, callback: () => void): () => void {
    return this.#simulator.at((this.now() + delay) / 1000, callback);
  }

  waiting(describe: () => string): () => void {
    return this.#simulator.waiting(describe);
  }

  handleMtu(mtu: number): void {
    this.#capacity = Math.max(this.#capacity, HEADROOM + LARGEST_TCP_HEADER + mtu);
  }

  handleFrame(frame: Frame): void {
    const now = this.#simulator.now();
    if (frame.protocol === "tcp") this.#stack.handlePacket(frame, now);
    else if (readIcmpError(frame, icmpKind(frame, true), this.#icmpError)) this.#stack.handleIcmp(this.#icmpError, now);
    frame.release();
    this.#drain(now);
  }

  /** Sends what the stack has to send, tells programs what is new, and waits for the next deadline. */
  #drain(now: Micros): void {
    this.#isDraining = true;
    const stack = this.#stack;
    const { frames } = this.#simulator;
    do {
      this.#isKicked = false;
      let frame = frames.take(this.#capacity);
      while (stack.pollTransmit(frame, now)) {
        this.#send(frame);
        frame = frames.take(this.#capacity);
      }
      frame.release();
      for (let ready = stack.pollReady(); ready !== undefined; ready = stack.pollReady()) this.#host.notify(ready);
    } while (this.#isKicked);
    this.#isDraining = false;
    const deadline = Math.max(Math.ceil(stack.pollTimeout()), now);
    if (deadline !== this.#timer.deadline) this.#timer.set(deadline);
  }
}

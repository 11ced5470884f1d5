/**
 * Drives a stack in real time over any number of transports: the only file that waits.
 *
 * @module
 */

import type { Micros } from "../core/plugin.ts";
import type { InterfaceProperties, Stack } from "../core/stack.ts";
import type { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { BlockedPackets } from "./blocked.ts";
import { connectionError } from "./errors.ts";
import { Host, type HostSettings } from "./host.ts";
import { Intake } from "./intake.ts";
import type { Loop } from "./loop.ts";
import { Patience } from "./patience.ts";
import { Routes } from "./routes.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";
import { throwUnlessTransports } from "./transport_list.ts";

/** A deadline as near as this is awaited by turning: a timer comes up to 2 ms late, and a transport's own wait by a thread. */
const SPIN_BEFORE_TIMER: Micros = 1000;
const SPIN_BEFORE_WAIT: Micros = 50;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LARGEST_TCP_HEADER = 60;

/** Starts a host: opens the transports, and keeps `stack` going until the host is closed. */
export function startHost(stack: Stack, transports: readonly Transport[], settings: HostSettings = {}): Host {
  throwUnlessTransports(transports);
  const driver = new Driver(stack, transports);
  const host = new Host(stack, driver, settings);
  driver.start(host);
  return host;
}

/**
 * The event loop of one host. A turn is: timers that are due, input, output, and news for the program. Turns that input or
 * time asks for are macrotasks; what a program asks for goes out in a microtask, so that many small writes share one
 * turn, and a program that never waits cannot be starved of its own output.
 */
class Driver implements Loop {
  readonly #stack: Stack;
  readonly #transports: readonly Transport[];
  readonly #waits: Wait[];
  readonly #routes = new Routes<Transport>();
  readonly #turnNow = () => this.#macroturn();
  readonly #kickNow = () => this.#microturn();
  #host: Host | null = null;
  #packet: Packet = new Packet(HEADROOM + 1600);
  readonly #blocked = new BlockedPackets();
  readonly #resume = (source: IpAddress) => this.#stack.handleRoom(source);
  #isKicked = false;
  readonly #intake: Intake;
  readonly #patience = new Patience();
  #immediate: ReturnType<typeof setImmediate> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt: Micros = Infinity;
  #timerHolds = true;
  #isStopped = false;

  constructor(stack: Stack, transports: readonly Transport[]) {
    this.#stack = stack;
    this.#transports = transports;
    this.#intake = new Intake(stack, transports);
    const waiters = new Set(transports.map(({ waiter }) => waiter).filter((waiter) => waiter !== undefined));
    this.#waits = [...waiters].map((waiter) => ({ waiter, until: null, holds: false, ended: Promise.resolve() }));
  }

  start(host: Host): void {
    this.#host = host;
    const opened: Transport[] = [];
    try {
      for (const transport of this.#transports) {
        transport.open(this.#eventsOf(transport));
        opened.push(transport);
      }
    } catch (error) {
      this.#isStopped = true;
      this.#cancel();
      for (const transport of opened) transport.close();
      throw error;
    }
    this.#turnSoon();
  }

  now(): Micros {
    return Math.floor(performance.now() * 1000);
  }

  kick(): void {
    if (this.#isKicked || this.#isStopped) return;
    this.#isKicked = true;
    queueMicrotask(this.#kickNow);
  }

  after(delay: Micros, callback: () => void): () => void {
    const timer = setTimeout(callback, delay / 1000);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#send(this.now());
    this.#isStopped = true;
    this.#cancel();
    for (const wait of this.#waits) {
      if (wait.until !== null) wait.waiter.wake();
    }
    await Promise.all(this.#waits.map(({ ended }) => ended));
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }

  #eventsOf(transport: Transport): TransportEvents {
    return {
      now: () => this.now(),
      ready: () => this.#turnSoon(),
      addressUp: (address, properties) => this.#addressUp(transport, address, properties),
      addressDown: (address) => {
        this.#routes.delete(address);
        this.#blocked.drop(address);
        this.#stack.handleAddressDown(address, this.now());
        this.kick();
      },
      isPortInUse: (address, port) => this.#stack.isPortInUse(address, port),
      icmpError: (error) => {
        this.#stack.handleIcmp(error, this.now());
        this.kick();
      },
    };
  }

  #addressUp(transport: Transport, address: IpAddress, properties: InterfaceProperties): void {
    const present = this.#routes.get(address);
    if (present !== null && present !== transport) {
      throw connectionError("address-in-use", `Cannot add address ${address}: another transport of this host has it`);
    }
    this.#routes.set(address, transport);
    const capacity = HEADROOM + LARGEST_TCP_HEADER + Math.max(properties.mtu, properties.superSegment);
    if (capacity > this.#packet.bytes.length) this.#packet = new Packet(capacity);
    this.#stack.handleAddressUp(address, { ...properties, gathers: transport.gathers ?? false }, this.now());
    this.kick();
  }

  #macroturn(): void {
    this.#immediate = null;
    if (this.#isStopped) return;
    const now = this.now();
    if (this.#stack.pollTimeout() <= now) this.#stack.handleTimeout(now);
    const mayHaveMore = this.#intake.take(now);
    this.#patience.noteLook(this.#intake.packets > 0);
    this.#send(now);
    this.#notify();
    this.#rest(mayHaveMore);
  }

  #microturn(): void {
    this.#isKicked = false;
    if (this.#isStopped) return;
    this.#send(this.now());
    this.#notify();
    this.#rest(false);
  }

  #send(now: Micros): void {
    this.#transmit(now);
    for (const transport of this.#transports) transport.flush?.();
  }

  #transmit(now: Micros): void {
    this.#blocked.retry(this.#resume);
    for (;;) {
      this.#packet.reset();
      if (!this.#stack.pollTransmit(this.#packet, now)) return;
      this.#patience.noteSent();
      const { source } = this.#packet;
      const transport = this.#routes.get(source);
      // An address that has just gone has no transport; the stack has been told, and this was its last word.
      if (transport === null || transport.send(this.#packet)) continue;
      // The stack holds back subflows, but not what it has for strangers: that is lost, as on a full link.
      if (this.#blocked.has(source)) continue;
      this.#stack.handleBlocked(source);
      this.#packet = this.#blocked.keep(this.#packet, transport, this.#packet.bytes.length);
    }
  }

  #notify(): void {
    for (let ready = this.#stack.pollReady(); ready !== undefined; ready = this.#stack.pollReady()) {
      this.#host!.notify(ready);
    }
  }

  /** Sees to it that the next turn comes when it has to. */
  #rest(mayHaveMore: boolean): void {
    if (this.#immediate !== null) return;
    const now = this.now();
    const deadline = this.#deadline();
    const hasWaits = this.#waits.length > 0;
    const isNear = deadline - now <= (hasWaits ? SPIN_BEFORE_WAIT : SPIN_BEFORE_TIMER);
    if (mayHaveMore || isNear || (hasWaits && !this.#patience.isOver)) return this.#turnSoon();
    const holds = this.#host!.isBusy;
    if (!hasWaits) return this.#sleep(now, deadline, holds);
    for (const wait of this.#waits) this.#wait(wait, now, deadline, holds);
  }

  /** When the stack or a transport wants a turn though nothing happens. */
  #deadline(): Micros {
    let deadline = this.#stack.pollTimeout();
    for (const transport of this.#transports) deadline = Math.min(deadline, transport.deadline ?? Infinity);
    return deadline;
  }

  #turnSoon(): void {
    if (this.#immediate === null && !this.#isStopped) this.#immediate = setImmediate(this.#turnNow);
  }

  /** Arms the timer. One that comes too early is left: the turn finds nothing due and arms it anew. */
  #sleep(now: Micros, deadline: Micros, holds: boolean): void {
    if (deadline === Infinity && !holds) return this.#cancelTimer();
    if (this.#timer !== null && this.#timerAt > deadline) this.#cancelTimer();
    if (this.#timer === null) {
      const delay = Math.min((deadline - now) / 1000, LONGEST_TIMER_MS);
      this.#timerAt = now + delay * 1000;
      this.#timerHolds = true;
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#macroturn();
      }, delay);
    }
    if (holds === this.#timerHolds) return;
    this.#timerHolds = holds;
    if (holds) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  #wait(wait: Wait, now: Micros, deadline: Micros, holds: boolean): void {
    if (wait.until !== null) {
      if (deadline < wait.until || holds !== wait.holds) wait.waiter.wake();
      return;
    }
    wait.until = deadline;
    wait.holds = holds;
    wait.ended = wait.waiter.wait(deadline - now, holds).then(() => {
      wait.until = null;
      const ended = this.now();
      this.#patience.noteWait(ended - now, ended < deadline);
      if (this.#immediate === null) this.#macroturn();
    });
  }

  #cancel(): void {
    this.#cancelTimer();
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** A waiter, and until when it waits. */
interface Wait {
  readonly waiter: Waiter;
  until: Micros | null;
  holds: boolean;
  ended: Promise<void>;
}

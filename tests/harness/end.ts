/**
 * One stack in virtual time, without promises: what drives thousands of transfers a minute.
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";
import { type ConnectRequest, type ListenRequest, Stack, type StackOptions } from "../../core/stack.ts";
import { IpAddress, type Listener, MetaSocket } from "../../core/mod.ts";
import { IcmpError } from "../../core/wire/icmp.ts";
import { HEADROOM } from "../../core/wire/packet.ts";
import { createSeededEnv } from "../../sim/env.ts";
import type { Frame } from "../../sim/frame.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { SimTimer } from "../../sim/timer.ts";
import { icmpKind, readIcmpError } from "../../transports/icmp.ts";

/** What uses a connection. */
export interface Program {
  /** The stack says that something changed. */
  handleReady(now: Micros): void;
}

/** Packets that one end may send at one instant; more of them means that it sends for ever. */
const MOST_AT_ONCE = 10_000;

/** A stack and the programs on it. */
export class End {
  /** The engine. */
  readonly stack: Stack;
  /** Segments whose checksum was wrong. */
  checksumErrors = 0;

  readonly #simulator: Simulator;
  readonly #timer: SimTimer;
  readonly #programs = new Map<MetaSocket, Program>();
  readonly #acceptors = new Map<Listener, (socket: MetaSocket) => Program>();
  readonly #send: (frame: Frame) => void;
  readonly #capacity: number;
  readonly #icmpError = new IcmpError();
  #isDraining = false;

  /** Its segments take `size` bytes at most; `send` takes a sealed frame. */
  constructor(
    simulator: Simulator,
    name: string,
    options: Omit<StackOptions, "env">,
    size: number,
    send: (frame: Frame) => void,
  ) {
    this.#simulator = simulator;
    this.#send = send;
    this.#capacity = HEADROOM + size + 64;
    this.stack = new Stack({ ...options, env: createSeededEnv(simulator.random(`end ${name}`)) });
    this.#timer = simulator.timer((now) => {
      this.stack.handleTimeout(now);
      this.drain();
    });
  }

  /** Opens a connection and runs `program` on it. */
  connect(request: ConnectRequest, program: (socket: MetaSocket) => Program): MetaSocket {
    const socket = this.stack.connect(request, this.#simulator.now());
    this.#programs.set(socket, program(socket));
    this.drain();
    return socket;
  }

  /** Accepts connections and runs `program` on each. */
  listen(request: ListenRequest, program: (socket: MetaSocket) => Program): Listener {
    const listener = this.stack.listen(request, this.#simulator.now());
    this.#acceptors.set(listener, program);
    return listener;
  }

  /** Runs `program` on the connections of a listener that nobody has looked after. */
  adopt(listener: Listener, program: (socket: MetaSocket) => Program): void {
    this.#acceptors.set(listener, program);
    this.#accept(listener, this.#simulator.now());
    this.drain();
  }

  /** Does something with the stack and lets out what comes of it. */
  act(action: (now: Micros) => void): void {
    action(this.#simulator.now());
    this.drain();
  }

  /** The address comes up. */
  addressUp(address: string, mtu: number, backup = false, superSegment = 0, keepAlive = Infinity): void {
    const properties = { mtu, superSegment, backup, keepAlive };
    this.act((now) => this.stack.handleAddressUp(IpAddress.parse(address), properties, now));
  }

  /** The address goes. */
  addressDown(address: string): void {
    this.act((now) => this.stack.handleAddressDown(IpAddress.parse(address), now));
  }

  /** A packet arrives. */
  receive(frame: Frame): void {
    const isMine = this.stack.localAddresses.some(({ address }) => address.equals(frame.destination));
    const now = this.#simulator.now();
    if (!frame.verifies()) this.checksumErrors++;
    else if (isMine && frame.protocol === "tcp") this.stack.handlePacket(frame, now);
    else if (isMine && readIcmpError(frame, icmpKind(frame, true), this.#icmpError)) {
      this.stack.handleIcmp(this.#icmpError, now);
    }
    frame.release();
    this.drain();
  }

  /** Sends what is to be sent, tells the programs what they must know, and sets the timer. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const now = this.#simulator.now();
    const { frames } = this.#simulator;
    let count = 0;
    let frame = frames.take(this.#capacity);
    for (;;) {
      while (this.stack.pollTransmit(frame, now)) {
        if (++count > MOST_AT_ONCE) throw new Error(`Cannot go on: ${count} packets at ${now} µs and no end`);
        frame.seal();
        this.#send(frame);
        frame = frames.take(this.#capacity);
      }
      const ready = this.stack.pollReady();
      if (ready === undefined) break;
      if (ready instanceof MetaSocket) this.#programs.get(ready)?.handleReady(now);
      else this.#accept(ready, now);
    }
    frame.release();
    const deadline = Math.max(Math.ceil(this.stack.pollTimeout()), now);
    if (deadline !== this.#timer.deadline) this.#timer.set(deadline);
    this.#isDraining = false;
  }

  #accept(listener: Listener, now: Micros): void {
    const accept = this.#acceptors.get(listener);
    if (accept === undefined) return;
    for (let socket = listener.accept(); socket !== undefined; socket = listener.accept()) {
      const program = accept(socket);
      this.#programs.set(socket, program);
      program.handleReady(now);
    }
  }
}

/**
 * Tells which of many descriptors have something (epoll(7)), at a cost that depends on those that have.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;
/** Descriptors told of at a time; the others have their turn with the next look. */
const MOST_AT_ONCE = 64;
/** Where the descriptor lies in struct epoll_event, which is packed on one architecture. */
const DATA = Deno.build.arch === "x86_64" ? 4 : 8;
const EVENT_LENGTH = DATA + 8;

/** A set of descriptors. */
export class Epoll {
  /** Its own descriptor, which can be read while one of the set has something. */
  readonly descriptor: number;
  readonly #libc: Libc;
  readonly #memory = new NativeMemory(MOST_AT_ONCE * EVENT_LENGTH);
  readonly #told = new Map<number, () => void>();

  /** An empty set. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.descriptor = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.descriptor >= 0) return;
    this.#memory.free();
    throw new Error(`Cannot wait for several sockets: epoll_create1 failed with error ${libc.errno()}`);
  }

  /** Tells from now on when `descriptor` has input or an error. */
  add(descriptor: number, tell: () => void): void {
    this.#told.set(descriptor, tell);
    this.#control(EPOLL_CTL_ADD, descriptor, EPOLLIN);
  }

  /** Forgets `descriptor`, which is about to be closed: the kernel does so by itself then. */
  delete(descriptor: number): void {
    this.#told.delete(descriptor);
  }

  /** Whether to tell of room to send too. */
  awaitRoom(descriptor: number, isAwaited: boolean): void {
    this.#control(EPOLL_CTL_MOD, descriptor, isAwaited ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  /** Tells of those that have something now. */
  look(): void {
    const { pointer, view } = this.#memory;
    const count = this.#libc.epoll_wait(this.descriptor, pointer, MOST_AT_ONCE, 0);
    for (let i = 0; i < count; i++) this.#told.get(view.getInt32(i * EVENT_LENGTH + DATA, true))?.();
  }

  /** Ends it. */
  close(): void {
    this.#libc.close(this.descriptor);
    this.#memory.free();
  }

  #control(operation: number, descriptor: number, events: number): void {
    const { view, address } = this.#memory;
    view.setUint32(0, events, true);
    view.setInt32(DATA, descriptor, true);
    this.#libc.epoll_ctl(this.descriptor, operation, descriptor, address);
  }
}

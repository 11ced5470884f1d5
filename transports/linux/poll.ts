/**
 * Waits for file descriptors with the precision of the kernel's timers.
 *
 * @module
 */

import type { Micros } from "../../core/plugin.ts";
import type { Waiter } from "../transport.ts";
import type { Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";

const POLLIN = 1;
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const POLLFD_LENGTH = 8;
/** Where in the memory the other structures lie. */
const TIMESPEC = 1024;
const COUNT = 1040;
/** How often a wait that must not keep the program running looks. */
const UNHELD_INTERVAL_MS = 4;
const LONGEST_WAIT: Micros = 2 ** 50;

/** Waits until one of several descriptors can be read. */
export class PollWaiter implements Waiter {
  readonly #libc: Libc;
  readonly #memory = new NativeMemory(0);
  readonly #count: number;
  readonly #wakeup: number;
  /** Where the kernel says how often it was woken. */
  readonly #wakes = Deno.UnsafePointer.offset(this.#memory.pointer, COUNT)!;
  #endUnheld: (() => void) | null = null;
  #isHeld = false;

  /** `descriptors` stay open until {@linkcode PollWaiter.close}; at most 100. */
  constructor(libc: Libc, descriptors: readonly number[]) {
    this.#libc = libc;
    this.#wakeup = libc.eventfd(0, EFD_CLOEXEC_NONBLOCK);
    if (this.#wakeup < 0) throw new Error(`Cannot wait for input: eventfd failed with error ${libc.errno()}`);
    const all = [...descriptors, this.#wakeup];
    this.#count = all.length;
    for (const [index, descriptor] of all.entries()) {
      this.#memory.view.setInt32(index * POLLFD_LENGTH, descriptor, true);
      this.#memory.view.setInt16(index * POLLFD_LENGTH + 4, POLLIN, true);
    }
  }

  /** See {@linkcode Waiter.wait}. */
  wait(timeout: Micros, hold: boolean): Promise<void> {
    return hold ? this.#waitHeld(timeout) : this.#waitUnheld(timeout);
  }

  /** See {@linkcode Waiter.wake}. */
  wake(): void {
    this.#endUnheld?.();
    if (!this.#isHeld) return;
    this.#libc.eventfd_write(this.#wakeup, 1n);
  }

  /** Looks at `descriptor` no more: one whose device is gone would end every wait at once. */
  forget(descriptor: number): void {
    for (let index = 0; index < this.#count; index++) {
      const at = index * POLLFD_LENGTH;
      if (this.#memory.view.getInt32(at, true) === descriptor) this.#memory.view.setInt32(at, -1, true);
    }
  }

  /** Gives everything but the descriptors back; no wait may be under way. */
  close(): void {
    this.#libc.close(this.#wakeup);
    this.#memory.free();
  }

  /** A thread of the runtime waits, which keeps the program running. */
  async #waitHeld(timeout: Micros): Promise<void> {
    const { address, view } = this.#memory;
    const micros = Math.min(Math.max(timeout, 0), LONGEST_WAIT);
    const seconds = Math.floor(micros / 1e6);
    view.setBigInt64(TIMESPEC, BigInt(seconds), true);
    view.setBigInt64(TIMESPEC + 8, BigInt(Math.floor((micros - seconds * 1e6) * 1000)), true);
    this.#isHeld = true;
    await this.#libc.ppoll(address, this.#count, address + TIMESPEC, 0);
    this.#isHeld = false;
    this.#libc.eventfd_read(this.#wakeup, this.#wakes);
  }

  /** A timer looks now and then, which does not. */
  #waitUnheld(timeout: Micros): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = timeout / 1000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = this.#endUnheld = () => {
      clearTimeout(timer);
      this.#endUnheld = null;
      resolve();
    };
    const arm = () => {
      const delay = Math.min(left, UNHELD_INTERVAL_MS);
      left -= delay;
      timer = setTimeout(look, delay);
      Deno.unrefTimer(timer);
    };
    const look = () => {
      if (left <= 0 || this.#libc.poll(this.#memory.address, this.#count, 0) > 0) end();
      else arm();
    };
    look();
    return promise;
  }
}

/**
 * A thread of the kernel that takes in what is sent to a device (threaded NAPI, Linux 5.12 and later). Otherwise the kernel
 * does that within the call that sends: so, on two cores, one packet is made while another is taken in.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";

// Numbers of system calls that came after architectures agreed on them, and their arguments (linux/mount.h).
const FSOPEN = 430;
const FSOPEN_CLOEXEC = 1;
const FSCONFIG = 431;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT = 432;
const FSMOUNT_CLOEXEC = 1;
const MOUNT_ATTR_NOSUID_NODEV_NOEXEC = 2 | 4 | 8;

const O_WRONLY_CLOEXEC = 1 | 0o2000000;

const OFF = "0";
const ON = "1";

/** The thread of one device. */
export class ReceiveThread {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #words = new NativeMemory(0);
  #isRunning = false;
  #isWanted = false;
  #change: Promise<void> | null = null;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#words.writeString(OFF, wordAt(false));
    this.#words.writeString(ON, wordAt(true));
  }

  /**
   * That of `device`, which was made for it, not running; null where the kernel has none to give, or this process may not
   * ask.
   */
  static of(libc: Libc, device: string): ReceiveThread | null {
    const descriptor = openSysfs(libc, `class/net/${device}/threaded`);
    if (descriptor < 0) return null;
    const thread = new ReceiveThread(libc, descriptor);
    // Whoever had a persistent device before may have been killed with the thread running.
    libc.write(descriptor, thread.#words.address + wordAt(false), 1);
    return thread;
  }

  /**
   * Has it started, or ended once it is through with what it was given. The kernel may wait for that in steps of 20 ms, so
   * nobody waits here.
   */
  run(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (isWanted !== this.#isRunning) this.#change ??= this.#switch();
  }

  /** Ends it and gives everything back; at once unless it runs or is being started or ended. */
  close(): void | Promise<void> {
    this.run(false);
    if (this.#change !== null) return this.#change.then(() => this.#release());
    this.#release();
  }

  async #switch(): Promise<void> {
    while (this.#isRunning !== this.#isWanted) {
      const isWanted = this.#isWanted;
      const address = this.#words.address + wordAt(isWanted);
      // A device that is gone has none to run.
      if (await this.#libc.writeAside(this.#descriptor, address, 1) < 0) break;
      this.#isRunning = isWanted;
    }
    this.#change = null;
  }

  #release(): void {
    this.#libc.close(this.#descriptor);
    this.#words.free();
  }
}

/** Where the memory has the word that the kernel is to be told. */
function wordAt(isWanted: boolean): number {
  return isWanted ? 8 : 0;
}

/**
 * Opens a file of sysfs for writing; the descriptor, or below 0. What is mounted on /sys may be that of another network
 * namespace, and have another device of that name: this is the one of the calling thread's namespace, mounted nowhere.
 */
function openSysfs(libc: Libc, path: string): number {
  const memory = new NativeMemory(0);
  memory.writeString("sysfs");
  const context = libc.syscall(FSOPEN, memory.address, FSOPEN_CLOEXEC, 0, 0, 0);
  try {
    if (context < 0 || libc.syscall(FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0) < 0) return -1;
    const root = libc.syscall(FSMOUNT, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID_NODEV_NOEXEC, 0, 0);
    if (root < 0) return -1;
    memory.writeString(path);
    const descriptor = libc.openat(root, memory.address, O_WRONLY_CLOEXEC, 0);
    libc.close(root);
    return descriptor;
  } finally {
    if (context >= 0) libc.close(context);
    memory.free();
  }
}

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

/** The thread of one device. */
export class ReceiveThread {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #memory = new NativeMemory(0);
  #isRunning = false;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /**
   * That of `device`, which was made for it and is without one so far; null where the kernel has none to give, or this
   * process may not ask.
   */
  static of(libc: Libc, device: string): ReceiveThread | null {
    const descriptor = openSysfs(libc, `class/net/${device}/threaded`);
    return descriptor < 0 ? null : new ReceiveThread(libc, descriptor);
  }

  /** Starts it, or ends it once it is through with what it was given. Takes a tenth of a millisecond. */
  run(isWanted: boolean): void {
    if (isWanted === this.#isRunning) return;
    this.#memory.writeString(isWanted ? "1" : "0");
    this.#isRunning = this.#libc.write(this.#descriptor, this.#memory.address, 1) > 0 ? isWanted : this.#isRunning;
  }

  /** Ends it, and gives everything back. */
  close(): void {
    this.run(false);
    this.#libc.close(this.#descriptor);
    this.#memory.free();
  }
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

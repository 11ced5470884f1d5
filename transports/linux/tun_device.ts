/**
 * A TUN device of Linux: a network interface whose other side is this process.
 *
 * @module
 */

import { ERRNO, type Libc } from "./libc.ts";
import { NativeMemory } from "./memory.ts";

const PATH = "/dev/net/tun";
const O_RDWR_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;

// linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 0x0001;
const IFF_NAPI = 0x0010;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** Checksum, TSO over IPv4, TSO over IPv6, TSO of what tells of congestion (CWR). */
const OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08;

const NAME_LENGTH = 16;
const PRIVILEGE = "run as root, with CAP_NET_ADMIN, or inside `unshare -Urn`";

/** An open device. */
export class TunDevice {
  /** Its descriptor, non-blocking. */
  readonly descriptor: number;
  /** Its name, as the kernel completed it. */
  readonly name: string;

  private constructor(descriptor: number, name: string) {
    this.descriptor = descriptor;
    this.name = name;
  }

  /**
   * Makes the device, or takes over a persistent one of that name. In `name`, "%d" stands for the first free number.
   * With `offload`, each packet has a virtio-net header in front, and checksums and segmentation are left to the kernel.
   * With `mayHaveThread`, a thread of the kernel can take in what the device is given ({@linkcode ReceiveThread}).
   *
   * Throws an error of a class in `Deno.errors` that says what is missing and what to do.
   */
  static open(libc: Libc, name: string, offload: boolean, mayHaveThread: boolean): TunDevice {
    const memory = new NativeMemory(0);
    try {
      memory.writeString(PATH);
      const descriptor = libc.open(memory.address, O_RDWR_NONBLOCK_CLOEXEC, 0);
      if (descriptor < 0) throw openError(libc.errno());
      memory.bytes.fill(0, 0, NAME_LENGTH);
      memory.writeString(name);
      const flags = IFF_TUN | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0) | (mayHaveThread ? IFF_NAPI : 0);
      memory.view.setUint16(NAME_LENGTH, flags, true);
      if (libc.ioctl(descriptor, TUNSETIFF, memory.address) < 0) {
        throw closing(libc, descriptor, attachError(libc.errno(), name));
      }
      if (libc.ioctl(descriptor, TUNSETOFFLOAD, offload ? OFFLOADS : 0) < 0) {
        throw closing(libc, descriptor, offloadError(libc.errno(), name));
      }
      return new TunDevice(descriptor, memory.readString());
    } finally {
      memory.free();
    }
  }
}

/** Throws `TypeError` unless `name` can be the name of an interface. */
export function checkDeviceName(name: string): void {
  const isName = name.length > 0 && name.length < NAME_LENGTH && /^[^\s/:]+$/.test(name) && name !== "." &&
    name !== ".." && /^[^%]*(%d)?[^%]*$/.test(name);
  if (isName) return;
  throw new TypeError(
    `Cannot open TUN device: "${name}" is no interface name; it has 1 to 15 characters without space, "/" and ":"`,
  );
}

function closing(libc: Libc, descriptor: number, error: Error): Error {
  libc.close(descriptor);
  return error;
}

function openError(errno: number): Error {
  switch (errno) {
    case ERRNO.ENOENT:
    case ERRNO.ENXIO:
    case ERRNO.ENODEV:
      return new Deno.errors.NotFound(
        `Cannot open TUN device: there is no ${PATH}; load its module (modprobe tun), or give the container that device`,
      );
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return new Deno.errors.PermissionDenied(
        `Cannot open TUN device: this user may not open ${PATH}; run as root, or open it to all users ` +
          `(chmod 666 ${PATH}) and run inside \`unshare -Urn\``,
      );
    default:
      return new Error(`Cannot open TUN device: opening ${PATH} failed with error ${errno}`);
  }
}

function attachError(errno: number, name: string): Error {
  switch (errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return new Deno.errors.PermissionDenied(
        `Cannot open TUN device "${name}": no permission for the network of this machine; ${PRIVILEGE}, or have a ` +
          `persistent device made for this user (ip tuntap add ${name} mode tun user NAME)`,
      );
    case ERRNO.EBUSY:
      return new Deno.errors.Busy(
        `Cannot open TUN device "${name}": another program has it; choose another name or end that program`,
      );
    case ERRNO.EINVAL:
    case ERRNO.EEXIST:
      return new Deno.errors.AlreadyExists(
        `Cannot open TUN device "${name}": an interface of another kind has this name; choose another name`,
      );
    default:
      return new Error(`Cannot open TUN device "${name}": TUNSETIFF failed with error ${errno}`);
  }
}

function offloadError(errno: number, name: string): Error {
  return new Deno.errors.NotSupported(
    `Cannot open TUN device "${name}": the kernel refused offload with error ${errno}; open it with offload: false`,
  );
}

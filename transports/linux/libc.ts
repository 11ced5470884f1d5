/**
 * The functions of the C library that a device needs.
 *
 * @module
 */

/** Error numbers of Linux that are told apart, the same on all architectures that Deno runs on. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EBADFD: 77,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  EHOSTUNREACH: 113,
} as const;

// Results are 32 bits wide, so that no bigint is made for a packet. What is called for each packet takes pointers and no
// lengths: optimised code expects a bigint for a `usize`, and given a number it is thrown away, again and again.
const SYMBOLS = {
  open: { parameters: ["usize", "i32", "u32"], result: "i32" },
  openat: { parameters: ["i32", "usize", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  write: { parameters: ["i32", "usize", "usize"], result: "i32" },
  writeAside: { name: "write", parameters: ["i32", "usize", "usize"], result: "i32", nonblocking: true },
  syscall: { parameters: ["usize", "usize", "usize", "usize", "usize", "usize"], result: "i32" },
  readv: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  writev: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "usize", "usize"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "usize", "u32"], result: "i32" },
  connect: { parameters: ["i32", "usize", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "usize", "usize"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "usize", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "usize", "usize"], result: "i32" },
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "usize"], result: "i32" },
  epoll_wait: { parameters: ["i32", "pointer", "i32", "i32"], result: "i32" },
  send: { parameters: ["i32", "usize", "usize", "i32"], result: "i32" },
  recv: { parameters: ["i32", "usize", "usize", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  eventfd_read: { parameters: ["i32", "pointer"], result: "i32" },
  eventfd_write: { parameters: ["i32", "u64"], result: "i32" },
  poll: { parameters: ["usize", "usize", "i32"], result: "i32" },
  ppoll: { parameters: ["usize", "usize", "usize", "usize"], result: "i32", nonblocking: true },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** A function whose arguments are numbers, addresses too: the runtime takes them. */
type Call<Arguments extends readonly string[], Result = number> = (
  ...values: { readonly [index in keyof Arguments]: number }
) => Result;

/** A function for each packet: of a descriptor, what lies at an address, and flags or a count. */
type PointerCall = (descriptor: number, at: Deno.PointerObject, last: number) => number;

/** The C library, opened once for all that use it at a time. What a function returns below 0 is a failure. */
export interface Libc {
  /** open(2) */
  readonly open: Call<["path", "flags", "mode"]>;
  /** openat(2) */
  readonly openat: Call<["directory", "path", "flags", "mode"]>;
  /** close(2) */
  readonly close: Call<["descriptor"]>;
  /** write(2) */
  readonly write: Call<["descriptor", "address", "length"]>;
  /** write(2) on a thread of the runtime */
  readonly writeAside: Call<["descriptor", "address", "length"], Promise<number>>;
  /** syscall(2), for those that older C libraries have no function for. */
  readonly syscall: Call<["number", "first", "second", "third", "fourth", "fifth"]>;
  /** readv(2) */
  readonly readv: PointerCall;
  /** writev(2) */
  readonly writev: PointerCall;
  /** ioctl(2) */
  readonly ioctl: Call<["descriptor", "request", "argument"]>;
  /** socket(2) */
  readonly socket: Call<["domain", "type", "protocol"]>;
  /** bind(2) */
  readonly bind: Call<["descriptor", "address", "length"]>;
  /** connect(2) */
  readonly connect: Call<["descriptor", "address", "length"]>;
  /** getsockopt(2) */
  readonly getsockopt: Call<["descriptor", "level", "name", "address", "length address"]>;
  /** setsockopt(2) */
  readonly setsockopt: Call<["descriptor", "level", "name", "address", "length"]>;
  /** getsockname(2) */
  readonly getsockname: Call<["descriptor", "address", "length"]>;
  /** sendmsg(2) */
  readonly sendmsg: PointerCall;
  /** recvmsg(2) */
  readonly recvmsg: PointerCall;
  /** epoll_create1(2) */
  readonly epoll_create1: Call<["flags"]>;
  /** epoll_ctl(2) */
  readonly epoll_ctl: Call<["epoll", "operation", "descriptor", "event"]>;
  /** epoll_wait(2) */
  readonly epoll_wait: (epoll: number, events: Deno.PointerObject, most: number, timeout: number) => number;
  /** send(2) */
  readonly send: Call<["descriptor", "address", "length", "flags"]>;
  /** recv(2) */
  readonly recv: Call<["descriptor", "address", "length", "flags"]>;
  /** eventfd(2) */
  readonly eventfd: Call<["value", "flags"]>;
  /** eventfd_read(3) */
  readonly eventfd_read: (descriptor: number, value: Deno.PointerObject) => number;
  /** eventfd_write(3) */
  readonly eventfd_write: (descriptor: number, value: bigint) => number;
  /** poll(2) */
  readonly poll: Call<["descriptors", "count", "timeout"]>;
  /** ppoll(2) on a thread of the runtime */
  readonly ppoll: Call<["descriptors", "count", "timeout", "signals"], Promise<number>>;
  /** Why the latest call on this thread failed; only of meaning right behind a call that did. */
  errno(): number;
  /** Gives it back; the last user closes it. */
  release(): void;
}

let library: Deno.DynamicLibrary<typeof SYMBOLS> | null = null;
let shared: Libc | null = null;
let users = 0;

/** Opens the C library. Throws `Deno.errors.NotSupported` on other systems than Linux. */
export function openLibc(): Libc {
  users++;
  return shared ??= load();
}

function load(): Libc {
  if (Deno.build.os !== "linux") {
    users--;
    throw new Deno.errors.NotSupported(`Cannot use the C library: this works on Linux only, this is ${Deno.build.os}`);
  }
  library = Deno.dlopen("libc.so.6", SYMBOLS);
  const errno = new Deno.UnsafePointerView(library.symbols.__errno_location()!);
  // The types of FFI say bigint for addresses; numbers are taken as well, and cost nothing.
  return { ...library.symbols as unknown as Libc, errno: () => errno.getInt32(), release };
}

function release(): void {
  if (--users > 0) return;
  library?.close();
  library = shared = null;
}

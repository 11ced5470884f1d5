/**
 * A user-space host and the kernel as neighbours, on any number of TUN devices in a namespace of their own.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  createHost,
  type Host,
  type HostOptions,
  type MptcpConn,
  type Transport,
  tun,
  type TunTransport,
} from "../../mod.ts";
import { type Need, program, root, tunDevice } from "../needs.ts";
import { Namespace } from "./namespace.ts";
export { Namespace };
import { exchange, KernelPeer, type Report } from "./peer.ts";

const MPTCP: Need = { name: "a kernel with MPTCP (CONFIG_MPTCP)", met: exists("/proc/sys/net/mptcp/enabled") };

/** What every test against the kernel needs. */
export const KERNEL: readonly Need[] = [
  root,
  tunDevice,
  MPTCP,
  program("ip", "apt-get install iproute2"),
  program("python3"),
];

/** Families of addresses. */
export type Family = 4 | 6;

/** How the two are connected. */
export interface NeighbourOptions extends Omit<HostOptions, "transports"> {
  /** Devices, each with one address of either end per family; 1 by default. */
  readonly devices?: number;
  /** Families that each device has addresses of; both by default. */
  readonly families?: readonly Family[];
  /** See `TunOptions`. */
  readonly offload?: boolean;
  /** Puts something between the host and a device, 1 for the first. */
  readonly between?: (transport: Transport, device: number) => Transport;
}

/** A host of ours and the kernel. */
export class Neighbours implements AsyncDisposable {
  /** Where the kernel's end and the devices are. */
  readonly namespace: Namespace;
  /** Our end. */
  readonly host: Host;
  /** What it is connected by; the first is the device `t1`. */
  readonly transports: readonly TunTransport[];

  private constructor(namespace: Namespace, host: Host, transports: readonly TunTransport[]) {
    this.namespace = namespace;
    this.host = host;
    this.transports = transports;
  }

  /** Sets both up, with the kernel ready for 8 subflows. */
  static async create(options: NeighbourOptions = {}): Promise<Neighbours> {
    const {
      devices = 1,
      families = [4, 6],
      offload = true,
      between = (transport: Transport) => transport,
      ...settings
    } = options;
    const namespace = await Namespace.create();
    await namespace.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
    const transports = Array.from({ length: devices }, (_, index) =>
      tun({
        name: `t${index + 1}`,
        addresses: families.map((family) => ourAddress(family, index + 1)),
        gateways: families.map((family) => `${kernelAddress(family, index + 1)}/${family === 4 ? 24 : 64}`),
        offload,
      }));
    const reached = transports.map((transport, index) => between(transport, index + 1));
    const host = namespace.inside(() => createHost({ ...settings, transports: reached }));
    return new Neighbours(namespace, host, transports);
  }

  /**
   * Opens a connection between the first addresses of the two: "dial" by us, "answer" by the kernel. `words` are those of
   * `peer.py` behind the port.
   */
  async open(role: Role, family: Family, words: string): Promise<Opened> {
    if (role === "dial") {
      const peer = await KernelPeer.start(this.namespace, `listen ${family === 4 ? "0.0.0.0" : "::"} 5000 ${words}`);
      return { peer, conn: await this.host.connect({ hostname: kernelAddress(family, 1), port: 5000 }) };
    }
    using listener = this.host.listen({ port: 5000 });
    const peer = await KernelPeer.start(this.namespace, `connect ${ourAddress(family, 1)} 5000 ${words}`);
    return { peer, conn: await listener.accept() };
  }

  /**
   * Connects to a listener of the kernel on its first address, and lets both ends send `length` bytes. The connection stays
   * open in both directions, and bytes flow from us, until `during` is done.
   */
  dial(family: Family, length: number, during: During = idle, words = ""): Promise<Exchange> {
    return this.#exchange("dial", family, length, during, words);
  }

  /** Lets the kernel connect to the first address of the host, and both ends send `length` bytes. */
  answer(family: Family, length: number, during: During = idle, words = ""): Promise<Exchange> {
    return this.#exchange("answer", family, length, during, words);
  }

  /** Whether the kernel has answered a reset by a challenge (RFC 5961 section 3), or we one of the kernel. */
  async hasChallenged(): Promise<boolean> {
    const kernels = await this.namespace.counters("TcpExtTCPChallengeACK");
    return Object.keys(kernels).length > 0 || this.host.counters.TcpExtTCPChallengeACK > 0;
  }

  /** Ends both. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.namespace[Symbol.asyncDispose]();
  }

  async #exchange(
    role: Role,
    family: Family,
    length: number,
    during: During,
    words: string,
  ): Promise<Exchange> {
    const { conn, peer } = await this.open(role, family, `${length} ${last(during)} ${words}`.trim());
    await using _peer = peer;
    const pairs = new Set<string>();
    const watch = (async () => {
      for await (const event of conn.events()) {
        if (event.type !== "subflow-established") continue;
        pairs.add(`${event.subflow.local.address} ${event.subflow.remote.address}`);
      }
    })();
    const first = conn.subflows[0];
    if (first !== undefined) pairs.add(`${first.local.address} ${first.remote.address}`);
    const happening = Promise.resolve(during(conn));
    const [ours, theirs] = await Promise.all([exchange(conn, length, happening), peer.report()]);
    conn.close();
    await watch;
    assertEquals(theirs.received, ours.sent, "the kernel received all");
    assertEquals(theirs.receivedHash, ours.sentHash, "the kernel received what we sent");
    assertEquals(ours.received, length, "we received all");
    assertEquals(ours.receivedHash, theirs.sentHash, "we received what the kernel sent");
    return { ours, theirs, conn, pairs: [...pairs] };
  }
}

/** Who opens a connection: we dial, or we answer. */
export type Role = "dial" | "answer";

/** Both roles. */
export const ROLES: readonly Role[] = ["dial", "answer"];

/** A connection, and the kernel's end of it. */
export interface Opened {
  /** Our end. */
  readonly conn: MptcpConn;
  /** The kernel's. */
  readonly peer: KernelPeer;
}

/** What both ends say of one connection. */
export interface Exchange {
  /** Our report. */
  readonly ours: Report;
  /** The kernel's. */
  readonly theirs: Report;
  /** The connection, closed. */
  readonly conn: MptcpConn;
  /** "LOCAL REMOTE" of each subflow that was ever established. */
  readonly pairs: readonly string[];
}

/** What happens while the bytes flow. */
export type During = (conn: MptcpConn) => void | Promise<void>;

/** Address of the host on a device, 1 for the first. */
export function ourAddress(family: Family, device: number): string {
  return family === 4 ? `10.${device}.0.2` : `fd0${device}::2`;
}

/** Address of the kernel on a device, 1 for the first. */
export function kernelAddress(family: Family, device: number): string {
  return family === 4 ? `10.${device}.0.1` : `fd0${device}::1`;
}

/** Resolves once `condition` holds; throws after 5 seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!await condition()) {
    assert(performance.now() < end, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function idle(): void {}

/** Without anything to happen meanwhile, each direction ends when its bytes are sent. */
function last(during: During): string {
  return `last=${during === idle ? 0 : 1}`;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

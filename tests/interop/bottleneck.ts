/**
 * A user-space host behind two routers of the kernel, and between these a link that takes shorter packets than all others.
 *
 * @module
 */

import { createHost, type Host, type HostOptions, tun, type TunTransport } from "../../mod.ts";
import { Namespace } from "./namespace.ts";
import type { Family } from "./neighbours.ts";

/** The narrow link and how the host is connected. */
export interface BottleneckOptions extends Omit<HostOptions, "transports"> {
  /** Longest IP packet that the narrow link takes. */
  readonly mtu: number;
  /** See `TunOptions`. */
  readonly offload?: boolean;
}

/** Our end. */
export const OURS = { 4: "10.1.0.2", 6: "fd01::2" } as const;
/** The kernel's end. */
export const THEIRS = { 4: "10.9.0.2", 6: "fd09::2" } as const;

/** A host of ours, a router that it is connected to by the device `t1`, another router, and the kernel's end. */
export class Bottleneck implements AsyncDisposable {
  /** Our end. */
  readonly host: Host;
  /** What it is connected by. */
  readonly transport: TunTransport;
  /** The router next to us, on whose side of the narrow link our packets become too long. */
  readonly near: Namespace;
  /** The router next to the kernel's end. */
  readonly middle: Namespace;
  /** Where the kernel's end is. */
  readonly far: Namespace;

  private constructor(host: Host, transport: TunTransport, [near, middle, far]: readonly Namespace[]) {
    this.host = host;
    this.transport = transport;
    this.near = near!;
    this.middle = middle!;
    this.far = far!;
  }

  /** Sets all of it up. */
  static async create({ mtu, offload = true, ...options }: BottleneckOptions): Promise<Bottleneck> {
    const [near, middle, far] = [await Namespace.create(), await Namespace.create(), await Namespace.create()];
    for (const router of [near, middle]) {
      await router.sysctl("net.ipv4.ip_forward", 1);
      await router.sysctl("net.ipv6.conf.all.forwarding", 1);
    }
    const transport = tun({
      name: "t1",
      addresses: [OURS[4], OURS[6]],
      gateways: ["10.1.0.1/24", "fd01::1/64"],
      offload,
    });
    const host = near.inside(() => createHost({ ...options, transports: [transport] }));
    await connect(near, middle, "narrow", 8);
    await connect(middle, far, "wide", 9);
    const bottleneck = new Bottleneck(host, transport, [near, middle, far]);
    await bottleneck.setMtu(mtu);
    await route(near, "default", 8, 2);
    await route(middle, 1, 8, 1);
    await route(far, "default", 9, 1);
    return bottleneck;
  }

  /** Changes what the narrow link takes. */
  async setMtu(mtu: number): Promise<void> {
    for (const router of [this.near, this.middle]) await router.run(`ip link set narrow mtu ${mtu}`);
  }

  /** The routers send no "packet too big" any more. */
  async eatErrors(): Promise<void> {
    for (const router of [this.near, this.middle]) {
      await router.run("nft add table inet filter");
      await router.run("nft add chain inet filter output { type filter hook output priority 0 ; }");
      await router.run("nft add rule inet filter output icmp type destination-unreachable drop");
      await router.run("nft add rule inet filter output icmpv6 type packet-too-big drop");
    }
  }

  /** Ends all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    for (const namespace of [this.near, this.middle, this.far]) await namespace[Symbol.asyncDispose]();
  }
}

/** A link called `name` between two namespaces, in the networks of `number`. */
async function connect(left: Namespace, right: Namespace, name: string, number: number): Promise<void> {
  await left.run(`ip link add ${name} type veth peer name ${name} netns ${right.name}`);
  for (const [end, last] of [[left, 1], [right, 2]] as const) {
    await end.run(`ip address add 10.${number}.0.${last}/24 dev ${name}`);
    await end.run(`ip address add fd0${number}::${last}/64 dev ${name} nodad`);
    await end.run(`ip link set ${name} up`);
  }
}

/** What goes to the networks of `to` goes by way of the address `last` in those of `number`. */
async function route(from: Namespace, to: "default" | number, number: number, last: number): Promise<void> {
  const destination = (family: Family) => to === "default" ? to : family === 4 ? `10.${to}.0.0/24` : `fd0${to}::/64`;
  await from.run(`ip route add ${destination(4)} via 10.${number}.0.${last}`);
  await from.run(`ip -6 route add ${destination(6)} via fd0${number}::${last}`);
}

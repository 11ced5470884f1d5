/**
 * A user-space host behind a router: two kernels with shaped links between them, so that paths have a rate.
 *
 * @module
 */

import { createHost, type Host, type HostOptions, impaired, tun } from "../../mod.ts";
import { Namespace } from "./namespace.ts";

/** What a path allows. */
export interface Shape {
  /** 10^6 bits a second, in either direction. */
  readonly megabits: number;
  /** Milliseconds that a packet takes longer, in either direction. */
  readonly delay?: number;
}

/** A host of ours, a router of the kernel that shapes, and a kernel behind it. */
export class Routed implements AsyncDisposable {
  /** Where the kernel's end is: 10.11.0.2, 10.12.0.2 … */
  readonly far: Namespace;
  /** Our end: 10.1.0.2, 10.2.0.2 … */
  readonly host: Host;
  readonly #router: Namespace;

  private constructor(far: Namespace, router: Namespace, host: Host) {
    this.far = far;
    this.#router = router;
    this.host = host;
  }

  /** A path for each shape. */
  static async create(shapes: readonly Shape[], options: Omit<HostOptions, "transports"> = {}): Promise<Routed> {
    const far = await Namespace.create();
    const router = await Namespace.create();
    await router.sysctl("net.ipv4.ip_forward", 1);
    const numbers = shapes.map((_, index) => index + 1);
    const transports = numbers.map((i) => {
      const device = tun({ name: `t${i}`, addresses: [`10.${i}.0.2`], gateways: [`10.${i}.0.1/24`] });
      const { delay = 0 } = shapes[i - 1]!;
      // Not every kernel can delay packets. Whatever is on its way finds room: it is the shaped links that lose.
      return delay > 0 ? impaired(device, { delay, queue: { packets: Infinity } }) : device;
    });
    const host = router.inside(() => createHost({ ...options, transports }));
    for (const i of numbers) {
      await router.run(`ip link add v${i} type veth peer name v${i} netns ${far.name}`);
      for (const [end, last] of [[router, 1], [far, 2]] as const) {
        await end.run(`ip address add 10.${10 + i}.0.${last}/24 dev v${i}`);
        // Packet by packet, as on a slow link: what is cut in the queue does not count as queued for its sender any more.
        await end.run(`ip link set v${i} up${end === far ? " gso_max_segs 1" : ""}`);
        const { megabits } = shapes[i - 1]!;
        await end.run(`tc qdisc replace dev v${i} root tbf rate ${megabits}mbit burst 16k latency 50ms`);
      }
      // What comes from the host's address on a path stays on it, whatever address of the far end it goes to.
      await router.run(`ip route add default via 10.${10 + i}.0.2 table ${i}`);
      await router.run(`ip rule add from 10.${i}.0.0/24 iif t${i} table ${i}`);
      await far.run(`ip route add 10.${i}.0.0/24 via 10.${10 + i}.0.1`);
    }
    await far.run("ip mptcp limits set subflow 8 add_addr_accepted 8");
    return new Routed(far, router, host);
  }

  /** Ends all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.far[Symbol.asyncDispose]();
    await this.#router[Symbol.asyncDispose]();
  }
}

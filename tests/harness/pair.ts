/**
 * Two stacks wired to each other directly, in a loop that allocates nothing of its own.
 *
 * @module
 */

import { newReno } from "../../congestion/mod.ts";
import type { MetaSocket } from "../../core/meta/socket.ts";
import type { SocketOptions } from "../../core/meta/options.ts";
import type { CongestionGroup, Micros, PathManager, Plugin, Scheduler } from "../../core/plugin.ts";
import { type InterfaceProperties, Stack } from "../../core/stack.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { passive } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { fakeEnv } from "../kit/fake_env.ts";

/** What may differ from plain defaults. */
export interface PairOptions {
  /** Addresses of each end; the first of the client connects to the first of the server. */
  readonly addresses?: { readonly client: readonly string[]; readonly server: readonly string[] };
  readonly interface?: InterfaceProperties;
  readonly options?: Partial<SocketOptions>;
  readonly serverOptions?: Partial<SocketOptions>;
  readonly scheduler?: Plugin<Scheduler>;
  readonly congestion?: Plugin<CongestionGroup>;
  readonly pathManager?: Plugin<PathManager>;
  /** Time between two turns of the loop: half a round trip. */
  readonly delay?: Micros;
}

/** Port that the server listens on. */
export const PORT = 443;

/** Packets that one end sends in a turn at most; what waits beyond that leaves in the next. */
const MOST_AT_ONCE = 1024;

/** Packets of one direction of one turn. */
class Lane {
  readonly packets: Packet[];
  count = 0;

  constructor(size: number, capacity: number) {
    this.packets = Array.from({ length: size }, () => new Packet(capacity));
  }
}

/** A client and a server with time that a test moves. */
export class Pair {
  readonly client: Stack;
  readonly server: Stack;
  now: Micros = 1_000_000;
  /** Segments that passed, both ways. */
  segments = 0;
  /** Sees each segment on its way; false loses it. */
  filter: ((packet: Packet, fromClient: boolean) => boolean) | null = null;

  readonly #delay: Micros;
  readonly #toServer: Lane;
  readonly #toClient: Lane;

  constructor(options: PairOptions = {}) {
    const properties = options.interface ?? { mtu: 1500, superSegment: 0 };
    const { client, server } = options.addresses ?? { client: ["10.0.0.1"], server: ["10.0.0.2"] };
    const plugins = {
      scheduler: options.scheduler ?? minRtt(),
      congestion: options.congestion ?? newReno({ pacing: false }),
      pathManager: options.pathManager ?? passive(),
    };
    const given = options.options ?? {};
    this.client = new Stack({ env: fakeEnv(1), ...plugins, options: given });
    this.server = new Stack({ env: fakeEnv(2), ...plugins, options: options.serverOptions ?? given });
    for (const address of client) this.client.handleAddressUp(IpAddress.parse(address), properties, this.now);
    for (const address of server) this.server.handleAddressUp(IpAddress.parse(address), properties, this.now);
    this.#delay = options.delay ?? 5000;
    const capacity = HEADROOM + 60 + Math.max(properties.superSegment, properties.mtu);
    this.#toServer = new Lane(MOST_AT_ONCE, capacity);
    this.#toClient = new Lane(MOST_AT_ONCE, capacity);
  }

  /** Opens a connection and lets the handshake pass. */
  connect(): { readonly client: MetaSocket; readonly server: MetaSocket } {
    const listener = this.server.listen({ port: PORT }, this.now);
    const client = this.dial();
    this.run(6);
    const server = listener.accept();
    if (server === undefined) throw new Error("The handshake did not come through");
    listener.close(this.now);
    return { client, server };
  }

  /** Begins to open a connection. */
  dial(options?: Partial<SocketOptions>): MetaSocket {
    const address = this.server.localAddresses[0]!.address;
    return this.client.connect({ remote: { address, port: PORT }, ...(options ? { options } : {}) }, this.now);
  }

  /** Turns the loop `turns` times. */
  run(turns: number): void {
    for (let i = 0; i < turns; i++) this.turn();
  }

  /** What waits leaves at both ends; half a round trip passes; it arrives. */
  turn(): void {
    this.#collect(this.client, this.#toServer, true);
    this.#collect(this.server, this.#toClient, false);
    this.now += this.#delay;
    this.#deliver(this.server, this.#toServer);
    this.#deliver(this.client, this.#toClient);
    this.client.handleTimeout(this.now);
    this.server.handleTimeout(this.now);
  }

  /** Lets `micros` pass, by turns while something is on its way and otherwise in steps as long as nothing is due. */
  pass(micros: Micros): void {
    const end = this.now + micros;
    while (this.now < end) {
      const before = this.segments;
      this.turn();
      if (this.segments > before) continue;
      const next = Math.min(this.client.pollTimeout(), this.server.pollTimeout());
      // The turn that ends with the deadline does what is due; what that makes leave, leaves in the next.
      this.now = Math.max(this.now, Math.min(next, end) - this.#delay);
      this.turn();
    }
  }

  #collect(stack: Stack, lane: Lane, fromClient: boolean): void {
    lane.count = 0;
    while (lane.count < lane.packets.length) {
      const packet = lane.packets[lane.count] as Packet;
      packet.start = HEADROOM;
      if (!stack.pollTransmit(packet, this.now)) break;
      if (this.filter === null || this.filter(packet, fromClient)) lane.count++;
    }
    this.segments += lane.count;
    while (stack.pollReady() !== undefined);
  }

  #deliver(stack: Stack, lane: Lane): void {
    for (let i = 0; i < lane.count; i++) stack.handlePacket(lane.packets[i] as Packet, this.now);
  }
}

/**
 * A network in virtual time: links, routers, boxes, and hosts that run the real engine behind the real programming
 * interface. A run repeats bit for bit from its seed, and takes as long as the work takes, not as long as the time.
 *
 * @example Two hosts and a link
 * ```ts
 * import { minRtt } from "@userspace/mptcp/schedulers";
 * import { lia } from "@userspace/mptcp/congestion";
 * import { fullMesh } from "@userspace/mptcp/pathmanagers";
 * import { Network, Simulator } from "@userspace/mptcp/sim";
 *
 * const sim = new Simulator({ seed: 1 });
 * const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
 * const client = network.host("client");
 * const server = network.host("server");
 * network.connect(client, server, { addresses: ["10.0.0.1", "10.0.0.2"], rate: 10e6, delay: 5 });
 *
 * const text = await sim.run(async () => {
 *   using listener = server.listen({ port: 80 });
 *   using conn = await client.connect({ hostname: "server", port: 80 });
 *   await conn.write(new TextEncoder().encode("hello"));
 *   await conn.closeWrite();
 *   using accepted = await listener.accept();
 *   return await new Response(accepted.readable).text();
 * });
 * console.assert(text === "hello");
 * ```
 *
 * Times that a scenario names are in milliseconds, rates in bits per second, sizes in bytes.
 *
 * @module
 */

export { ConstantRate, DeliveryOpportunities, RateSteps } from "./capacity.ts";
export type { Capacity, CapacityTrace, RateStep } from "./capacity.ts";
export { DuplexLink } from "./duplex.ts";
export type { DuplexOptions } from "./duplex.ts";
export { createSeededEnv } from "./env.ts";
export { Frame, FramePool } from "./frame.ts";
export { SimHost } from "./host.ts";
export type { SimHostCounters, SimHostOptions } from "./host.ts";
export { icmpErrorAbout } from "./icmp.ts";
export type { IcmpErrorOptions } from "./icmp.ts";
export type { Corruption, GilbertElliott, ImpairmentOptions, Reordering } from "../transports/impairment.ts";
export { Link } from "./link.ts";
export type { DropCause, LinkCounters, LinkObserver, LinkOptions, Receiver, Scheduled } from "./link.ts";
export * from "./middlebox/mod.ts";
export type { NextHops, Node, Port } from "./node.ts";
export { CoDel, DropTail, Red } from "./queue.ts";
export type {
  Backlog,
  CoDelOptions,
  QueueContext,
  QueueDiscipline,
  QueueOptions,
  RedOptions,
  Verdict,
} from "./queue.ts";
export { Random } from "../transports/random.ts";
export type { Seed } from "../transports/random.ts";
export { Router } from "./router.ts";
export type { RouterCounters } from "./router.ts";
export { Simulator } from "./simulator.ts";
export type { RunOptions, SimulatorOptions } from "./simulator.ts";
export { Tap } from "./tap.ts";
export type { TapOptions, WatchOptions } from "./tap.ts";
export { SimTimer } from "./timer.ts";
export { Network } from "./topology.ts";
export type { Addresses, ConnectionOptions } from "./topology.ts";
export { parseCsv, parseCsvPair, parseMahimahi, parseRateLines } from "./traces.ts";
export type { CsvColumns } from "./traces.ts";
export { constantRate, requestResponse, transfer } from "./traffic.ts";
export type {
  ConstantRateOptions,
  FlowEnds,
  RequestResponseOptions,
  TransferOptions,
  TransferResult,
} from "./traffic.ts";
export { StuckError } from "./waits.ts";

/**
 * Connections that could do with one path take a second one through an access point that TCP users depend on.
 *
 * @module
 */

import type { Experiment, Figures } from "../experiment.ts";
import { mean } from "../fairness.ts";
import { type FlowOptions, measureFlows } from "../flows.ts";
import { TESTBED_QUEUE } from "../packets.ts";
import { scene, SINGLE_PATH } from "../scene.ts";

const TCP_USERS = 10;
/** Bits a second for each user, on the link of the multipath users' server and at the access point. */
const PER_USER = 1e6;
const PACKET = 1500;
const ROUND_TRIP = 150;
const SCHEDULE = { warmUp: 40, measured: 60 };

/** In the testbed of the paper, by algorithm and number of multipath users. */
const PUBLISHED: Record<string, Record<number, number>> = {
  lia: { 10: 0.78, 20: 0.74 },
  olia: { 10: 0.9, 20: 0.83 },
};

const experiment: Experiment = {
  id: "E8",
  title: "what TCP users keep when multipath users share their access point",
  source: "Khalili et al., CoNEXT 2012, scenario A",
  variants: ["lia", "olia"],
  claims: [
    { variant: "lia", figure: "TCP, N1 = 10", published: "0.74 (fluid), 0.78", band: [0.74, 0.78] },
    { variant: "lia", figure: "TCP, N1 = 20", published: "0.59 (fluid), 0.74", band: [0.59, 0.74] },
  ],
  comparisons: [10, 20].map((users) => ({
    variant: "lia, olia",
    sentence: `TCP, N1 = ${users}: with OLIA 0.06 more than with LIA`,
    published: users === 10 ? "0.90" : "0.83",
    holds: (mean) => mean("olia", `TCP, N1 = ${users}`) >= mean("lia", `TCP, N1 = ${users}`) + 0.06,
  })),
  run: async (variant, seed) => ({ ...await share(variant, seed, 10), ...await share(variant, seed, 20) }),
  plot: (results) => ({
    type: "bars",
    axis: "throughput of TCP users, 1 without the others",
    bars: ["lia", "olia"].flatMap((variant) =>
      [10, 20].map((users) => {
        const { mean, margin } = results.get(variant)!.get(`TCP, N1 = ${users}`)!;
        const published = PUBLISHED[variant]![users]!;
        return { label: `${variant}\nN1 = ${users}`, value: mean, margin, published };
      })
    ),
  }),
};
export default experiment;

/** Normalised throughput with so many multipath users. */
async function share(variant: string, seed: number, users: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const [content, other] = [network.host("content"), network.host("other")];
  const [before, access, behind] = ["before", "access", "behind"].map((name) => network.router(name));
  const link = { mtu: PACKET, queue: TESTBED_QUEUE, backward: { rate: Infinity } };
  // Users send here instead of receiving: both paths of the multipath users end in the link of their server.
  network.connect(access!, behind!, { ...link, rate: TCP_USERS * PER_USER });
  network.connect(behind!, before!, { mtu: PACKET });
  network.connect(before!, content, { ...link, rate: users * PER_USER, addresses: [[], "10.9.0.1"] });
  network.connect(behind!, other, { mtu: PACKET, addresses: [[], "10.9.0.2"] });
  const starts = simulator.random("starts");
  const delay = ROUND_TRIP / 2;
  const multipath = Array.from({ length: users }, (_, i): FlowOptions => {
    const client = network.host(`multipath ${i}`);
    network.connect(client, before!, { mtu: PACKET, delay, addresses: [`10.1.${i}.2`, []] });
    network.connect(client, access!, { mtu: PACKET, delay, addresses: [`10.2.${i}.2`, []] });
    return { client, server: content, start: starts.next(), connection: { port: 1000 + i } };
  });
  const single = Array.from({ length: TCP_USERS }, (_, i): FlowOptions => {
    const client = network.host(`single ${i}`);
    network.connect(client, access!, { mtu: PACKET, delay, addresses: [`10.3.${i}.2`, []] });
    return {
      client,
      server: other,
      start: starts.next(),
      connection: { port: 1000 + i, ...SINGLE_PATH },
    };
  });
  const flows = await measureFlows(simulator, SCHEDULE, [...multipath, ...single]);
  const normalised = flows.map(({ packets }) => packets * 8 * PACKET / PER_USER);
  return {
    [`TCP, N1 = ${users}`]: mean(normalised.slice(users)),
    [`multipath, N1 = ${users}`]: mean(normalised.slice(0, users)),
  };
}

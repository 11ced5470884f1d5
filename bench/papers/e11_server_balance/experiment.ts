/**
 * A server with two links, few TCP clients on one and many on the other, and connections that use both.
 *
 * @module
 */

import type { Experiment, Figures } from "../experiment.ts";
import { mean } from "../fairness.ts";
import { type FlowOptions, measureFlows } from "../flows.ts";
import { scene, SINGLE_PATH } from "../scene.ts";

const RATE = 100e6;
const PACKET = 1500;
const ROUND_TRIP = 10;
const ON_FIRST = 5;
const ON_SECOND = 15;
const MULTIPATH = 10;
const SCHEDULE = { warmUp: 5, measured: 10 };

/** Groups of clients. */
const CLIENTS = ["TCP on 1", "TCP on 2", "multipath"];
/** Mbit/s of a client of each group. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = { ewtcp: [9.4, 4.6, 7.3], lia: [8.4, 4.7, 7.5] };

const experiment: Experiment = {
  id: "E11",
  title: "Mbit/s of each client: 5 TCP on one link of a server, 15 on another, 10 on both",
  source: "Wischik et al., NSDI 2011, section 5 (server load balancing)",
  variants: ["ewtcp", "lia"],
  claims: [
    {
      variant: "lia",
      figure: "spread",
      published: 1.79,
      band: [1, 2],
      differs:
        "the published rates add up to 187 of 200 Mbit/s; ours are of whole packets and fill the links, which those on the second one have the most of",
    },
    { variant: "ewtcp", figure: "spread", published: 2.04 },
    ...Object.entries(PUBLISHED).flatMap(([variant, rates]) =>
      CLIENTS.map((figure, i) => ({ variant, figure, published: rates[i]! }))
    ),
  ],
  comparisons: [{
    variant: "ewtcp, lia",
    sentence: "the spread of TCP is smaller with LIA than with EWTCP",
    published: "1.79, 2.04",
    holds: (mean) => mean("lia", "spread") < mean("ewtcp", "spread"),
  }],
  run,
  plot: (results) => ({
    type: "bars",
    axis: "Mbit/s of each client",
    bars: ["ewtcp", "lia"].flatMap((variant) =>
      CLIENTS.map((figure, i) => {
        const { mean, margin } = results.get(variant)!.get(figure)!;
        const published = PUBLISHED[variant]![i]!;
        return { label: `${variant}\n${figure}`, value: mean, margin, published };
      })
    ),
  }),
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const server = network.host("server");
  const link = { mtu: PACKET, rate: RATE, queue: { packets: 100 }, backward: { rate: Infinity } };
  const edges = [1, 2].map((i) => {
    const edge = network.router(`edge ${i}`);
    network.connect(edge, server, { ...link, addresses: [[], "10.9.0.1"] });
    return edge;
  });
  const random = simulator.random("experiment");
  const flow = (name: string, net: number, on: readonly number[]): FlowOptions => {
    const client = network.host(name);
    for (const i of on) {
      network.connect(client, edges[i]!, { mtu: PACKET, delay: ROUND_TRIP / 2, addresses: [`10.${net}.${i}.2`, []] });
    }
    const connection = { port: 1000 + net, ...(on.length === 1 ? SINGLE_PATH : {}) };
    return { client, server, start: random.next(), connection };
  };
  const flows = await measureFlows(simulator, SCHEDULE, [
    ...Array.from({ length: ON_FIRST }, (_, i) => flow(`first ${i}`, 10 + i, [0])),
    ...Array.from({ length: ON_SECOND }, (_, i) => flow(`second ${i}`, 50 + i, [1])),
    ...Array.from({ length: MULTIPATH }, (_, i) => flow(`multipath ${i}`, 100 + i, [0, 1])),
  ]);
  const rates = flows.map(({ packets }) => packets * 8 * PACKET / 1e6);
  const first = mean(rates.slice(0, ON_FIRST));
  const second = mean(rates.slice(ON_FIRST, ON_FIRST + ON_SECOND));
  return {
    "TCP on 1": first,
    "TCP on 2": second,
    "multipath": mean(rates.slice(ON_FIRST + ON_SECOND)),
    "spread": first / second,
  };
}

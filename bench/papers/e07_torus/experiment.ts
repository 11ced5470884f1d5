/**
 * Five links in a ring and five connections, each over two neighbouring links, of which one becomes slow.
 *
 * @module
 */

import { jain } from "../fairness.ts";
import type { Experiment, Figures } from "../experiment.ts";
import { type FlowOptions, measureFlows } from "../flows.ts";
import { ACCESS, bottleneck } from "../packets.ts";
import { scene } from "../scene.ts";

const LINKS = 5;
const PACKETS_PER_SECOND = 1000;
const SCHEDULE = { warmUp: 60, measured: 300 };

const experiment: Experiment = {
  id: "E7",
  title: "a ring of five links, one of which is slow",
  source: "Wischik et al., NSDI 2011, section 3 (torus)",
  variants: ["ewtcp", "lia", "olia"],
  claims: [
    { variant: "lia", figure: "Jain at 100", published: 0.987, band: [0.972, 1] },
    { variant: "ewtcp", figure: "Jain at 100", published: 0.93, band: [0.915, 0.945] },
  ],
  comparisons: [{
    variant: "ewtcp, lia, olia",
    sentence: "loss on the slow link over loss on others, at 250: EWTCP > LIA > OLIA",
    published: "so",
    holds: (mean) => {
      const [first, second, third] = ["ewtcp", "lia", "olia"].map((variant) => mean(variant, "loss ratio at 250"));
      return first! > second! && second! > third!;
    },
  }],
  run: async (variant, seed) => ({
    ...await ring(variant, seed, 100),
    ...await ring(variant, seed, 250),
  }),
  plot: (results) => ({
    type: "bars",
    axis: "loss rate of the slow link (250 packets/s) over that of the others",
    bars: ["ewtcp", "lia", "olia"].map((variant) => {
      const { mean, margin } = results.get(variant)!.get("loss ratio at 250")!;
      return { label: variant, value: mean, margin };
    }),
  }),
};
export default experiment;

/** The ring whose first link carries `slow` packets a second. */
async function ring(variant: string, seed: number, slow: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const bottlenecks = Array.from({ length: LINKS }, (_, i) => {
    const [entry, exit] = [network.router(`entry ${i}`), network.router(`exit ${i}`)];
    const packets = i === 0 ? slow : PACKETS_PER_SECOND;
    const link = network.connect(entry, exit, bottleneck({ packets, roundTrip: 100, queue: 100 }));
    return { entry, exit, link };
  });
  const starts = simulator.random("starts");
  const flows = bottlenecks.map((first, i): FlowOptions => {
    const second = bottlenecks[(i + 1) % LINKS]!;
    const [client, server] = [network.host(`client ${i}`), network.host(`server ${i}`)];
    network.connect(client, first.entry, { ...ACCESS, addresses: [`10.${i}.0.2`, []] });
    network.connect(client, second.entry, { ...ACCESS, addresses: [`10.${i}.1.2`, []] });
    network.connect(first.exit, server, { ...ACCESS, addresses: [[], `10.${i}.9.1`] });
    network.connect(second.exit, server, { ...ACCESS, addresses: [[], `10.${i}.9.1`] });
    return { client, server, start: starts.next() };
  });
  const rates = await measureFlows(simulator, SCHEDULE, flows);
  const losses = bottlenecks.map(({ link: { forward: { counters } } }) => counters.dropped.queue / counters.packetsIn);
  const others = losses.slice(1).reduce((sum, loss) => sum + loss, 0) / (LINKS - 1);
  return {
    [`Jain at ${slow}`]: jain(rates.map(({ packets }) => packets)),
    [`loss ratio at ${slow}`]: losses[0]! / others,
  };
}

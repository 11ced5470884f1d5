/**
 * A connection over two links, each of which it shares with a TCP connection of its own.
 *
 * @module
 */

import type { Experiment, Figures } from "../experiment.ts";
import { type FlowOptions, measureFlows } from "../flows.ts";
import { ACCESS, bottleneck } from "../packets.ts";
import { scene, SINGLE_PATH } from "../scene.ts";

const experiment: Experiment = {
  id: "E6",
  title: "a connection on two links of 1000 packets/s against one TCP on each, as a ratio",
  source: "Khalili et al., CoNEXT 2012, and Peng et al., ToN 2016",
  variants: ["lia", "olia", "balia"],
  claims: [
    { variant: "lia", figure: "ratio", published: 1.04, band: [0.85, 1.15] },
    { variant: "olia", figure: "ratio", published: 0.81, band: [0.7, 1] },
    { variant: "balia", figure: "ratio", published: 0.93, band: [0.8, 1.05] },
  ],
  run,
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const [multipath, server] = ["multipath", "server"].map((name) => network.host(name));
  const starts = simulator.random("starts");
  const flows: FlowOptions[] = [{ client: multipath!, server: server!, start: starts.next() }];
  for (const i of [1, 2]) {
    const single = network.host(`single ${i}`);
    const edge = network.router(`edge ${i}`);
    network.connect(multipath!, edge, { ...ACCESS, addresses: [`10.${i}.0.2`, []] });
    network.connect(single, edge, { ...ACCESS, addresses: [`10.${i}.0.3`, []] });
    network.connect(edge, server!, {
      ...bottleneck({ packets: 1000, roundTrip: 100 }),
      addresses: [[], "10.9.0.1"],
    });
    flows.push({
      client: single,
      server: server!,
      start: starts.next(),
      connection: SINGLE_PATH,
    });
  }
  const [mptcp, ...tcps] = await measureFlows(simulator, { warmUp: 30, measured: 200 }, flows);
  const tcp = tcps.reduce((sum, flow) => sum + flow.packets, 0) / tcps.length;
  return { ratio: mptcp!.packets / tcp };
}

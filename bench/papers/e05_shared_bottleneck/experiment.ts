/**
 * Two subflows of one connection and one TCP connection at one bottleneck.
 *
 * @module
 */

import type { Experiment, Figures } from "../experiment.ts";
import { measureFlows } from "../flows.ts";
import { ACCESS, bottleneck } from "../packets.ts";
import { scene, SINGLE_PATH } from "../scene.ts";

const experiment: Experiment = {
  id: "E5",
  title: "shares at one bottleneck: a connection of two subflows against one TCP",
  source: "goal 2 of RFC 6356 section 2; measured by Khalili et al., CoNEXT 2012, and Peng et al., ToN 2016",
  variants: ["uncoupled", "lia", "olia", "balia"],
  claims: [
    { variant: "uncoupled", figure: "ratio", published: 1.95, band: [1.8, 2.2] },
    { variant: "lia", figure: "ratio", published: 1.06, band: [0.8, 1.25] },
    { variant: "olia", figure: "ratio", published: 0.93, band: [0.6, 1.1] },
    { variant: "balia", figure: "ratio", published: 1.11, band: [0.8, 1.25] },
  ],
  run,
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const [multipath, single, server] = ["multipath", "single", "server"].map((name) => network.host(name));
  const [edge, core] = ["edge", "core"].map((name) => network.router(name));
  network.connect(multipath!, edge!, { ...ACCESS, addresses: ["10.1.0.2", []] });
  network.connect(multipath!, edge!, { ...ACCESS, addresses: ["10.2.0.2", []] });
  network.connect(single!, edge!, { ...ACCESS, addresses: ["10.3.0.2", []] });
  network.connect(edge!, core!, bottleneck({ packets: 1000, roundTrip: 100 }));
  network.connect(core!, server!, { ...ACCESS, addresses: [[], "10.9.0.1"] });
  const starts = simulator.random("starts");
  const [mptcp, tcp] = await measureFlows(simulator, { warmUp: 30, measured: 200 }, [
    { client: multipath!, server: server!, start: starts.next() },
    {
      client: single!,
      server: server!,
      start: starts.next(),
      connection: SINGLE_PATH,
    },
  ]);
  return { ratio: mptcp!.packets / tcp!.packets, total: mptcp!.packets + tcp!.packets };
}

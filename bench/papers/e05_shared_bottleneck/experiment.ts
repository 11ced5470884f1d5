/**
 * Two subflows of one connection and one TCP connection at one bottleneck.
 *
 * @module
 */

import { newReno } from "../../../congestion/mod.ts";
import { fullMesh } from "../../../pathmanagers/mod.ts";
import { minRtt } from "../../../schedulers/mod.ts";
import { Network, Simulator } from "../../../sim/mod.ts";
import { congestionOf } from "../algorithms.ts";
import type { Experiment, Figures } from "../experiment.ts";
import { measureFlows } from "../flows.ts";

/** Bytes of a packet, its headers included. */
const PACKET = 1000;
const PACKETS_PER_SECOND = 1000;

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
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, {
    scheduler: minRtt(),
    congestion: congestionOf(variant),
    pathManager: fullMesh(),
  });
  const [multipath, single, server] = ["multipath", "single", "server"].map((name) => network.host(name));
  const [edge, core] = ["edge", "core"].map((name) => network.router(name));
  const access = { mtu: PACKET };
  network.connect(multipath!, edge!, { ...access, addresses: ["10.1.0.2", []] });
  network.connect(multipath!, edge!, { ...access, addresses: ["10.2.0.2", []] });
  network.connect(single!, edge!, { ...access, addresses: ["10.3.0.2", []] });
  network.connect(edge!, core!, {
    ...access,
    rate: 8 * PACKET * PACKETS_PER_SECOND,
    delay: 50,
    queue: { packets: 100 },
    backward: { rate: Infinity },
  });
  network.connect(core!, server!, { ...access, addresses: [[], "10.9.0.1"] });
  const starts = simulator.random("starts");
  const [mptcp, tcp] = await measureFlows(simulator, { warmUp: 60, measured: 600 }, [
    { client: multipath!, server: server!, start: starts.next() },
    {
      client: single!,
      server: server!,
      start: starts.next(),
      connection: { congestion: newReno(), options: { multipath: false } },
    },
  ]);
  return { ratio: mptcp!.packets / tcp!.packets, total: mptcp!.packets + tcp!.packets };
}

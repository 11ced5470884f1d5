/**
 * Users of one kind upgrade from TCP to Multipath TCP, and everybody has less.
 *
 * @module
 */

import type { Experiment } from "../experiment.ts";
import { type FlowOptions, measureFlows } from "../flows.ts";
import { TESTBED_QUEUE } from "../packets.ts";
import { scene, SINGLE_PATH } from "../scene.ts";

const USERS = 15;
const RATE_X = 27e6;
const RATE_T = 36e6;
const PACKET = 1500;
const ROUND_TRIP = 150;
const SCHEDULE = { warmUp: 20, measured: 40 };

const experiment: Experiment = {
  id: "E9",
  title: "per cent of the total throughput that an upgrade to Multipath TCP costs",
  source: "Khalili et al., CoNEXT 2012, scenario B",
  variants: ["lia", "olia"],
  claims: [
    { variant: "lia", figure: "lost, %", published: "6 to 13", band: [4, 15] },
    { variant: "olia", figure: "lost, %", published: 3, band: [-Infinity, 5] },
  ],
  comparisons: [{
    variant: "lia, olia",
    sentence: "less is lost with OLIA than with LIA",
    published: "so",
    holds: (mean) => mean("olia", "lost, %") < mean("lia", "lost, %"),
  }],
  run: async (variant, seed) => {
    const before = await total(variant, seed, false);
    const after = await total(variant, seed, true);
    return { "lost, %": 100 * (1 - after / before), "before, Mbit/s": before / 1e6, "after, Mbit/s": after / 1e6 };
  },
};
export default experiment;

/** Bits a second of all users, before or after the red ones have been upgraded. */
async function total(variant: string, seed: number, isUpgraded: boolean): Promise<number> {
  const { simulator, network } = scene(variant, seed);
  const [forBlue, forRed] = [network.host("server of blue"), network.host("server of red")];
  const [x, afterX, t, afterT] = ["X", "after X", "T", "after T"].map((name) => network.router(name));
  const link = { mtu: PACKET, queue: TESTBED_QUEUE, backward: { rate: Infinity } };
  const linkX = network.connect(x!, afterX!, { ...link, name: "X", rate: RATE_X });
  const linkT = network.connect(t!, afterT!, { ...link, name: "T", rate: RATE_T });
  network.connect(afterX!, forBlue, { mtu: PACKET, addresses: [[], "10.9.0.1"] });
  network.connect(afterT!, forBlue, { mtu: PACKET, addresses: [[], "10.9.0.1"] });
  network.connect(afterT!, forRed, { mtu: PACKET, addresses: [[], "10.9.0.2"] });
  // The second path of the red users leads through both bottlenecks, there and back, and nothing else this way.
  const between = network.connect(afterX!, t!, { mtu: PACKET, routed: false });
  x!.addRoute("10.9.0.2", linkX.forward);
  afterX!.addRoute("10.9.0.2", between.forward);
  afterT!.addRoute("10.3.0.0/16", linkT.backward);
  t!.addRoute("10.3.0.0/16", between.backward);
  const starts = simulator.random("starts");
  const delay = ROUND_TRIP / 2;
  const flows: FlowOptions[] = [];
  for (let i = 0; i < USERS; i++) {
    const blue = network.host(`blue ${i}`);
    network.connect(blue, t!, { mtu: PACKET, delay, addresses: [`10.1.${i}.2`, []] });
    network.connect(blue, x!, { mtu: PACKET, delay, addresses: [`10.2.${i}.2`, []] });
    flows.push({ client: blue, server: forBlue, start: starts.next(), connection: { port: 1000 + i } });
    const red = network.host(`red ${i}`);
    network.connect(red, t!, { mtu: PACKET, delay, addresses: [`10.4.${i}.2`, []] });
    if (isUpgraded) network.connect(red, x!, { mtu: PACKET, delay, addresses: [`10.3.${i}.2`, []] });
    const single = isUpgraded ? {} : SINGLE_PATH;
    flows.push({ client: red, server: forRed, start: starts.next(), connection: { port: 1000 + i, ...single } });
  }
  const results = await measureFlows(simulator, SCHEDULE, flows);
  return results.reduce((sum, { packets }) => sum + packets * 8 * PACKET, 0);
}

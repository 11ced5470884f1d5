/**
 * One connection alone on two idle links of different delay.
 *
 * @module
 */

import type { Experiment, Figures } from "../experiment.ts";
import { measureFlows } from "../flows.ts";
import { bottleneck } from "../packets.ts";
import { scene } from "../scene.ts";

const PER_LINK = 1000;

const experiment: Experiment = {
  id: "E2",
  title: "packets per second of one connection on two idle links of 1000",
  source: "goal 1 of RFC 6356 section 2",
  variants: ["uncoupled", "ewtcp", "lia", "balia", "olia", "coupled"],
  claims: [
    { variant: "lia", figure: "packets/s", published: 1965, band: [1900, Infinity] },
    { variant: "balia", figure: "packets/s", published: 1971, band: [1900, Infinity] },
    {
      variant: "olia",
      figure: "packets/s",
      published: 1615,
      band: [1500, 1900],
      differs:
        "the path of 100 ms is held down after the losses of slow start and comes back within a minute; from 30 to 150 s ours has 1995, so the figure depends on when it is taken",
    },
    { variant: "uncoupled", figure: "packets/s", published: 1968, band: [1900, Infinity] },
    { variant: "ewtcp", figure: "packets/s", published: 1994, band: [1900, Infinity] },
    { variant: "coupled", figure: "packets/s", published: 1431, band: [1230, 1630] },
  ],
  run,
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const { simulator, network } = scene(variant, seed);
  const [client, server] = ["client", "server"].map((name) => network.host(name));
  const random = simulator.random("experiment");
  [20, 100].forEach((roundTrip, i) =>
    network.connect(client!, server!, {
      ...bottleneck({ packets: PER_LINK, roundTrip: roundTrip * (0.95 + random.next() / 10) }),
      addresses: [`10.${i + 1}.0.2`, "10.9.0.1"],
    })
  );
  const [flow] = await measureFlows(simulator, { warmUp: 10, measured: 40 }, [
    { client: client!, server: server!, start: random.next() },
  ]);
  return { "packets/s": flow!.packets, "20 ms": flow!.subflows[0]!, "100 ms": flow!.subflows[1]! };
}

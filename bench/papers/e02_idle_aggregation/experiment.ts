/**
 * One connection alone on two idle links of different delay.
 *
 * @module
 */

import { fullMesh } from "../../../pathmanagers/mod.ts";
import { minRtt } from "../../../schedulers/mod.ts";
import { Network, Simulator } from "../../../sim/mod.ts";
import { congestionOf } from "../algorithms.ts";
import type { Experiment, Figures } from "../experiment.ts";
import { measureFlows } from "../flows.ts";
import { bottleneck } from "../packets.ts";

const PER_LINK = 1000;

const experiment: Experiment = {
  id: "E2",
  title: "packets per second of one connection on two idle links of 1000",
  source: "goal 1 of RFC 6356 section 2",
  variants: ["uncoupled", "ewtcp", "lia", "balia", "olia", "coupled"],
  claims: [
    { variant: "lia", figure: "packets/s", published: 1965, band: [1900, Infinity] },
    { variant: "balia", figure: "packets/s", published: 1971, band: [1900, Infinity] },
    { variant: "olia", figure: "packets/s", published: 1615, band: [1500, 1900] },
    { variant: "uncoupled", figure: "packets/s", published: 1968, band: [1900, Infinity] },
    { variant: "ewtcp", figure: "packets/s", published: 1994, band: [1900, Infinity] },
    { variant: "coupled", figure: "packets/s", published: 1431, band: [1230, 1630] },
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
  const [client, server] = ["client", "server"].map((name) => network.host(name));
  const random = simulator.random("experiment");
  [20, 100].forEach((roundTrip, i) =>
    network.connect(client!, server!, {
      ...bottleneck({ packets: PER_LINK, roundTrip: roundTrip * (0.95 + random.next() / 10) }),
      addresses: [`10.${i + 1}.0.2`, "10.9.0.1"],
    })
  );
  const [flow] = await measureFlows(simulator, { warmUp: 30, measured: 120 }, [
    { client: client!, server: server!, start: random.next() },
  ]);
  return { "packets/s": flow!.packets, "20 ms": flow!.subflows[0]!, "100 ms": flow!.subflows[1]! };
}

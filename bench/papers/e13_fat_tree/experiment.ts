/**
 * A data centre in which every host sends to another one, over as many paths as it has subflows.
 *
 * @module
 */

import { ndiffports } from "../../../pathmanagers/mod.ts";
import type { Experiment, Figures } from "../experiment.ts";
import { jain, mean } from "../fairness.ts";
import { measureFlows } from "../flows.ts";
import { scene } from "../scene.ts";
import { cycle, fatTree } from "./fat_tree.ts";
import { Shortcut } from "./shortcut.ts";

/** Of a switch, which makes 128 hosts. */
const PORTS = 8;
const RATE = 10e6;
const PACKET = 1500;
const SERVER_PORT = 5000;
/** Far more than any of them has on its way; 128 times as much is to stay in the processor's cache. */
const SEND_BUFFER = 512 * 1024;
const SCHEDULE = { warmUp: 3, measured: 2 };
const LINK = { rate: RATE, delay: 0.2, queue: { packets: 100 }, mtu: PACKET };

const PUBLISHED: Readonly<Record<string, readonly [optimum: number, jain: number]>> = {
  "1": [46, 0.81],
  "2": [70, 0.91],
  "4": [82, 0.97],
  "8": [89, 0.99],
};

const experiment: Experiment = {
  id: "E13",
  title: "random permutation in a FatTree of 128 hosts, by subflows of each connection",
  source: "Raiciu et al., SIGCOMM 2011, section 4",
  variants: Object.keys(PUBLISHED),
  claims: Object.entries(PUBLISHED).flatMap(([variant, [optimum, jain]]) => [
    { variant, figure: "% of the optimum", published: optimum, band: [optimum - 5, optimum + 5] as const },
    { variant, figure: "Jain", published: jain, band: [jain - 0.05, Math.min(jain + 0.05, 1)] as const },
  ]),
  run: (variant, seed) => permutation(PORTS, Number(variant), seed),
  plot: (results) => ({
    type: "lines",
    axes: ["subflows", "% of the optimum"],
    logarithmic: true,
    lines: [
      {
        label: "ours",
        points: Object.keys(PUBLISHED).map((it) =>
          [Number(it), results.get(it)!.get("% of the optimum")!.mean] as const
        ),
      },
      {
        label: "published",
        dashed: true,
        points: Object.entries(PUBLISHED).map(([it, [optimum]]) => [Number(it), optimum] as const),
      },
    ],
  }),
};
export default experiment;

/** Every host of a FatTree of switches with so many ports sends to another one, over so many subflows. */
export async function permutation(ports: number, subflows: number, seed: number): Promise<Figures> {
  const { simulator, network } = scene(subflows === 1 ? "uncoupled" : "lia", seed, {
    pathManager: ndiffports({ subflows }),
    options: { acceptedSubflows: subflows, sendBuffer: SEND_BUFFER },
  });
  const hosts = fatTree(network, ports, LINK, new Shortcut(network, SERVER_PORT));
  const random = simulator.random("experiment");
  const targets = cycle(hosts.length, (limit) => random.below(limit));
  const flows = hosts.map((client, i) => {
    return { client, server: hosts[targets[i]!]!, start: random.next(), connection: { port: SERVER_PORT } };
  });
  const rates = (await measureFlows(simulator, SCHEDULE, flows)).map(({ packets }) => packets * 8 * PACKET / RATE);
  return { "% of the optimum": 100 * mean(rates), "Jain": jain(rates) };
}

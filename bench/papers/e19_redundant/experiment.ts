/**
 * How long the slowest of many short requests take over paths that lose packets.
 *
 * @module
 */

import { lia } from "../../../congestion/mod.ts";
import type { Plugin, Scheduler } from "../../../core/plugin.ts";
import { fullMesh } from "../../../pathmanagers/mod.ts";
import { adaptiveRedundancy, minRtt, redundant } from "../../../schedulers/mod.ts";
import { Network, requestResponse, Simulator } from "../../../sim/mod.ts";
import type { Experiment, Figures } from "../experiment.ts";

const SCHEDULERS: Readonly<Record<string, Plugin<Scheduler>>> = {
  "min-rtt": minRtt(),
  "redundant": redundant(),
  "adaptive-redundancy": adaptiveRedundancy(),
};
const LATENCY = "99th percentile, ms";

const experiment: Experiment = {
  id: "E19",
  title: "redundancy: short requests over paths that lose 2 %",
  source: "Frömmgen et al., IEEE ICC 2016",
  variants: Object.keys(SCHEDULERS),
  claims: [],
  comparisons: ["redundant", "adaptive-redundancy"].map((variant) => ({
    variant,
    sentence: "its 99th percentile below that of min-rtt",
    holds: (mean) => mean(variant, LATENCY) < mean("min-rtt", LATENCY),
    published: "below",
  })),
  run,
  plot: (results) => ({
    type: "bars",
    axis: LATENCY,
    bars: [...results].map(([label, figures]) => {
      const { mean, margin } = figures.get(LATENCY)!;
      return { label, value: mean, margin };
    }),
  }),
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, {
    scheduler: SCHEDULERS[variant]!,
    congestion: lia(),
    pathManager: fullMesh(),
    options: { noDelay: true },
  });
  const [client, server] = [network.host("client"), network.host("server")];
  for (const i of [1, 2]) {
    network.connect(client, server, {
      addresses: [`10.0.${i}.2`, "10.0.0.1"],
      rate: 50e6,
      delay: 25,
      loss: 0.02,
    });
  }
  const requests = { client, server, requestBytes: 100, responseBytes: 3000, requests: 1000, think: 20 };
  const times = await simulator.run(() => requestResponse(simulator, requests));
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(Math.floor(share * times.length), times.length - 1)]!;
  return { "median, ms": at(0.5), [LATENCY]: at(0.99) };
}

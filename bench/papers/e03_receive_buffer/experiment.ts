/**
 * What a small receive buffer costs when one path is slow and deep.
 *
 * @module
 */

import { lia, newReno } from "../../../congestion/mod.ts";
import type { Plugin, Scheduler } from "../../../core/plugin.ts";
import { fullMesh } from "../../../pathmanagers/mod.ts";
import { minRtt } from "../../../schedulers/mod.ts";
import { Network, Simulator } from "../../../sim/mod.ts";
import type { Comparison, Experiment, Figures } from "../experiment.ts";
import { measureFlows } from "../flows.ts";

/** Receive buffers in kB, a figure of each variant. */
const BUFFERS = [50, 100, 200, 300, 400, 600, 800, 1000] as const;
/** Those from which on the paper holds the connection to TCP over WiFi. */
const HELD = BUFFERS.filter((kilobytes) => kilobytes >= 100);
const MULTIPATH: Readonly<Record<string, Plugin<Scheduler>>> = {
  "both measures": minRtt(),
  "no measure": minRtt({ opportunisticRetransmission: false, penalisation: false }),
};
const SINGLE = "TCP over WiFi";

/** A sentence about every buffer that counts. */
function compare(variant: string, sentence: string, holds: Comparison["holds"], published: string): Comparison {
  return { variant, sentence, holds, published };
}

const experiment: Experiment = {
  id: "E3",
  title: "receive buffers: WiFi and 3G with the measures of section 4.2",
  source: "Raiciu et al., NSDI 2012, section 4.2, figure 4",
  variants: [...Object.keys(MULTIPATH), SINGLE],
  claims: [{ variant: "both measures", figure: "600 kB", published: "about 10", band: [9.2, 10] }],
  comparisons: [
    compare(
      "both measures",
      "at least 0.95 of TCP over WiFi with each buffer from 100 kB on",
      (mean) => HELD.every((kB) => mean("both measures", `${kB} kB`) >= 0.95 * mean(SINGLE, `${kB} kB`)),
      "never below TCP",
    ),
    compare(
      "no measure",
      "below TCP over WiFi with some buffer",
      (mean) => BUFFERS.some((kB) => mean("no measure", `${kB} kB`) < mean(SINGLE, `${kB} kB`)),
      "below TCP",
    ),
  ],
  run,
  plot: (results) => ({
    type: "lines",
    axes: ["receive buffer, kB", "Mbit/s"],
    lines: [...results].map(([label, figures]) => ({
      label,
      points: BUFFERS.map((kB) => [kB, figures.get(`${kB} kB`)!.mean] as const),
    })),
  }),
};
export default experiment;

async function run(variant: string, seed: number): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const kilobytes of BUFFERS) figures[`${kilobytes} kB`] = await rate(variant, 1000 * kilobytes, seed);
  return figures;
}

/** Mbit/s with a receive buffer of `bytes`. */
async function rate(variant: string, bytes: number, seed: number): Promise<number> {
  const simulator = new Simulator({ seed });
  const multipath = variant !== SINGLE;
  const network = new Network(simulator, {
    scheduler: MULTIPATH[variant] ?? minRtt(),
    congestion: multipath ? lia() : newReno(),
    pathManager: fullMesh(),
    options: { receiveBuffer: bytes, sendBuffer: 4e6, multipath },
  });
  const [phone, server] = [network.host("phone"), network.host("server")];
  const path = (rate: number, roundTrip: number, queue: number) => ({
    rate,
    delay: roundTrip / 2,
    queue: { bytes: Math.round(rate * queue / 8000) },
  });
  network.connect(phone, server, { addresses: ["10.0.1.2", "10.0.0.1"], ...path(8e6, 20, 80) });
  network.connect(phone, server, { addresses: ["10.0.2.2", "10.0.0.1"], ...path(2e6, 150, 2000) });
  const start = simulator.random("start").next();
  const connection = { localHostname: "10.0.1.2" };
  const [flow] = await measureFlows(simulator, { warmUp: 5, measured: 60 }, [
    { client: phone, server, start, connection },
  ]);
  return flow!.rate / 1e6;
}

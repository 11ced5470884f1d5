/**
 * A connection and a TCP connection at one bottleneck, in the simulator.
 *
 * @module
 */

import { newReno } from "../../congestion/mod.ts";
import type { CongestionGroup, Plugin } from "../../core/plugin.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { Network, Simulator, transfer } from "../../sim/mod.ts";
import { judgeOf } from "./property.ts";

/** RFC 6356 section 2, goal 2: "do no harm". */
export const SHARES = "takes its share beside a TCP connection at one bottleneck with two subflows";

/** A megabyte a second, 100 ms round trip. */
const BOTTLENECK = { rate: 8e6, delay: 50, queue: { packets: 100 }, mtu: 1000, backward: { rate: Infinity } };
const SEEDS = [1, 2, 3, 4];
const WARM_UP = 20_000;
const DURATION = 80_000;

/** Compares the throughput of both, over a few seeds, with the ratios that are allowed. */
export async function checkShare(
  plugin: Plugin<CongestionGroup>,
  [least, most]: readonly [number, number],
): Promise<void> {
  let multipath = 0;
  let single = 0;
  for (const seed of SEEDS) {
    const [one, other] = await race(plugin, seed);
    multipath += one;
    single += other;
  }
  const ratio = multipath / single;
  judgeOf(SHARES)(SHARES, ratio >= least && ratio <= most, () => `ratio ${ratio.toFixed(2)}, not ${least} to ${most}`);
}

/** Bytes that arrive of a connection under `plugin` and of a TCP connection after the warm-up. */
async function race(plugin: Plugin<CongestionGroup>, seed: number): Promise<[number, number]> {
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, {
    scheduler: minRtt(),
    congestion: newReno(),
    pathManager: fullMesh(),
  });
  const [client, other, server] = ["client", "other", "server"].map((name) => network.host(name));
  const [edge, core] = ["edge", "core"].map((name) => network.router(name));
  network.connect(client!, edge!, { addresses: ["10.1.0.2", []], mtu: 1000 });
  network.connect(client!, edge!, { addresses: ["10.2.0.2", []], mtu: 1000 });
  network.connect(other!, edge!, { addresses: ["10.3.0.2", []], mtu: 1000 });
  network.connect(edge!, core!, BOTTLENECK);
  network.connect(core!, server!, { addresses: [[], "10.9.0.1"], mtu: 1000 });
  const starts = simulator.random("starts");
  const received = [0, 0] as [number, number];
  const flow = async (index: 0 | 1, start: number): Promise<void> => {
    await simulator.sleep(start);
    await transfer(simulator, {
      client: index === 0 ? client! : other!,
      server: server!,
      direction: "upload",
      duration: DURATION - start,
      connection: index === 0 ? { congestion: plugin } : { options: { multipath: false } },
      onData: (data, now) => {
        if (now > 1000 * WARM_UP) received[index] += data.length;
      },
    });
  };
  await simulator.run(() => Promise.all([flow(0, 1000 * starts.next()), flow(1, 1000 * starts.next())]));
  return received;
}

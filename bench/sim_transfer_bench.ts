/**
 * A bulk transfer over two simulated paths, both engines and both applications included: how many TCP segments, data and
 * acknowledgments with all their bytes, a second of this machine's time takes, and whether memory grows with virtual time.
 *
 * `deno bench -A --v8-flags=--expose-gc bench/sim_transfer_bench.ts`; with `deno run -A --v8-flags=--expose-gc bench/sim_transfer_bench.ts --figures` it prints
 * the two figures alone.
 *
 * @module
 */

import { lia } from "../congestion/mod.ts";
import { fullMesh } from "../pathmanagers/mod.ts";
import { minRtt } from "../schedulers/mod.ts";
import { Network, Simulator, transfer } from "../sim/mod.ts";

const MEGABYTE = 1 << 20;

/** Downloads over WiFi (30 Mbit/s) and LTE (15 Mbit/s); `sample` is called every ten virtual seconds. */
async function download(bytes: number, sample: () => void = () => {}): Promise<{ segments: number; seconds: number }> {
  const sim = new Simulator({ seed: 1 });
  const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
  const client = network.host("client");
  const server = network.host("server");
  const links = [
    network.connect(client, server, { addresses: ["10.0.1.2", "10.0.0.1"], rate: 30e6, delay: 10 }),
    network.connect(client, server, { addresses: ["10.0.2.2", "10.0.0.1"], rate: 15e6, delay: 30 }),
  ];
  const clock = sim.timer((now) => {
    sample();
    clock.set(now + 10e6);
  });
  clock.set(10e6);
  await sim.run(() => transfer(sim, { client, server, bytes }));
  const segments = links.reduce(
    (sum, { forward, backward }) => sum + forward.counters.packetsIn + backward.counters.packetsIn,
    0,
  );
  return { segments, seconds: sim.now() / 1e6 };
}

if (import.meta.main && Deno.args.includes("--figures")) {
  await download(64 * MEGABYTE);
  const samples: number[] = [];
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
  await download(256 * MEGABYTE, () => {
    collect();
    samples.push(Deno.memoryUsage().heapUsed + Deno.memoryUsage().external);
  });
  const started = performance.now();
  const { segments, seconds } = await download(256 * MEGABYTE);
  const wall = (performance.now() - started) / 1000;
  console.log(`${Math.round(segments / wall)} segments a second (${segments} in ${wall.toFixed(2)} s)`);
  console.log(`${(seconds / wall).toFixed(0)} virtual seconds a second`);
  console.log(`memory every 10 virtual seconds, MB: ${samples.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ")}`);
} else {
  const { segments } = await download(32 * MEGABYTE);
  Deno.bench(`simulated transfer over two paths, ${segments} segments`, { n: 10, warmup: 3 }, async () => {
    await download(32 * MEGABYTE);
  });
}

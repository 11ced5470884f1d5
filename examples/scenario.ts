/**
 * An experiment on the simulator: what a second path is worth, by its delay, by scheduler and by receive buffer.
 *
 *     deno run examples/scenario.ts
 *
 * Virtual time: what takes the simulated hosts minutes takes seconds here, and every run prints the same numbers.
 *
 * @module
 */

import { lia } from "@userspace/mptcp/congestion";
import type { Plugin, Scheduler } from "@userspace/mptcp/plugin";
import { fullMesh } from "@userspace/mptcp/pathmanagers";
import { minRtt, roundRobin } from "@userspace/mptcp/schedulers";
import { Network, Simulator, transfer } from "@userspace/mptcp/sim";

const DELAYS = [10, 50, 100, 200];
const SCHEDULERS = [minRtt(), roundRobin()];
const BUFFERS = [4 * 1024 * 1024, 256 * 1024];

console.log("8 MB over 10 Mbit/s at 10 ms beside 10 Mbit/s at the delay on the left, in Mbit/s:\n");
const columns = BUFFERS.flatMap((buffer) => SCHEDULERS.map((scheduler) => ({ scheduler, buffer })));
console.log(row("delay", columns.map(({ scheduler, buffer }) => `${scheduler.name} ${buffer / 1024}K`)));
for (const delay of DELAYS) {
  const rates = [];
  for (const { scheduler, buffer } of columns) rates.push(await download(delay, scheduler, buffer));
  console.log(row(`${delay} ms`, rates.map((rate) => (rate / 1e6).toFixed(2))));
}

/** Bits per second of a download over both paths. */
async function download(delay: number, scheduler: Plugin<Scheduler>, receiveBuffer: number): Promise<number> {
  const sim = new Simulator({ seed: 1 });
  const network = new Network(sim, {
    scheduler,
    congestion: lia(),
    pathManager: fullMesh(),
    options: { receiveBuffer },
  });
  const phone = network.host("phone");
  const server = network.host("server");
  network.connect(phone, server, { name: "wifi", addresses: ["10.0.1.2", "10.0.1.1"], rate: 10e6, delay: 10 });
  network.connect(phone, server, { name: "lte", addresses: ["10.0.2.2", "10.0.2.1"], rate: 10e6, delay });
  const { rate } = await sim.run(() => transfer(sim, { client: phone, server, bytes: 8_000_000 }));
  return rate;
}

function row(head: string, cells: readonly string[]): string {
  return head.padEnd(8) + cells.map((cell) => cell.padStart(18)).join("");
}

/**
 * A scheduler of one's own: bytes go over the cheap path as long as it has room, and only the rest over the others.
 *
 *     deno run examples/own_scheduler.ts
 *
 * First the conformance kit holds it to the rules of all schedulers, then a simulation shows what it is good for. In a
 * test file, `testScheduler(cheapFirst("10.0.1."))` is all that the kit needs.
 *
 * @module
 */

import { lia } from "@userspace/mptcp/congestion";
import { fullMesh } from "@userspace/mptcp/pathmanagers";
import type { Plugin, Scheduler, SendBatch } from "@userspace/mptcp/plugin";
import { bestPreference, fill, minRtt, preferenceOf } from "@userspace/mptcp/schedulers";
import { constantRate, Network, Simulator } from "@userspace/mptcp/sim";
import { schedulerProperties } from "@userspace/mptcp/testing";

/** Prefers subflows that start from an address beginning with `cheap`. */
function cheapFirst(cheap: string): Plugin<Scheduler> {
  return { name: "cheap-first", create: () => new CheapFirst(cheap) };
}

class CheapFirst implements Scheduler {
  readonly #cheap: string;

  constructor(cheap: string) {
    this.#cheap = cheap;
  }

  schedule(batch: SendBatch): void {
    if (batch.reason === "window-limited") return;
    this.#fill(batch, true);
    this.#fill(batch, false);
  }

  /** Fills the cheap subflows, or the others; backups only when no regular subflow is usable, stale ones when no other is. */
  #fill(batch: SendBatch, isCheap: boolean): void {
    const { subflows } = batch;
    const preference = bestPreference(subflows);
    for (let i = 0; i < subflows.length; i++) {
      const subflow = subflows[i]!;
      const { address } = subflow.local;
      if (preferenceOf(subflow) === preference && address.startsWith(this.#cheap) === isCheap) fill(batch, subflow);
    }
  }
}

for (const property of schedulerProperties(cheapFirst("10.0.1."))) {
  property.check();
  console.log(`cheap-first ${property.name} ... ok`);
}

console.log("\nA camera sends 6 Mbit/s for 10 s; DSL: 8 Mbit/s, 30 ms, cheap; LTE: 20 Mbit/s, 15 ms, by the megabyte.");
for (const scheduler of [minRtt(), cheapFirst("10.0.1.")]) {
  const { megabytes, slowest } = await watch(scheduler);
  const paths = Object.entries(megabytes).map(([path, amount]) => `${path} ${amount.toFixed(2)} MB`).join(", ");
  console.log(`${scheduler.name.padEnd(12)} ${paths}, slowest picture ${Math.round(slowest)} ms`);
}

/** What each path carries to the server, headers included, and the longest way of a picture in milliseconds. */
async function watch(scheduler: Plugin<Scheduler>): Promise<{ megabytes: Record<string, number>; slowest: number }> {
  const sim = new Simulator({ seed: 1 });
  const network = new Network(sim, { scheduler, congestion: lia(), pathManager: fullMesh() });
  const camera = network.host("camera");
  const server = network.host("server");
  const dsl = network.connect(camera, server, { addresses: ["10.0.1.2", "10.0.1.1"], rate: 8e6, delay: 30 });
  const lte = network.connect(camera, server, { addresses: ["10.0.2.2", "10.0.2.1"], rate: 20e6, delay: 15 });
  const pictures = { client: camera, server, messageBytes: 30_000, interval: 40, messages: 250 };
  const times = await sim.run(() => constantRate(sim, pictures));
  const carried = (link: typeof dsl) => link.forward.counters.bytesDelivered / 1e6;
  return { megabytes: { DSL: carried(dsl), LTE: carried(lte) }, slowest: Math.max(...times) };
}

/**
 * What a SYN flood costs an open connection between this host and the kernel, in rate: transfers with and without 10,000
 * SYNs a second take turns: `deno task bench:flood`; `--help` tells the flags.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { delay } from "@std/async/delay";
import { passive } from "../../mod.ts";
import { Flood } from "../../tests/interop/flood.ts";
import { Neighbours, ourAddress, type Role, ROLES } from "../../tests/interop/neighbours.ts";
import { exchange } from "../../tests/interop/peer.ts";
import { taskFlags } from "../../tools/task_flags.ts";

const HELP = `Measures what a SYN flood costs an open connection. Takes root and two idle cores.

usage: deno task bench:flood [--rate N] [--rounds N] [--megabytes N]

  --rate N       SYNs a second; 10000 by default
  --rounds N     transfers with and without the flood, in turns; 7 by default
  --megabytes N  2^20 bytes in each direction of a transfer; 64 by default
`;

const flags = taskFlags(HELP, { numbers: { rate: 10_000, rounds: 7, megabytes: 64 } });

/** Bytes a second, both directions together, of one connection that `role` opens. */
async function measure(role: Role, rate: number): Promise<{ speed: number; floods: number }> {
  await using ends = await Neighbours.create({ families: [4], pathManager: passive() });
  using _listener = ends.host.listen({ port: 6000 });
  const length = flags.megabytes << 20;
  const { conn, peer } = await ends.open(role, 4, `${length}`);
  await using _peer = peer;
  await using flood = rate === 0 ? null : await Flood.start(ends.namespace, "t1", ourAddress(4, 1), 6000, rate);
  // The SYN queue is full, and what is new is compiled.
  if (flood !== null) await delay(1000);
  const arrived = ends.host.counters.TcpExtTCPReqQFullDoCookies;
  const began = performance.now();
  await Promise.all([exchange(conn, length), peer.report()]);
  const seconds = (performance.now() - began) / 1000;
  const floods = (ends.host.counters.TcpExtTCPReqQFullDoCookies - arrived) / seconds;
  conn.close();
  return { speed: 2 * length / seconds, floods };
}

/** Processor time that the host spends on each SYN of a flood that comes alone, in microseconds. */
async function costOfOne(): Promise<number> {
  await using ends = await Neighbours.create({ families: [4], pathManager: passive() });
  using _listener = ends.host.listen({ port: 6000 });
  await using _flood = await Flood.start(ends.namespace, "t1", ourAddress(4, 1), 6000, flags.rate);
  await delay(2000);
  const before = [processorTime(), ends.host.counters.TcpExtTCPReqQFullDoCookies] as const;
  await delay(3000);
  const count = ends.host.counters.TcpExtTCPReqQFullDoCookies - before[1];
  return (processorTime() - before[0]) / count;
}

/** Of this process, in microseconds. */
function processorTime(): number {
  const { user, system } = cpuUsage();
  return user + system;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const gigabits = (speed: number) => (speed * 8 / 1e9).toFixed(2);

const cost = await costOfOne();
console.log(`${cost.toFixed(1)} µs of processor time a SYN: ${(cost * flags.rate / 1e6).toFixed(2)} of a core`);
for (const role of ROLES) {
  const calm: number[] = [];
  const flooded: number[] = [];
  const floods: number[] = [];
  for (let round = 0; round < flags.rounds; round++) {
    calm.push((await measure(role, 0)).speed);
    const { speed, floods: rate } = await measure(role, flags.rate);
    flooded.push(speed);
    floods.push(rate);
  }
  const [without, with_] = [median(calm), median(flooded)];
  console.log(
    `${role}: ${gigabits(without)} Gbit/s alone, ${gigabits(with_)} under ${
      Math.round(median(floods))
    } SYNs a second: ` +
      `${(with_ / without).toFixed(2)} of it`,
  );
}

/**
 * The same transfers between two kernels, for those of the cases that need no delay: what Linux itself makes of both
 * directions at once. Takes root and a kernel with `tbf`: `deno run -A bench/papers/e01_aggregation/kernel.ts [RUNS]`.
 *
 * Links are shaped between two routers, so that queues build up there and not in the sockets of the senders.
 *
 * @module
 */

import { Namespace } from "../../../tests/interop/namespace.ts";
import { KernelPeer } from "../../../tests/interop/peer.ts";

const LARGE = 16 * 1024 * 1024;
const SMALL = 20 * 4096;
/** 1000 packets of 1514 bytes. */
const QUEUE_BYTES = 1_514_000;
const CASES = { "10+10": [10, 10], "15+5": [15, 5] } as const;
const DIRECTIONS = {
  "from the client": [LARGE, SMALL],
  "from the server": [SMALL, LARGE],
  "both at once": [LARGE, LARGE],
};

const runs = Number(Deno.args[0] ?? 5);
for (const [name, rates] of Object.entries(CASES)) {
  for (const [direction, [up, down]] of Object.entries(DIRECTIONS)) {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) times.push(await exchange(rates, up!, down!));
    console.log(`${name}, ${direction}: ${times.join(", ")} ms`);
  }
}

/** Milliseconds until each end has what the other sends. */
async function exchange(rates: readonly number[], up: number, down: number): Promise<number> {
  await using client = await Namespace.create();
  await using near = await Namespace.create();
  await using far = await Namespace.create();
  await using server = await Namespace.create();
  for (const router of [near, far]) await router.sysctl("net.ipv4.ip_forward", 1);
  for (const [index, rate] of rates.entries()) {
    const i = index + 1;
    await connect(client, near, `a${i}`, `10.0.${i}`);
    await connect(near, far, `b${i}`, `10.1.${i}`);
    for (const router of [near, far]) {
      await router.run(`tc qdisc replace dev b${i} root tbf rate ${rate}mbit burst 2k limit ${QUEUE_BYTES}`);
    }
    // What has the address of a path stays on it, in both directions.
    await client.run(`ip route add default via 10.0.${i}.2 metric ${i}`);
    for (const [end, gateway] of [[client, `10.0.${i}.2`], [near, `10.1.${i}.2`]] as const) {
      await end.run(`ip rule add from 10.0.${i}.1 table ${i}`);
      await end.run(`ip route add default via ${gateway} table ${i}`);
    }
    await far.run(`ip route add 10.0.${i}.0/24 via 10.1.${i}.1`);
  }
  await connect(far, server, "c", "10.0.3");
  await server.run("ip route add default via 10.0.3.1");
  for (const end of [client, server]) await end.run("ip mptcp limits set subflow 2");
  await client.run("ip mptcp endpoint add 10.0.2.1 subflow");

  await using listener = await KernelPeer.start(server, `listen 10.0.3.2 80 ${down} ready=1`);
  await using caller = await KernelPeer.start(client, `connect 10.0.3.2 80 ${up} ready=1 bind=10.0.1.1`);
  const reports = await Promise.all([listener.report(), caller.report()]);
  if (!reports.every(({ multipath }) => multipath)) throw new Error("Cannot measure: the connection fell back to TCP");
  return Math.round(1000 * Math.max(...reports.map(({ receiveSeconds }) => receiveSeconds!)));
}

/** A link called `name` between two namespaces; `left` is 1 in its network, `right` is 2. Packet by packet, as on a slow one. */
async function connect(left: Namespace, right: Namespace, name: string, network: string): Promise<void> {
  await left.run(`ip link add ${name} type veth peer name ${name} netns ${right.name}`);
  for (const [end, last] of [[left, 1], [right, 2]] as const) {
    await end.run(`ip address add ${network}.${last}/24 dev ${name}`);
    await end.run(`ip link set ${name} up gso_max_segs 1`);
  }
}

/**
 * Every scheduler and every congestion control carries data to a kernel, which has none of them, over two shaped paths.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { congestionNames, congestionSchema, parseConfig, schedulerNames, schedulerSchema } from "../../config.ts";
import { type ConnectionSettings, type DirectionOptions, impaired, type MptcpConn } from "../../mod.ts";
import { createSeededEnv } from "../../sim/env.ts";
import { Random } from "../../transports/random.ts";
import { testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, until } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

/** What we send: enough that no path alone can have it in its window. */
const LENGTH = 256 << 10;
/** What the kernel sends. */
const ANSWER = 64 << 10;

/** A path twice as fast as the other, and with a third of its delay. */
const SHAPES: readonly DirectionOptions[] = [{ rate: 60e6, delay: 3 }, { rate: 30e6, delay: 9 }];

/** How much each subflow of `conn` has sent when it ends. */
async function sentBySubflow(conn: MptcpConn): Promise<number[]> {
  const sent: number[] = [];
  for await (const event of conn.events()) {
    if (event.type === "subflow-closed") sent.push(event.subflow.bytesSent);
  }
  return sent;
}

/** Sends over both paths with what `settings` say, and holds what the kernel says of it. */
async function transfer(ends: Neighbours, peer: KernelPeer, settings: ConnectionSettings): Promise<void> {
  const before = (await ends.namespace.counters())["MPTcpExtMPJoinAckRx"] ?? 0;
  const conn = await ends.host.connect({ hostname: kernelAddress(4, 1), port: 5000, ...settings });
  const sending = sentBySubflow(conn);
  await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
  const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
  conn.close();
  assertEquals([theirs.received, theirs.receivedHash], [LENGTH, ours.sentHash], "the kernel received what we sent");
  assertEquals([ours.received, ours.receivedHash], [ANSWER, theirs.sentHash], "we received what the kernel sent");
  assert(ours.multipath && theirs.multipath, "neither end fell back");
  assertEquals((await ends.namespace.counters())["MPTcpExtMPJoinAckRx"], before + 1);
  const sent = await sending;
  assert(sent.length === 2 && Math.min(...sent) > 1000, `both subflows carried data: ${sent.join(" and ")} bytes`);
}

/** A test of all plug-ins of a kind, one after another. */
function testAll(kind: string, names: readonly string[], settingsOf: (name: string) => ConnectionSettings): void {
  testWith(KERNEL, `256 KiB reach the kernel over two shaped paths with each ${kind}`, async (t) => {
    const env = createSeededEnv(new Random(kind));
    await using ends = await Neighbours.create({
      devices: 2,
      families: [4],
      between: (transport, device) => {
        const shape = SHAPES[device - 1]!;
        return impaired(transport, { in: shape, out: shape, env });
      },
    });
    // A window with room for what both paths carry, from the beginning: some schedulers leave a slow path alone where it has not.
    await ends.namespace.sysctl("net.ipv4.tcp_rmem", "4096 1048576 6291456");
    const words = `listen 0.0.0.0 5000 ${ANSWER} last=1 count=${names.length}`;
    await using peer = await KernelPeer.start(ends.namespace, words);
    for (const name of names) {
      const isDone = await t.step(name, () => transfer(ends, peer, settingsOf(name)));
      assert(isDone, `${name} has failed, and the kernel's end with it`);
    }
  });
}

testAll("scheduler", schedulerNames, (name) => ({ scheduler: parseConfig(schedulerSchema, name, "scheduler") }));
testAll("congestion control", congestionNames, (name) => ({
  congestion: parseConfig(congestionSchema, name, "congestion control"),
}));

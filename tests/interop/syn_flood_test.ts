/**
 * A SYN flood that comes out of a TUN device, beside connections of the kernel (RFC 4987).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { passive } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { Flood } from "./flood.ts";
import { type Family, KERNEL, kernelAddress, Neighbours, ourAddress } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

const LENGTH = 1 << 20;
const LIMITS = { synBacklog: 64 };
/** SYNs a second: enough to fill any queue, and little enough to leave a slow machine time for the rest. */
const RATE = 2000;

/** Bytes of the heap and outside of it that a program of this size may add while a flood lasts. */
const MOST_GROWTH = 64 << 20;

for (const family of [4, 6] as const) {
  testWith(
    KERNEL,
    `under a SYN flood connections go on, and the kernel opens new ones that speak MPTCP: IPv${family}`,
    async () => {
      await using ends = await Neighbours.create({ families: [family], limits: LIMITS, pathManager: passive() });
      const { namespace, host } = ends;
      using listener = host.listen({ port: 6000 });
      // On a machine that is busy with other things the queue of the device may overflow: a SYN that is lost comes again.
      await namespace.sysctl("net.mptcp.syn_retrans_before_tcp_fallback", 10).catch(() => {});
      const { conn, peer } = await ends.open("dial", family, `${LENGTH}`);
      await using _peer = peer;
      await using flood = await Flood.start(namespace, "t1", ourAddress(family, 1), 6000, RATE);
      const before = heap();
      const { counters } = host;
      // The SYN queue is full: who comes now gets a cookie.
      while (counters.TcpExtSyncookiesSent < 500) await delay(10);
      await opens(ends, family, listener);
      const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
      const sent = counters.TcpExtSyncookiesSent;
      while (counters.TcpExtSyncookiesSent < sent + 100) await delay(10);
      await flood.end();
      assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
      assert(ours.multipath && theirs.multipath);
      assert(heap() - before < MOST_GROWTH, `${heap() - before} bytes`);
      assertEquals(host.counters.TcpExtSyncookiesRecv, 3);
      conn.close();
    },
  );
}

/** Connections that the kernel opens one after the other bring their cookies back, and speak Multipath TCP. */
async function opens(
  ends: Neighbours,
  family: Family,
  listener: ReturnType<Neighbours["host"]["listen"]>,
): Promise<void> {
  const words = `connect ${ourAddress(family, 1)} 6000 10000 count=3 bind=${kernelAddress(family, 1)}`;
  await using peer = await KernelPeer.start(ends.namespace, words);
  for (let i = 0; i < 3; i++) {
    const conn = await listener.accept();
    const [ours, theirs] = await Promise.all([exchange(conn, 10_000), peer.report()]);
    assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
    assertEquals([conn.isMultipath, theirs.multipath], [true, true]);
    conn.close();
  }
}

/** After a collection, if `deno task test` has made one possible. */
function heap(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "@std/async/delay";
import { passive } from "../../mod.ts";
import { anyRecipe, anyVirtioHeader, cook, type Ends, isSegmentOf } from "../fuzz/hostile.ts";
import { testWith } from "../needs.ts";
import { Injector } from "./injector.ts";
import { type Family, KERNEL, kernelAddress, Neighbours, ourAddress } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

const LENGTH = 8 << 20;
const COUNT = 3000;

for (const family of [4, 6] as const) {
  for (const offload of [true, false]) {
    const how = `IPv${family}, ${offload ? "with" : "without"} offload`;

    testWith(KERNEL, `a hostile kernel never stops the host, and an open connection carries on: ${how}`, async () => {
      await using ends = await Neighbours.create({ families: [family], offload, pathManager: passive() });
      const { namespace, host } = ends;
      // Room for all of it beside the transfer, or what is to be counted is lost on the way.
      await namespace.run("ip link set t1 txqueuelen 20000");
      using _listener = host.listen({ port: 6000 });
      const { conn, peer } = await ends.open("dial", family, `${LENGTH}`);
      await using _peer = peer;
      const [local, remote] = [conn.localAddr, conn.remoteAddr] as [Deno.NetAddr, Deno.NetAddr];
      const own = { from: remote.hostname, fromPort: remote.port, to: local.hostname, toPort: local.port };
      // What a kernel without a virtio-net header sends is not vouched for by anybody.
      await using plain = await Injector.start(namespace, "t1");
      await using virtio = await Injector.start(namespace, "t1", true);
      const attacking = attack(own, plain, virtio);
      const [ours, theirs] = await Promise.all([exchange(conn, LENGTH, attacking), peer.report()]);
      conn.close();
      assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash]);
      assert(ours.multipath && theirs.multipath);
      const { counters } = ends.transports[0]!;
      const { IpInHdrErrors, IpInUnknownProtos, TcpInCsumErrors, IcmpInMsgs } = counters;
      for (const [name, count] of Object.entries({ IpInHdrErrors, IpInUnknownProtos, TcpInCsumErrors, IcmpInMsgs })) {
        assert(count > 10, `${name} ${count}`);
      }
      assert(host.counters.TcpInErrs > 0 && host.counters.TcpExtOutOfWindowIcmps + host.counters.IcmpInErrors > 100);
      await reaches(ends, family);
    });
  }
}

/** Thousands of packets that no receiver can take for segments of the connection between `own`. */
async function attack(own: Ends, plain: Injector, virtio: Injector): Promise<void> {
  const ends = fc.constantFrom(own, { ...own, fromPort: 9 }, { ...own, toPort: 6000, fromPort: 10 });
  const sample = fc.sample(fc.tuple(anyRecipe, ends, fc.option(anyVirtioHeader)), { numRuns: COUNT, seed: 4 });
  for (const [i, [recipe, between, header]] of sample.entries()) {
    const bytes = cook(recipe, between);
    // Behind a header of its own the kernel may vouch for a wrong checksum: then it is not to look like the connection.
    if (isSegmentOf(bytes, own) && (header !== null || recipe.isRepaired || recipe.changes.length === 0)) continue;
    if (header === null) await plain.send(bytes);
    else await virtio.send(Uint8Array.of(...header, ...bytes));
    if (i % 100 === 0) await delay(5);
  }
  const taken = [await plain.end(), await virtio.end()];
  assert(taken.every((count) => count > 300), `${taken} packets came through`);
}

/** The host still works: another connection exchanges some bytes. */
async function reaches(ends: Neighbours, family: Family): Promise<void> {
  const address = family === 4 ? "0.0.0.0" : "::";
  await using peer = await KernelPeer.start(ends.namespace, `listen ${address} 5001 100000`);
  const conn = await ends.host.connect({ hostname: kernelAddress(family, 1), port: 5001 });
  const [ours, theirs] = await Promise.all([exchange(conn, 100_000), peer.report()]);
  conn.close();
  assertEquals([ours.receivedHash, theirs.receivedHash], [theirs.sentHash, ours.sentHash], ourAddress(family, 1));
}

/**
 * Code point and hop limit of a connection as the kernel sees them: it drops what has others.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { program, testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, until } from "./neighbours.ts";

const NEEDS = [...KERNEL, program("nft", "apt-get install nftables")];
const LENGTH = 1 << 20;

for (const family of [4, 6] as const) {
  testWith(NEEDS, `every segment has the code point and the hop limit that were asked for: IPv${family}`, async () => {
    const options = { dscp: 46, hopLimit: 7 };
    await using ends = await Neighbours.create({ devices: 2, families: [family], options });
    const { namespace } = ends;
    const [ip, hops] = family === 4 ? ["ip", "ttl"] : ["ip6", "hoplimit"];
    const rules = [
      "add table inet box",
      "add chain inet box input { type filter hook input priority 0; }",
      `add rule inet box input ${ip} dscp ${options.dscp} ${ip} ${hops} ${options.hopLimit} counter accept`,
      "add rule inet box input meta l4proto tcp counter drop",
    ];
    await namespace.run(["nft", rules.join("; ")]);
    const counts = async () => {
      const listing = await namespace.run("nft list chain inet box input");
      return [...listing.matchAll(/packets (\d+)/g)].map(([, count]) => Number(count));
    };
    await ends.dial(family, LENGTH, async (conn) => {
      await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
    });
    const [taken, dropped] = await counts() as [number, number];
    assert(taken > 100, `${taken} packets were as they should be`);
    assertEquals(dropped, 0);
    // And the other rule is one that drops.
    const other = await ends.host.connect({
      hostname: kernelAddress(family, 1),
      port: 9,
      options: { dscp: 0, synRetries: 0 },
    })
      .then(() => "connected", (error) => error.name);
    assertEquals([other, (await counts())[1]! > 0], ["TimedOut", true]);
  });
}

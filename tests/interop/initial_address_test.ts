/**
 * Who may join the address of the first subflow (RFC 8684 section 3.1, flag C), and paths that let no SYN with MP_CAPABLE
 * through (section 3.7), with the kernel.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { passive } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, ourAddress, until } from "./neighbours.ts";

const LENGTH = 1 << 20;

for (const family of [4, 6] as const) {
  for (const isAllowed of [true, false]) {
    const may = isAllowed ? "allows" : "forbids";

    testWith(
      KERNEL,
      `we join no first address of a kernel that ${may} it, but what it announces: IPv${family}`,
      async () => {
        await using ends = await Neighbours.create({ devices: 2, families: [family] });
        await ends.namespace.sysctl("net.mptcp.allow_join_initial_addr_port", isAllowed ? 1 : 0);
        await ends.namespace.run(`ip mptcp endpoint add ${kernelAddress(family, 2)} dev t2 signal`);
        const isJoined = (from: number, to: number) => (pairs: readonly string[]) =>
          pairs.includes(`${ourAddress(family, from)} ${kernelAddress(family, to)}`);
        const { pairs } = await ends.dial(family, LENGTH, async (conn) => {
          await until("the announced address is joined", () => {
            return conn.subflows.some(({ remote, usable }) => usable && remote.address === kernelAddress(family, 2));
          });
          // An attempt that is allowed has been made by now.
          await new Promise((resolve) => setTimeout(resolve, 300));
        });
        assert(isJoined(2, 2)(pairs));
        assertEquals(isJoined(2, 1)(pairs), isAllowed, pairs.join(", "));
      },
    );

    testWith(KERNEL, `the kernel joins our first address if that ${may} it: IPv${family}`, async () => {
      const options = { joinsToInitialAddress: isAllowed };
      await using ends = await Neighbours.create({ devices: 2, families: [family], pathManager: passive(), options });
      await ends.namespace.run(`ip mptcp endpoint add ${kernelAddress(family, 2)} subflow`);
      const { pairs } = await ends.answer(family, LENGTH, async (conn) => {
        if (isAllowed) await until("it has joined", () => conn.subflows.filter(({ usable }) => usable).length === 2);
        else await new Promise((resolve) => setTimeout(resolve, 500));
      });
      assertEquals(pairs.length, isAllowed ? 2 : 1);
      const { MPTcpExtMPJoinSynTx = 0 } = await ends.namespace.counters();
      assertEquals(MPTcpExtMPJoinSynTx > 0, isAllowed);
    });
  }
}

const NEEDS = [...KERNEL, program("nft", "apt-get install nftables")];

testWith(
  NEEDS,
  "where SYNs with MP_CAPABLE vanish the kernel gets plain TCP, at once from the second time on",
  async () => {
    await using ends = await Neighbours.create({ options: { capableRetries: 1 } });
    await ends.namespace.run([
      "nft",
      [
        "add table inet box",
        "add chain inet box input { type filter hook input priority 0; }",
        "add rule inet box input tcp option mptcp exists drop",
      ].join("; "),
    ]);
    for (const [disabled, least, most] of [[0, 2900, 8000], [1, 0, 2000]] as const) {
      const begin = performance.now();
      const { ours, conn } = await ends.dial(4, LENGTH);
      const millis = performance.now() - begin;
      assert(millis > least && millis < most, `${millis} ms`);
      assertEquals([ours.multipath, conn.stats().fallbackCause], [false, "black-hole"]);
      const { MPTcpExtMPCapableSYNTXDrop, MPTcpExtBlackhole, MPTcpExtMPCapableSYNTXDisabled } = ends.host.counters;
      assertEquals([MPTcpExtMPCapableSYNTXDrop, MPTcpExtBlackhole, MPTcpExtMPCapableSYNTXDisabled], [1, 1, disabled]);
    }
  },
);

/**
 * The kernel opens connections to a host that remembers no SYN (RFC 4987), as `net.ipv4.tcp_syncookies=2` does on Linux.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { testWith } from "../needs.ts";
import { KERNEL, Neighbours } from "./neighbours.ts";

const LENGTH = 1 << 20;
const ALWAYS = { synCookies: "always" } as const;

for (const family of [4, 6] as const) {
  for (const timestamps of [1, 0]) {
    for (const multipath of [true, false]) {
      const how = `IPv${family}, ${timestamps ? "with" : "without"} timestamps, ${multipath ? "MPTCP" : "plain TCP"}`;

      testWith(KERNEL, `the kernel brings a cookie back, and all that was agreed on: ${how}`, async () => {
        await using ends = await Neighbours.create({ families: [family], limits: ALWAYS });
        await ends.namespace.sysctl("net.ipv4.tcp_timestamps", timestamps);
        const words = `protocol=${multipath ? 262 : 6}`;
        const { ours, theirs } = await ends.answer(family, LENGTH, undefined, words);
        assertEquals([ours.multipath, theirs.multipath], [multipath, multipath]);
        const { TcpExtSyncookiesSent, TcpExtSyncookiesRecv, TcpExtSyncookiesFailed } = ends.host.counters;
        assert(TcpExtSyncookiesSent > 0);
        assertEquals([TcpExtSyncookiesRecv, TcpExtSyncookiesFailed], [1, 0]);
      });
    }
  }
}

testWith(KERNEL, "the kernel joins a connection that came of a cookie, with checksums and without", async () => {
  for (const checksum of [false, true]) {
    await using ends = await Neighbours.create({ devices: 2, families: [4], limits: ALWAYS, options: { checksum } });
    const { pairs, theirs } = await ends.answer(4, LENGTH);
    assertEquals([theirs.multipath, pairs.length], [true, 2]);
    assertEquals(ends.host.counters.TcpExtSyncookiesRecv, 1);
  }
});

for (const family of [4, 6] as const) {
  testWith(
    KERNEL,
    `a kernel that remembers no SYN has our keys from the third ACK, and lets us join: IPv${family}`,
    async () => {
      await using ends = await Neighbours.create({ devices: 2, families: [family] });
      await ends.namespace.sysctl("net.ipv4.tcp_syncookies", 2);
      const { ours, theirs, pairs } = await ends.dial(family, LENGTH);
      assertEquals([ours.multipath, theirs.multipath, pairs.length], [true, true, 2]);
      const kernels = await ends.namespace.counters("TcpExtSyncookies");
      assert(kernels.TcpExtSyncookiesSent! >= 2 && kernels.TcpExtSyncookiesRecv! >= 1, JSON.stringify(kernels));
    },
  );
}

import { assertEquals } from "@std/assert";
import { testWith } from "../needs.ts";
import { KERNEL, Neighbours } from "./neighbours.ts";

const LENGTH = 8 << 20;

for (const family of [4, 6] as const) {
  testWith(KERNEL, `a plain TCP peer over IPv${family} gets plain TCP, in either role`, async () => {
    for (const role of ["dial", "answer"] as const) {
      await using ends = await Neighbours.create({ devices: 2, families: [family] });
      const { ours, conn } = await ends[role](family, LENGTH, undefined, "protocol=6");
      assertEquals([ours.multipath, conn.stats().subflowsTotal], [false, 1]);
      assertEquals(conn.stats().fallbackCause, role === "dial" ? "not-answered" : "not-offered");
    }
  });
}

testWith(KERNEL, "a kernel with net.mptcp.enabled=0 gets plain TCP, in either role", async () => {
  for (const role of ["dial", "answer"] as const) {
    await using ends = await Neighbours.create({ devices: 2 });
    await ends.namespace.sysctl("net.mptcp.enabled", 0);
    const { ours } = await ends[role](4, LENGTH, undefined, "protocol=6");
    assertEquals(ours.multipath, false);
    assertEquals(await ends.namespace.counters(), {});
  }
});

testWith(KERNEL, "a host without multipath is plain TCP to the kernel, which counts the fallback", async () => {
  for (const role of ["dial", "answer"] as const) {
    await using ends = await Neighbours.create({ options: { multipath: false } });
    const { ours, theirs } = await ends[role](4, LENGTH);
    assertEquals([ours.multipath, theirs.multipath], [false, false]);
    if (role === "answer") assertEquals((await ends.namespace.counters())["MPTcpExtMPCapableFallbackSYNACK"], 1);
  }
});

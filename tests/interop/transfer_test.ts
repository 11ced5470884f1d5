import { assert, assertEquals } from "@std/assert";
import { fullMesh, passive } from "../../mod.ts";
import { testWith } from "../needs.ts";
import {
  type Exchange,
  type Family,
  KERNEL,
  kernelAddress,
  type Namespace,
  Neighbours,
  ourAddress,
  ROLES,
} from "./neighbours.ts";

const LENGTH = 64 << 20;

/** The kernel counted Multipath TCP, as many joins as there are further subflows, and no failure. */
async function judge(namespace: Namespace, { ours, theirs, pairs }: Exchange, subflows: number): Promise<void> {
  assert(ours.multipath && theirs.multipath, "neither end fell back");
  assertEquals(pairs.length, subflows, pairs.join(", "));
  const counters = await namespace.counters();
  assertEquals((counters["MPTcpExtMPCapableACKRX"] ?? 0) + (counters["MPTcpExtMPCapableSYNACKRX"] ?? 0), 1);
  assertEquals((counters["MPTcpExtMPJoinAckRx"] ?? 0) + (counters["MPTcpExtMPJoinSynAckRx"] ?? 0), subflows - 1);
  for (const name of Object.keys(counters)) {
    assert(!/Fallback|Failure|Reset|NotMatching|Corruption|CsumErr|Drop|Rst/.test(name), `${name} ${counters[name]}`);
  }
}

for (const family of [4, 6] as const) {
  for (const devices of [1, 2, 4]) {
    const what = `64 MiB each way over IPv${family} and ${devices === 1 ? "one subflow" : `${devices} subflows`}`;

    testWith(KERNEL, `${what}, all opened by us`, async () => {
      const pathManager = devices === 1 ? passive() : fullMesh();
      await using ends = await Neighbours.create({ devices, families: [family], pathManager });
      await judge(ends.namespace, await ends.dial(family, LENGTH), devices);
    });

    testWith(KERNEL, `${what}, all opened by the kernel`, async () => {
      const pathManager = devices === 1 ? passive() : fullMesh();
      await using ends = await Neighbours.create({ devices, families: [family], pathManager });
      await judge(ends.namespace, await ends.answer(family, LENGTH), devices);
    });
  }
}

for (const devices of [1, 2]) {
  for (const role of ROLES) {
    const opener = role === "dial" ? "us" : "the kernel";
    const what = `64 MiB each way over IPv4 and IPv6 in one connection, ${
      2 * devices
    } subflows, all opened by ${opener}`;
    testWith(KERNEL, what, async () => {
      await using ends = await Neighbours.create({ devices });
      const { namespace } = ends;
      if (role === "dial") await namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 1)} signal`);
      // A socket of the kernel for IPv6 takes subflows of both families, one for IPv4 only its own.
      const result = await ends[role](6, LENGTH);
      await judge(namespace, result, 2 * devices);
      assertEquals(result.pairs.filter((pair) => pair.includes(".")).length, devices);
    });
  }
}

/** Endpoints of the kernel, and the subflows they must lead to. */
const ENDPOINTS: readonly { readonly flags: string; readonly role: "dial" | "answer"; readonly pairs: string[] }[] = [
  { flags: "subflow", role: "answer", pairs: [pair(1, 1), pair(1, 2)] },
  { flags: "subflow fullmesh", role: "answer", pairs: [pair(1, 1), pair(1, 2), pair(2, 1), pair(2, 2)] },
  { flags: "signal", role: "dial", pairs: [pair(1, 1), pair(1, 2), pair(2, 1), pair(2, 2)] },
  { flags: "subflow backup", role: "answer", pairs: [pair(1, 1), pair(1, 2)] },
];

for (const { flags, role, pairs } of ENDPOINTS) {
  testWith(KERNEL, `a kernel with an endpoint "${flags}" makes the subflows that it stands for`, async () => {
    const pathManager = role === "answer" && !flags.includes("fullmesh") ? passive() : fullMesh();
    await using ends = await Neighbours.create({ devices: 2, families: [4], pathManager });
    await ends.namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 2)} ${flags}`);
    if (flags.includes("fullmesh")) {
      await ends.namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 1)} ${flags}`);
    }
    let backups = 0;
    let counting = Promise.resolve();
    const result = await ends[role](4, LENGTH, (conn) => {
      counting = (async () => {
        for await (const event of conn.events()) {
          if (event.type === "subflow-established" && event.subflow.backup) backups++;
        }
      })();
    });
    await counting;
    await judge(ends.namespace, result, pairs.length);
    assertEquals([...result.pairs].sort(), [...pairs].sort());
    assertEquals(backups, flags.includes("backup") ? 1 : 0);
  });
}

for (const [role, family] of [["dial", 4], ["dial", 6], ["answer", 4], ["answer", 6]] as const) {
  testWith(KERNEL, `64 MiB each way without offload, in packets of 1500 bytes: ${role}, IPv${family}`, async () => {
    await using ends = await Neighbours.create({ devices: 2, families: [family], offload: false });
    await judge(ends.namespace, await ends[role](family, LENGTH), 2);
  });
}

function pair(our: number, kernel: number, family: Family = 4): string {
  return `${ourAddress(family, our)} ${kernelAddress(family, kernel)}`;
}

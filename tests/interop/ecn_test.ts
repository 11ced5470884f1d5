/**
 * Congestion marks with the kernel (RFC 3168): agreed on, set by a box on the way, echoed and answered in both directions.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type EcnUse, fullMesh, passive } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { KERNEL, Neighbours, type Role } from "./neighbours.ts";

const LENGTH = 8 << 20;
const NEEDS = [...KERNEL, program("nft", "apt-get install nftables")];

/** Marks every so manieth packet that may be marked, both ways. */
const EVERY = 20;
const RULES = (["input", "output"] as const).flatMap((hook) => [
  `add chain inet box ${hook} { type filter hook ${hook} priority 0; }`,
  ...["ip ecn", "ip6 ecn"].map((field) => {
    return `add rule inet box ${hook} ${field} ect0 numgen inc mod ${EVERY} == 0 ${field} set ce`;
  }),
]);

/** Who asks; `sysctl` is the kernel's tcp_ecn. */
const CASES: readonly { role: Role; ecn: EcnUse; sysctl: number; isUsed: boolean }[] = [
  { role: "dial", ecn: "ask", sysctl: 2, isUsed: true },
  { role: "answer", ecn: "answer", sysctl: 1, isUsed: true },
  { role: "dial", ecn: "answer", sysctl: 1, isUsed: false },
  { role: "answer", ecn: "never", sysctl: 1, isUsed: false },
];

for (const { role, ecn, sysctl, isUsed } of CASES) {
  for (const offload of [true, false]) {
    for (const family of [4, 6] as const) {
      const what = `${role}, "${ecn}" to tcp_ecn=${sysctl}, IPv${family}, ${offload ? "with" : "without"} offload`;
      testWith(NEEDS, `congestion marks are ${isUsed ? "" : "not "}used: ${what}`, async () => {
        const devices = family === 4 ? 2 : 1;
        const pathManager = devices === 1 ? passive() : fullMesh();
        await using ends = await Neighbours.create({ devices, offload, pathManager, options: { ecn } });
        await ends.namespace.sysctl("net.ipv4.tcp_ecn", sysctl);
        await ends.namespace.run(["nft", ["add table inet box", ...RULES].join("; ")]);
        const { theirs } = await ends[role](family, LENGTH);
        assertEquals(theirs.multipath, true);
        const kernel = await ends.namespace.counters("TcpExtTCPDeliveredCE");
        const marked = [ends.host.counters.TcpExtTCPDeliveredCE, kernel["TcpExtTCPDeliveredCE"] ?? 0];
        if (isUsed) assert(Math.min(...marked) > 5, `${marked} segments were marked`);
        else assertEquals(marked, [0, 0]);
        assertEquals(ends.host.counters.TcpExtTCPTimeouts, 0);
      });
    }
  }
}

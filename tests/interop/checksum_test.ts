/**
 * DSS checksums with the kernel: agreed on, in use, and what both ends do when a box changes what it carries (RFC 8684
 * sections 3.1, 3.3.1 and 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fullMesh, passive } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { readWithTshark } from "../tshark.ts";
import { type Family, KERNEL, Neighbours, type Role, ROLES } from "./neighbours.ts";
import { Recording } from "./recording.ts";

const LENGTH = 1 << 20;

/** Of a DSS tshark does not tell the checksum, but how long the option is, and what else is in it. */
const FIELDS: readonly string[] = [
  "tcp.option_len",
  ...["subtype", "dseqnpresent.flag", "dataackpresent.flag", "dataack8.flag", "dseqn8.flag"].map((name) => {
    return `tcp.options.mptcp.${name}`;
  }),
];
/** Lengths of MP_CAPABLE with data. */
const CAPABLE = 22;
/** Kind, length, subtype, flags, and behind the numbers the subflow's and the length (RFC 8684 section 3.3). */
const DSS_AROUND = 4 + 4 + 2;

/** How many mappings are on the wire, and how many of them carry a checksum. */
async function checksumsIn(recording: Recording): Promise<{ mappings: number; checksums: number }> {
  let mappings = 0;
  let checksums = 0;
  for (const [lengths, subtype, ...flags] of await readWithTshark(recording.capture, FIELDS)) {
    const length = Number(lengths!.split("|").at(-1));
    const [isMapping, hasAck, isLongAck, isLongNumber] = flags.map(Number) as [number, number, number, number];
    const least = subtype === "0" ? CAPABLE : DSS_AROUND + 4 * (hasAck + isLongAck + 1 + isLongNumber);
    if (!(subtype === "0" ? length >= least : subtype === "2" && isMapping === 1)) continue;
    mappings++;
    checksums += length === least + 2 ? 1 : 0;
  }
  return { mappings, checksums };
}

/** Who asks for checksums, and in what connections that is tried: [role, family, devices]. */
const CASES: readonly { ours: boolean; kernels: boolean; tried: readonly (readonly [Role, Family, number])[] }[] = [
  {
    ours: false,
    kernels: true,
    tried: ROLES.flatMap((role) => [[role, 4, 1], [role, 4, 2], [role, 6, 1], [role, 6, 2]] as const),
  },
  { ours: true, kernels: false, tried: [["dial", 4, 2], ["answer", 6, 2]] },
  { ours: true, kernels: true, tried: [["dial", 6, 2], ["answer", 4, 2]] },
  { ours: false, kernels: false, tried: [["dial", 4, 2], ["answer", 6, 2]] },
];

for (const { ours, kernels, tried } of CASES) {
  const who = `${ours ? "" : "not "}asked for by us and ${kernels ? "" : "not "}by the kernel`;
  testWith([...KERNEL, program("tshark")], `checksums ${who}`, async () => {
    const recording = new Recording();
    for (const [role, family, devices] of tried) {
      await using ends = await Neighbours.create({
        devices,
        families: [family],
        pathManager: devices === 1 ? passive() : fullMesh(),
        options: { checksum: ours },
        between: recording.between,
      });
      const { namespace, host } = ends;
      await namespace.sysctl("net.mptcp.checksum_enabled", kernels ? 1 : 0);
      const { pairs, theirs } = await ends[role](family, LENGTH);
      assertEquals([theirs.multipath, pairs.length], [true, devices]);
      for (const name of Object.keys(await namespace.counters())) {
        assert(!/Csum|Fail|Fallback|Infinite|Rst/.test(name), name);
      }
      assertEquals([host.counters.MPTcpExtDataCsumErr, host.counters.MPTcpExtMPFailRx], [0, 0]);
    }
    const { mappings, checksums } = await checksumsIn(recording);
    assert(mappings > 20 * tried.length, `${mappings} mappings`);
    assertEquals(checksums, ours || kernels ? mappings : 0);
  });
}

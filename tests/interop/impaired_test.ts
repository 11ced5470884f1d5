import { assert, assertEquals } from "@std/assert";
import { type DirectionCounters, type DirectionOptions, impaired, type ImpairedTransport } from "../../mod.ts";
import { createSeededEnv } from "../../sim/env.ts";
import { Random } from "../../transports/random.ts";
import { testWith } from "../needs.ts";
import { KERNEL, Neighbours, until } from "./neighbours.ts";

const LENGTH = 1 << 20;

/** What goes wrong in both directions of both paths. */
const FAULTS: Readonly<Record<string, DirectionOptions>> = {
  "1 % loss": { loss: 0.01 },
  "5 % loss": { loss: 0.05 },
  "losses in bursts": { loss: { goodToBad: 0.01, badToGood: 0.5 } },
  "20 ms of delay with jitter": { delay: 20, jitter: 5 },
  "reordering": { delay: 1, reorder: { probability: 0.05, delay: 4 } },
  "duplicates": { duplicate: 0.1 },
  "damage that a checksum shows": { corrupt: 0.01 },
  "all of it": {
    rate: 100e6,
    delay: 2,
    jitter: 1,
    loss: 0.01,
    reorder: { probability: 0.02, delay: 3 },
    duplicate: 0.02,
    corrupt: 0.01,
  },
};

for (const [name, faults] of Object.entries(FAULTS)) {
  testWith(
    KERNEL,
    `two paths with ${name} in both directions cost no byte, in either role, IPv4 and IPv6`,
    async () => {
      const cases = ([4, 6] as const).flatMap((family) =>
        (["dial", "answer"] as const).map((role) => ({ family, role }))
      );
      await Promise.all(cases.map(async ({ family, role }) => {
        const env = createSeededEnv(new Random(`${name} ${family} ${role}`));
        const paths: ImpairedTransport[] = [];
        await using ends = await Neighbours.create({
          devices: 2,
          families: [family],
          between: (transport) => {
            const path = impaired(transport, { ...faults, env });
            paths.push(path);
            return path;
          },
          // What is written while the second subflow is awaited has to be carried too.
          options: { sendBuffer: 256 << 10 },
        });
        const { ours, theirs, pairs } = await ends[role](family, LENGTH, async (conn) => {
          await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
        });
        assert(ours.multipath && theirs.multipath, "neither end fell back");
        assertEquals(pairs.length, 2);
        for (const direction of ["in", "out"] as const) {
          assertHappened(faults, paths.map((path) => path[direction].counters));
        }
        const counters = await ends.namespace.counters();
        assertEquals((counters["MPTcpExtMPCapableACKRX"] ?? 0) + (counters["MPTcpExtMPCapableSYNACKRX"] ?? 0), 1);
        assertEquals((counters["MPTcpExtMPJoinAckRx"] ?? 0) + (counters["MPTcpExtMPJoinSynAckRx"] ?? 0), 1);
        for (const counter of Object.keys(counters)) {
          assert(!/Fallback|Failure|Reset|NotMatching|Corruption|CsumErr|Rst/.test(counter), counter);
        }
      }));
    },
  );
}

/** The paths did to the packets what they were to do. */
function assertHappened(faults: DirectionOptions, paths: readonly DirectionCounters[]): void {
  const sum = (count: (counters: DirectionCounters) => number) => paths.reduce((total, path) => total + count(path), 0);
  const happened = {
    loss: sum(({ dropped }) => dropped.loss),
    duplicate: sum(({ duplicated }) => duplicated),
    corrupt: sum(({ dropped }) => dropped.checksum),
    reorder: sum(({ reordered }) => reordered),
  };
  for (const [fault, count] of Object.entries(happened)) {
    assertEquals(count > 0, fault in faults, `${fault} ${count}`);
  }
}

/**
 * Subflows that either end resets without MP_FASTCLOSE (MP_TCPRST, RFC 8684 section 3.6): the connection goes on, and after
 * the last one waits for another as long as Linux does.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type MptcpConn, passive } from "../../mod.ts";
import { RST } from "../../core/wire/tcp.ts";
import { kernelOption, testWith } from "../needs.ts";
import { type Box, boxed, misplacingMappings, strippingMptcp } from "./box.ts";
import { KERNEL, Neighbours, ourAddress, ROLES, until } from "./neighbours.ts";
import { exchange } from "./peer.ts";

const LENGTH = 32 << 20;

/**
 * Spoils the mappings of data, once so much of it has passed, until an end has had enough of that: those of the kernel are taken
 * away, ours are moved. Data without one the kernel may join to what lies unread before it, and hands both on as if they belonged
 * together; only then it resets the subflow (MPTcpExtDSSCorruptionReset).
 */
function spoiling(direction: keyof Box, from: number): Box {
  let passed = 0;
  let isOver = false;
  const spoil = direction === "up" ? misplacingMappings : strippingMptcp;
  const spoilt = spoil((_, { payloadStart, payloadEnd }) => {
    passed += payloadEnd - payloadStart;
    return payloadEnd > payloadStart && passed > from && !isOver;
  });
  const watch = strippingMptcp((_, { flags }) => {
    isOver ||= (flags & RST) !== 0;
    return false;
  });
  return { [direction]: spoilt, [direction === "up" ? "down" : "up"]: watch };
}

/** Resolves with the reason why the first subflow was closed that was. */
async function firstEnd(conn: MptcpConn): Promise<string> {
  for await (const event of conn.events()) if (event.type === "subflow-closed") return event.reason;
  throw new Error("no subflow was closed");
}

for (const direction of ["up", "down"] as const) {
  const resetter = direction === "up" ? "the kernel" : "this end";

  testWith(KERNEL, `${resetter} resets one of two subflows: the other carries on, and a new one comes`, async () => {
    for (const role of ROLES) {
      await using ends = await Neighbours.create({
        devices: 2,
        families: [4],
        between: (transport, device) => device === 2 ? boxed(transport, spoiling(direction, 100_000)) : transport,
      });
      const { host: { counters }, namespace } = ends;
      const { theirs, conn } = await ends[role](4, LENGTH, async (conn) => {
        assertEquals(await firstEnd(conn), direction === "up" ? "reset" : "protocol");
        // The kernel as a client does not open it again.
        if (role === "dial") await until("it is back", () => conn.stats().subflowsTotal === 3);
      });
      assertEquals([theirs.multipath, conn.isMultipath], [true, true]);
      const kernels = await namespace.counters();
      const [by, to] = direction === "up" ? [kernels, counters] : [counters, kernels];
      assert(by.MPTcpExtMPRstTx! >= 1);
      // A reset that overtakes data is answered by a challenge, and what follows has no options.
      assert(to.MPTcpExtMPRstRx! >= 1 || await ends.hasChallenged());
      assertEquals([counters.MPTcpExtMPFastcloseRx, kernels.MPTcpExtMPFastcloseRx], [0, undefined]);
    }
  });
}

/** How the only subflow is reset. Without options the kernel would take it for plain TCP, so it is told to. */
const BLOWS: readonly { readonly by: string; box(): Box; strike(ends: Neighbours, conn: MptcpConn): unknown }[] = [
  { by: "this end", box: () => spoiling("down", 1_000_000), strike: () => {} },
  {
    by: "the kernel",
    box: () => ({}),
    strike: async ({ namespace }, conn) => {
      await until("data flows", () => conn.stats().bytesReceived > 1_000_000);
      await namespace.run(`ss -K dst ${ourAddress(4, 1)}`);
    },
  },
];

for (const { by, box, strike } of BLOWS) {
  const [reason, error] = by === "this end"
    ? ["protocol", Deno.errors.InvalidData] as const
    : ["reset", Deno.errors.ConnectionReset] as const;
  const needs = [...KERNEL, kernelOption("INET_DIAG_DESTROY")];

  testWith(needs, `${by} resets the only subflow: a new one takes over, and no byte is lost`, async () => {
    await using ends = await Neighbours.create({ families: [4], between: (transport) => boxed(transport, box()) });
    const { conn, theirs } = await ends.dial(4, LENGTH, async (conn) => {
      const end = firstEnd(conn);
      await strike(ends, conn);
      assertEquals(await end, reason);
      await until("a new one is there", () => conn.stats().subflowsTotal === 2);
    });
    assertEquals([theirs.multipath, conn.isMultipath], [true, true]);
    const { MPTcpExtMPJoinAckRx, MPTcpExtMPFastcloseRx } = await ends.namespace.counters();
    assertEquals([MPTcpExtMPJoinAckRx, MPTcpExtMPFastcloseRx], [1, undefined]);
  });

  testWith(needs, `${by} resets the only subflow, and nobody opens another: both ends wait, and give up`, async () => {
    await using ends = await Neighbours.create({
      families: [4],
      pathManager: passive(),
      between: (transport) => boxed(transport, box()),
      options: { closeTimeout: 1_000_000 },
    });
    await ends.namespace.sysctl("net.mptcp.close_timeout", 1);
    const { conn, peer } = await ends.open("answer", 4, `${LENGTH}`);
    await using _peer = peer;
    const end = firstEnd(conn);
    const failing = assertRejects(() => exchange(conn, LENGTH), error);
    await strike(ends, conn);
    assertEquals(await end, reason);
    const began = performance.now();
    await failing;
    const waited = performance.now() - began;
    assert(waited > 900, `${waited} ms`);
    const { receiveError, sendError } = await peer.report();
    assert(receiveError !== undefined && sendError !== undefined, `${receiveError}, ${sendError}`);
  });
}

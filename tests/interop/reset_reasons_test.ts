/**
 * Reasons in MP_TCPRST (RFC 8684 section 3.6), as the kernel reads ours and we read the kernel's.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { RESET_MIDDLEBOX, RESET_MPTCP_ERROR, RESET_PROHIBITED } from "../../core/wire/mptcp.ts";
import { type MptcpConn, passive } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { type Box, boxed, strippingMptcp } from "./box.ts";
import { monitor } from "./monitor.ts";
import { KERNEL, Neighbours, until } from "./neighbours.ts";

const NEEDS = [...KERNEL, program("ss", "apt-get install iproute2"), program("stdbuf")];
/** So much that a second subflow has its share, however late it comes. */
const LENGTH = 32 << 20;
/** MP_JOIN of a SYN: kind, length, subtype, then the identifier and the token. */
const TOKEN_AT = 4;

/** The reason of the first subflow that the peer reset. */
async function resetReason(conn: MptcpConn): Promise<number> {
  for await (const event of conn.events()) {
    if (event.type !== "subflow-closed" || event.reason !== "reset") continue;
    return (event.subflow as typeof conn.subflows[0]).resetReason;
  }
  throw new Error("no subflow was reset");
}

testWith(NEEDS, "the kernel reads that a box is the reason for our reset", async () => {
  let passed = 0;
  const box: Box = {
    down: strippingMptcp((_, { payloadStart, payloadEnd }) => {
      passed += payloadEnd - payloadStart;
      return payloadEnd > payloadStart && passed > 10_000;
    }),
  };
  await using ends = await Neighbours.create({
    devices: 2,
    families: [4],
    between: (transport, device) => device === 2 ? boxed(transport, box) : transport,
  });
  const seen = await monitor(ends.namespace, "SF_CLOSED");
  const { conn, peer } = await ends.open("dial", 4, `${LENGTH}`);
  await using _peer = peer;
  // Nothing is on its way to the kernel that our reset could overtake.
  const reading = conn.readable.pipeTo(new WritableStream()).catch(() => {});
  for await (const { type } of conn.events()) if (type === "subflow-closed") break;
  const closed = (await seen()).filter((line) => line.includes("SF_CLOSED"));
  conn.abort();
  await reading;
  for (const line of closed) assert(line.includes(` reset_reason=${RESET_MIDDLEBOX} `), line);
});

testWith(NEEDS, "we read why the kernel refuses a join: its limit, or a token that it does not know", async () => {
  const guess: Box = {
    up: (packet, header) => {
      if (header.options.mptcp.joinLength !== 12) return;
      header.options.mptcp.joinToken ^= 1 << TOKEN_AT;
      header.emit(packet.view, packet.start);
    },
  };
  for (const [limit, box, reason] of [[0, {}, RESET_PROHIBITED], [8, guess, RESET_MPTCP_ERROR]] as const) {
    await using ends = await Neighbours.create({
      devices: 2,
      families: [4],
      pathManager: passive(),
      between: (transport, device) => device === 2 ? boxed(transport, box) : transport,
    });
    await ends.namespace.run(`ip mptcp limits set subflow ${limit} add_addr_accepted 0`);
    await ends.dial(4, 100_000, async (conn) => {
      await until("subflows may join", () => conn.stats().bytesAcked > 0);
      const reset = resetReason(conn);
      const { localAddresses, remoteAddresses } = conn.paths;
      assert(conn.paths.open(localAddresses[1]!, remoteAddresses[0]!));
      assertEquals(await reset, reason, `limit ${limit}`);
    });
    assertEquals(ends.host.counters.MPTcpExtMPRstRx, 1);
  }
});

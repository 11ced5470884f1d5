/**
 * Endpoints on either side of a connection with the kernel: ports in ADD_ADDR (RFC 8684 section 3.4.1), backups, full
 * meshes, and what becomes of them when they are withdrawn.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fullMesh, linuxEndpoints, type MptcpConn, type PathManager, type Plugin } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { type Family, KERNEL, kernelAddress, Neighbours, ourAddress, type Role, until } from "./neighbours.ts";
import { exchange } from "./peer.ts";
import { kernelSockets } from "./socket_statistics.ts";

const NEEDS = [...KERNEL, program("ss", "apt-get install iproute2")];
/** Bytes in either direction: a window has room for them before anybody reads. */
const LENGTH = 32 << 10;
const PORT = 5555;

/** What a test has of one connection over two devices. */
interface Given {
  readonly role: Role;
  readonly family: Family;
  readonly pathManager: Plugin<PathManager>;
  /** Endpoint of the kernel, on its second address: flags for `ip mptcp`. */
  readonly endpoint?: string;
}

/** Does `test` with a connection, and sees that bytes cross it afterwards. */
async function connected(given: Given, test: (conn: MptcpConn, ends: Neighbours) => Promise<void>): Promise<void> {
  const { role, family, pathManager, endpoint } = given;
  await using ends = await Neighbours.create({ devices: 2, families: [family], pathManager });
  // An IPv6 address with a port is too long for the kernel to announce beside time stamps.
  await ends.namespace.sysctl("net.ipv4.tcp_timestamps", family === 6 && endpoint !== undefined ? 0 : 1);
  if (endpoint !== undefined) await ends.namespace.run(`ip mptcp endpoint add ${kernelAddress(family, 2)} ${endpoint}`);
  const { conn, peer } = await ends.open(role, family, `${LENGTH} last=1`);
  await using _peer = peer;
  await test(conn, ends);
  const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
  conn.close();
  assertEquals([theirs.received, theirs.receivedHash], [LENGTH, ours.sentHash], "the kernel received what we sent");
  assertEquals([ours.received, ours.receivedHash], [LENGTH, theirs.sentHash], "we received what the kernel sent");
  assert(ours.multipath && theirs.multipath, "neither end fell back");
}

/** "OURS KERNEL" of each subflow that can carry data. */
function pairs(conn: MptcpConn): string[] {
  return conn.subflows.filter(({ usable }) => usable).map(({ local, remote }) => `${local.address} ${remote.address}`);
}

const pair = (our: number, kernel: number) => `${ourAddress(4, our)} ${kernelAddress(4, kernel)}`;

for (const family of [4, 6] as const) {
  testWith(NEEDS, `an address that the kernel announces with a port is joined there: IPv${family}`, async () => {
    const given: Given = { role: "dial", family, pathManager: fullMesh(), endpoint: `port ${PORT} signal` };
    await connected(given, async (conn, { namespace }) => {
      const isJoined = () => conn.subflows.some(({ usable, remote }) => usable && remote.port === PORT);
      await until("the port is joined", isJoined);
      const counters = await namespace.counters();
      const { MPTcpExtMPJoinPortSynRx = 0, MPTcpExtMPJoinPortAckRx = 0 } = counters;
      assert(MPTcpExtMPJoinPortSynRx > 0 && MPTcpExtMPJoinPortAckRx > 0, JSON.stringify(counters));
      assertEquals(counters.MPTcpExtMismatchPortSynRx, undefined);
      // The echo takes another way than the join, and may come later.
      await until("the kernel has its echo", async () => "MPTcpExtEchoAdd" in await namespace.counters());
    });
  });

  testWith(NEEDS, `the kernel joins the port of an address that we announce with one: IPv${family}`, async () => {
    const endpoints = [{ address: ourAddress(family, 2), signal: true, port: PORT }];
    await connected({ role: "answer", family, pathManager: linuxEndpoints({ endpoints }) }, async (conn, ends) => {
      const isJoined = () => conn.subflows.some(({ usable, local }) => usable && local.port === PORT);
      await until("the kernel has joined", isJoined);
      const { MPTcpExtAddAddr, MPTcpExtPortAdd, MPTcpExtMPJoinSynTx } = await ends.namespace.counters();
      assertEquals([MPTcpExtAddAddr, MPTcpExtPortAdd, MPTcpExtMPJoinSynTx], [1, 1, 1]);
      await until("it has echoed the port", () => ends.host.counters.MPTcpExtEchoAdd === 1);

      conn.paths.withdraw(conn.paths.localAddresses.find(({ address }) => address === ourAddress(family, 2))!);
      await until("the kernel has closed what was withdrawn", () => conn.subflows.length === 1);
      assertEquals((await ends.namespace.counters()).MPTcpExtRmAddr, 1);
    });
  });
}

testWith(NEEDS, "the kernel takes a subflow from a backup endpoint of ours for a backup", async () => {
  const endpoints = [{ address: ourAddress(4, 2), subflow: true, backup: true }];
  await connected({ role: "dial", family: 4, pathManager: linuxEndpoints({ endpoints }) }, async (conn, ends) => {
    await until("it is there", () => pairs(conn).length === 2);
    assertEquals([pairs(conn).sort(), conn.subflows[1]!.backup], [[pair(1, 1), pair(2, 1)], true]);
    await until("the kernel knows", async () => {
      const { subflows } = await kernelSockets(ends.namespace);
      return subflows.some(({ remote, flags }) => remote.startsWith(ourAddress(4, 2)) && /b/i.test(flags));
    });
  });
});

testWith(NEEDS, "full-mesh endpoints of ours answer each address of the kernel", async () => {
  const endpoints = [1, 2].map((device) => ({ address: ourAddress(4, device), subflow: true, fullmesh: true }));
  const pathManager = linuxEndpoints({ endpoints, subflows: 8, addAddrAccepted: 8 });
  await connected({ role: "dial", family: 4, pathManager, endpoint: "signal" }, async (conn, { namespace }) => {
    await until("all are there", () => pairs(conn).length === 4);
    assertEquals(pairs(conn).sort(), [pair(1, 1), pair(1, 2), pair(2, 1), pair(2, 2)]);
    assertEquals((await namespace.counters()).MPTcpExtMPJoinAckRx, 3);
  });
});

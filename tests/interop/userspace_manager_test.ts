/**
 * A kernel whose path manager is a program (`net.mptcp.path_manager=userspace`): what becomes of each of
 * its commands here, with the counters of both as judges.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fullMesh, type MptcpConn, passive, type PathManager, type Plugin, type SubflowInfo } from "../../mod.ts";
import { program, testWith } from "../needs.ts";
import { type Family, KERNEL, kernelAddress, Neighbours, ourAddress, type Role, until } from "./neighbours.ts";
import { exchange } from "./peer.ts";
import { kernelSockets } from "./socket_statistics.ts";
import { UserspaceManager } from "./userspace_manager.ts";

const NEEDS = [...KERNEL, program("ss", "apt-get install iproute2")];
/** Bytes in either direction: a window has room for them before anybody reads. */
const LENGTH = 32 << 10;
/** Identifiers that the program chooses, such as no kernel would. */
const ID = 77;
const PORT = 5555;

/** One connection over two devices whose kernel waits for commands; bytes flow before and after `test`. */
async function withProgram(
  role: Role,
  family: Family,
  pathManager: Plugin<PathManager>,
  test: (
    conn: MptcpConn,
    command: (verb: string, words: string | number) => Promise<void>,
    ends: Neighbours,
  ) => Promise<void>,
): Promise<void> {
  await using ends = await Neighbours.create({ devices: 2, families: [family], pathManager });
  const { namespace } = ends;
  // An IPv6 address with a port is too long for the kernel to announce beside time stamps.
  await namespace.sysctl("net.ipv4.tcp_timestamps", family === 6 ? 0 : 1);
  await using manager = await UserspaceManager.start(namespace);
  const { conn, peer } = await ends.open(role, family, `${LENGTH} last=1`);
  await using _peer = peer;
  await until("the connection is fully established", async () => {
    return (await kernelSockets(namespace)).subflows.some(({ flags }) => flags.includes("e"));
  });
  const [connection] = (await kernelSockets(namespace)).connections;
  const { token } = connection!.values;
  await test(conn, (verb, words) => manager.command(`${verb} ${token} ${words}`), ends);
  const [ours, theirs] = await Promise.all([exchange(conn, LENGTH), peer.report()]);
  conn.close();
  assertEquals([theirs.received, theirs.receivedHash], [LENGTH, ours.sentHash], "the kernel received what we sent");
  assertEquals([ours.received, ours.receivedHash], [LENGTH, theirs.sentHash], "we received what the kernel sent");
  assert(ours.multipath && theirs.multipath, "neither end fell back");
}

const joined = (conn: MptcpConn): SubflowInfo | undefined => conn.subflows.find(({ id, usable }) => id > 0 && usable);

for (const family of [4, 6] as const) {
  testWith(
    NEEDS,
    `a program behind the kernel announces an address, with a port and without: IPv${family}`,
    async () => {
      await withProgram("dial", family, fullMesh(), async (conn, command, { namespace, host }) => {
        const address = kernelAddress(family, 2);
        for (const [port, expected] of [["", 5000], [` ${PORT}`, PORT]] as const) {
          await command("announce", `${ID} ${address}${port}`);
          const isJoined = (it: SubflowInfo) =>
            it.usable && it.remote.address === address && it.remote.port === expected;
          await until(`port ${expected} is joined`, () => conn.subflows.some(isJoined));
          assertEquals(conn.subflows.find(isJoined)!.remoteAddressId, ID);
          await command("remove", ID);
          await until("what was announced is gone", () => !conn.subflows.some((it) => it.remote.address === address));
        }
        const { MPTcpExtEchoAdd, MPTcpExtAddAddrTx, MPTcpExtRmAddrTx } = await namespace.counters();
        assertEquals([MPTcpExtEchoAdd, MPTcpExtAddAddrTx, MPTcpExtRmAddrTx], [2, 2, 2]);
        assertEquals([host.counters.MPTcpExtAddAddr, host.counters.MPTcpExtRmAddr], [2, 2]);
      });
    },
  );
}

testWith(NEEDS, "a program behind the kernel opens a subflow, makes it a backup and back, and closes it", async () => {
  await withProgram("answer", 4, passive(), async (conn, command, { namespace }) => {
    const [ours, theirs] = [ourAddress(4, 1), kernelAddress(4, 2)];
    await command("create", `${ID} ${theirs} ${ours} 5000`);
    await until("the subflow is there", () => joined(conn) !== undefined);
    const subflow = joined(conn)!;
    assertEquals([subflow.remote.address, subflow.remoteAddressId, subflow.backup], [theirs, ID, false]);

    const ends = `${theirs} ${subflow.remote.port} ${ours} 5000`;
    await command("backup", ends);
    await until("it is a backup", () => joined(conn)!.backup);
    await command("nobackup", ends);
    await until("it is none", () => !joined(conn)!.backup);

    await command("destroy", ends);
    await until("it is gone", () => conn.subflows.length === 1);
    const { MPTcpExtMPJoinSynTx, MPTcpExtMPJoinSynAckRx, MPTcpExtMPPrioTx } = await namespace.counters();
    assertEquals([MPTcpExtMPJoinSynTx, MPTcpExtMPJoinSynAckRx, MPTcpExtMPPrioTx], [1, 1, 2]);
  });
});

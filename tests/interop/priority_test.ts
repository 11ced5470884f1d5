/**
 * MP_PRIO from us to the kernel (RFC 8684 section 3.3.8): what it asks for is what the kernel's traffic does.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import type { MptcpConn, SubflowInfo } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, ROLES, until } from "./neighbours.ts";
import { kernelSockets } from "./socket_statistics.ts";
import { Steering } from "./steering.ts";

/** More than the kernel gets rid of while a test runs. */
const ENDLESS = 1 << 30;
/** What shows that data flows. */
const FLOWS = 1 << 20;

const subflowOf = (conn: MptcpConn, id: number): SubflowInfo => conn.subflows.find((subflow) => subflow.id === id)!;

/** Reads on, not faster than both paths together have to be used for. */
async function readOn(conn: MptcpConn): Promise<void> {
  const chunk = new Uint8Array(1 << 18);
  while (!conn.isOver && await conn.read(chunk).catch(() => null) !== null) await delay(1);
}

/** Passes once the kernel sends all on the subflow `on` and nothing on the subflow `off`. */
async function assertMovedTo(conn: MptcpConn, on: number, off: number): Promise<void> {
  await until(`data flows on ${on} alone`, async () => {
    const before = [subflowOf(conn, on).bytesReceived, subflowOf(conn, off).bytesReceived];
    await until(`data flows on ${on}`, () => subflowOf(conn, on).bytesReceived > before[0]! + FLOWS);
    return subflowOf(conn, off).bytesReceived === before[1];
  });
}

for (const role of ROLES) {
  testWith(KERNEL, `the kernel obeys MP_PRIO of ours, ${role === "dial" ? "as server" : "as client"}`, async () => {
    const steering = new Steering();
    await using ends = await Neighbours.create({ devices: 2, families: [4], pathManager: steering });
    const { namespace, host } = ends;
    if (role === "answer") await namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 2)} subflow`);
    const { conn, peer } = await ends.open(role, 4, `${ENDLESS}`);
    await using _peer = peer;
    void readOn(conn);
    await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);

    for (const [preferred, other] of [[0, 1], [1, 0], [0, 1]] as const) {
      steering.ask((actions) => {
        for (const subflow of actions.subflows) actions.setBackup(subflow, subflow.id !== preferred);
      });
      await assertMovedTo(conn, preferred, other);
      assertEquals([subflowOf(conn, preferred).backup, subflowOf(conn, other).backup], [false, true]);
      const { subflows } = await kernelSockets(namespace);
      const isBackup = (id: number) => {
        const { local, remote } = subflowOf(conn, id);
        const ends = [`${remote.address}:${remote.port}`, `${local.address}:${local.port}`];
        return subflows.find((it) => it.local === ends[0] && it.remote === ends[1])!.flags.includes("B");
      };
      assertEquals([isBackup(preferred), isBackup(other)], [false, true]);
    }
    const { MPTcpExtMPPrioRx = 0 } = await namespace.counters();
    assert(MPTcpExtMPPrioRx >= 5 && MPTcpExtMPPrioRx <= host.counters.MPTcpExtMPPrioTx);
    conn.abort();
  });
}

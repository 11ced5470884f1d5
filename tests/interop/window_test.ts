import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { passive } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, until } from "./neighbours.ts";
import { exchange, type Stream } from "./peer.ts";

const LENGTH = 48 << 20;

testWith(KERNEL, "a slow reader refuses nothing of what the kernel thinks that the window allows", async () => {
  await using ends = await Neighbours.create({ devices: 2, families: [4], pathManager: passive() });
  const { namespace, host } = ends;
  // On an idle subflow the kernel keeps the widest window that it ever saw, and takes it for one beyond each new DATA_ACK.
  await namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 2)} subflow backup`);
  const { conn, peer } = await ends.open("answer", 4, `${LENGTH} last=1`);
  await using _peer = peer;
  const slow: Stream = {
    isMultipath: true,
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    read: async (into) => {
      await delay(5);
      return await conn.read(into);
    },
  };
  const joined = until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
  const [ours, theirs] = await Promise.all([exchange(slow, 1000, joined), peer.report()]);
  assertEquals([ours.received, ours.receivedHash], [LENGTH, theirs.sentHash]);
  assertEquals(theirs.receivedHash, ours.sentHash);
  assertEquals(host.counters.MPTcpExtNoDSSInWindow, 0);
  conn.close();
});

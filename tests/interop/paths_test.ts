import { assert, assertEquals } from "@std/assert";
import { type ConnectionEvent, type MptcpConn, passive } from "../../mod.ts";
import { delay } from "@std/async/delay";
import { testWith } from "../needs.ts";
import { KERNEL, kernelAddress, Neighbours, until } from "./neighbours.ts";

const LENGTH = 48 << 20;

/** What happened to `conn`, by type; filled while it goes on. */
function eventsOf(conn: MptcpConn): ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  (async () => {
    for await (const event of conn.events()) events.push(event);
  })();
  return events;
}

const hasTwo = (conn: MptcpConn) => conn.subflows.filter(({ usable }) => usable).length === 2;

testWith(
  KERNEL,
  "an address that the kernel announces while data flows gets a subflow, and loses it when withdrawn",
  async () => {
    await using ends = await Neighbours.create({ devices: 1, families: [4] });
    const { namespace } = ends;
    await namespace.run("ip address add 10.1.0.7/24 dev t1");
    await ends.dial(4, LENGTH, async (conn) => {
      const events = eventsOf(conn);
      await namespace.run("ip mptcp endpoint add 10.1.0.7 id 7 signal");
      await until("the subflow is there", () => hasTwo(conn));
      await namespace.run("ip mptcp endpoint del id 7");
      await until("the subflow is gone", () => conn.subflows.length === 1);
      assert(events.some((event) => event.type === "address-announced" && event.address.address === "10.1.0.7"));
      assert(events.some((event) => event.type === "address-removed" && event.addressId === 7));
    });
    const counters = await namespace.counters();
    assertEquals(counters["MPTcpExtEchoAdd"], 1);
    assertEquals(counters["MPTcpExtMPJoinAckRx"], 1);
  },
);

testWith(KERNEL, "a device that goes down and comes back costs no byte, in either role", async () => {
  for (const role of ["dial", "answer"] as const) {
    await using ends = await Neighbours.create({ devices: 2, families: [4] });
    const { namespace } = ends;
    await ends[role](4, LENGTH, async (conn) => {
      await until("there are two subflows", () => hasTwo(conn));
      await namespace.run("ip link set t2 down");
      await until("one is gone", () => conn.subflows.length === 1);
      await namespace.run("ip link set t2 up");
      await namespace.run(`ip address replace ${kernelAddress(4, 2)}/24 dev t2`);
      if (role === "dial") await until("it is back", () => hasTwo(conn));
    });
  }
});

testWith(KERNEL, "the device of the first subflow goes down: the second carries on", async () => {
  for (const role of ["dial", "answer"] as const) {
    await using ends = await Neighbours.create({ devices: 2, families: [4] });
    await ends[role](4, LENGTH, async (conn) => {
      await until("there are two subflows", () => hasTwo(conn));
      await ends.namespace.run("ip link set t1 down");
      await until("one is gone", () => conn.subflows.length === 1);
    });
  }
});

testWith(KERNEL, "the kernel makes a subflow a backup and back again (MP_PRIO)", async () => {
  await using ends = await Neighbours.create({ devices: 2, families: [4], pathManager: passive() });
  const { namespace } = ends;
  await namespace.run(`ip mptcp endpoint add ${kernelAddress(4, 2)} id 2 subflow`);
  await ends.answer(4, LENGTH, async (conn) => {
    const joined = () => conn.subflows.find(({ remote }) => remote.address === kernelAddress(4, 2));
    await until("the subflow is there", () => joined()?.usable ?? false);
    await namespace.run("ip mptcp endpoint change id 2 backup");
    await until("it is a backup", () => joined()?.backup ?? false);
    await namespace.run("ip mptcp endpoint change id 2 nobackup");
    await until("it is none", () => joined()?.backup === false);
  });
  assert((await namespace.counters())["MPTcpExtMPPrioTx"]! >= 2);
});

testWith(KERNEL, "an idle connection survives that its path is gone for a while", async () => {
  await using ends = await Neighbours.create({ devices: 1, families: [4] });
  await ends.dial(4, 1000, async (conn) => {
    await ends.namespace.run("ip link set t1 down");
    await until("it has no subflow", () => conn.subflows.length === 0 || conn.stats().bytesAcked === 1000);
    await delay(100);
    await ends.namespace.run("ip link set t1 up");
    await ends.namespace.run(`ip address replace ${kernelAddress(4, 1)}/24 dev t1`);
  });
});

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { addModulo32, sequenceDistance } from "../../core/wire/seq.ts";
import { SYN } from "../../core/wire/tcp.ts";
import { passive, roundRobin } from "../../mod.ts";
import { testWith } from "../needs.ts";
import { type Box, boxed } from "./box.ts";
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

testWith(
  KERNEL,
  "what a box on the second path makes of the kernel's window bounds us there, and nowhere else",
  async () => {
    /** Bytes that the box announces, whatever the kernel does. */
    const room = 20_000;
    /** Up to where we may send, and the furthest that we sent, as sequence numbers. */
    const told: number[] = [];
    const sent: number[] = [];
    let scale = 0;
    const box: Box = {
      up: (_, { flags, sequence, payloadStart, payloadEnd }) => {
        if (flags & SYN || payloadEnd === payloadStart) return;
        const end = (sequence + payloadEnd - payloadStart) >>> 0;
        if (told.length > 0) sent.push(sequenceDistance(told.at(-1)!, end));
      },
      down: (packet, header) => {
        if (header.flags & SYN) return void (scale = header.options.windowScale);
        header.window = Math.min(header.window, room >> scale);
        header.emit(packet.view, packet.start);
        const edge = addModulo32(header.acknowledgment, header.window << scale);
        if (told.length === 0 || sequenceDistance(told.at(-1)!, edge) > 0) told.push(edge);
      },
    };
    await using ends = await Neighbours.create({
      devices: 2,
      families: [4],
      offload: false,
      scheduler: roundRobin(),
      between: (transport, device) => device === 2 ? boxed(transport, box) : transport,
    });
    const { conn } = await ends.dial(4, 8 << 20, async (conn) => {
      await until("the second path is used", () => conn.stats().subflows === 2 && sent.length > 100);
    });
    assertEquals(conn.isMultipath, true);
    assert(Math.max(...sent) <= 0, `sent ${Math.max(...sent)} bytes beyond what the box announced`);
  },
);

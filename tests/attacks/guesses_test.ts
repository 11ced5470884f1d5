/**
 * Segments from beside the path, by somebody who knows the ends but not the numbers (RFC 5961), or only some of them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MetaSocket, SocketOptions } from "../../core/mod.ts";
import { DSS, MP_FASTCLOSE, MP_TCPRST } from "../../core/wire/mptcp.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../core/wire/tcp.ts";
import { bothWays, type Running, World } from "../harness/mod.ts";
import { Attacker, type Forged } from "./attacker.ts";

const PATHS = [
  { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10) },
  { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(10, 30) },
];
const KINDS: readonly (readonly [string, Partial<SocketOptions>])[] = [
  ["Multipath TCP", {}],
  ["plain TCP", { multipath: false }],
];

/** A client that sends 3 MB: a second and more. */
function upload(options: Partial<SocketOptions>): { world: World; running: Running } {
  const world = new World({ paths: PATHS, client: { options }, server: { options } });
  const data = world.bytes(3_000_000, "up");
  return { world, running: world.transfer({ sends: data }, { expects: data }) };
}

/** The ends of the first subflow of `socket` as its peer would write them, with its peer's next numbers. */
function asPeerOf(socket: MetaSocket): Forged & { sequence: number; acknowledgment: number } {
  const { tcp } = socket.subflows[0]!;
  const { path, peerSequence, receiver, initialSequence, recovery: { board } } = tcp;
  return {
    from: path.remote,
    fromPort: path.remotePort,
    to: path.local,
    toPort: path.localPort,
    flags: ACK,
    sequence: peerSequence + receiver.next,
    acknowledgment: initialSequence + board.una,
    window: 1000,
  };
}

/** Rests a little, then lets `forge` make up two thousand segments a second for half a second to the end `victim`. */
function attacked(
  options: Partial<SocketOptions>,
  victim: "client" | "server",
  forge: (peer: ReturnType<typeof asPeerOf>, index: number, random: () => number) => Forged,
): { world: World; running: Running } {
  const { world, running } = upload(options);
  const attacker = new Attacker(world);
  const random = world.simulator.random("guesses");
  attacker.every(2000, 300, 800, (index) => {
    const { socket } = running[victim]!;
    if (socket.subflows.length === 0) return;
    attacker.send(forge(asPeerOf(socket), index, () => random.next()), victim === "server" ? "up" : "down");
  });
  world.settle();
  return { world, running };
}

/** How long the transfer takes when nobody attacks, in microseconds. */
const calm = new Map(KINDS.map(([name, options]) => {
  const { world, running } = upload(options);
  world.settle();
  return [name, running.server!.readAt];
}));

const BLIND: readonly number[] = [RST, RST | ACK, SYN, SYN | ACK, ACK, FIN | ACK, ACK | PSH];

for (const [kind, options] of KINDS) {
  for (const victim of ["client", "server"] as const) {
    Deno.test(`blind segments of every kind, two thousand a second: ${kind}, against the ${victim}`, () => {
      const { world, running } = attacked(options, victim, (peer, index, random) => ({
        ...peer,
        flags: BLIND[index % BLIND.length]!,
        sequence: random() * 2 ** 32,
        acknowledgment: random() * 2 ** 32,
        payload: new Uint8Array(index % 3 === 0 ? 100 : 0).fill(0x21),
      }));
      running.assertDone();
      const { TcpExtTCPChallengeACK } = world[victim].stack.counters;
      assertEquals(running.server!.socket.isMultipath, options.multipath ?? true);
      // One in half a second for each socket (RFC 5961 section 7).
      assert(TcpExtTCPChallengeACK > 0 && TcpExtTCPChallengeACK <= 4, `${TcpExtTCPChallengeACK} challenges`);
      const { readAt } = running.server!;
      assert(readAt <= calm.get(kind)! * 1.25, `${readAt} µs, and ${calm.get(kind)} without`);
    });

    Deno.test(`resets and SYNs in the window but not at its edge: ${kind}, against the ${victim} (RFC 5961 sections 3 and 4)`, () => {
      const { world, running } = attacked(options, victim, (peer, index) => ({
        ...peer,
        flags: [RST, RST | ACK, SYN][index % 3]!,
        // In any window, and never the next number when it arrives.
        sequence: peer.sequence + 40_000 + index % 20_000,
      }));
      running.assertDone();
      const { TcpExtTCPChallengeACK, TcpEstabResets } = world[victim].stack.counters;
      assert(TcpExtTCPChallengeACK > 0 && TcpExtTCPChallengeACK <= 4, `${TcpExtTCPChallengeACK} challenges`);
      assertEquals(TcpEstabResets, 0);
    });
  }
}

Deno.test("who claims to be the host itself gets no answer, and makes it talk to nobody (land)", () => {
  const { world, running } = upload({});
  const attacker = new Attacker(world);
  for (const flags of [SYN, ACK, SYN | ACK, FIN | ACK]) {
    for (const fromPort of [80, 81]) {
      attacker.send({ from: "10.0.9.1", fromPort, to: "10.0.9.1", toPort: 80, flags, sequence: 5 });
    }
  }
  let answers = 0;
  world.filter = ({ direction, frame }) => {
    if (direction === "down" && frame.destination.equals(frame.source)) answers++;
  };
  world.until(300);
  const { counters, socketCount } = world.server.stack;
  assertEquals([counters.IpInAddrErrors, answers, counters.TcpOutRsts], [8, 0, 0]);
  // The connection and its two subflows.
  assertEquals(socketCount, 3);
  world.settle();
  running.assertDone();
});

Deno.test("MP_FASTCLOSE with a wrong key does nothing, though all other numbers are right (RFC 8684 section 3.5)", () => {
  for (const victim of ["client", "server"] as const) {
    for (const flags of [ACK, RST | ACK]) {
      const { world, running } = attacked({}, victim, (peer, index, random) => ({
        ...peer,
        flags,
        // A reset is believed at the edge of the window, whatever its options are; this one stands behind it.
        sequence: peer.sequence + (flags & RST ? 30_000 : 0),
        options: ({ mptcp }) => {
          mptcp.present = MP_FASTCLOSE;
          mptcp.fastcloseKey.set(random() * 2 ** 32 >>> 0, index);
        },
      }));
      running.assertDone();
      assertEquals(world[victim].stack.counters.MPTcpExtMPFastcloseRx, 0);
    }
  }
});

Deno.test("a reset that hits, with MP_TCPRST or without, costs a subflow and not the connection (RFC 8684 section 3.6)", () => {
  for (const reason of [-1, 1, 3]) {
    const { running } = attacked({}, "server", (peer, index) => ({
      ...peer,
      flags: RST | ACK,
      // Most of the guesses are as if the attacker did see the path; nobody can do more to it.
      sequence: peer.sequence + (index % 10),
      options: ({ mptcp }) => {
        if (reason < 0) return;
        mptcp.present = MP_TCPRST;
        mptcp.resetReason = reason;
      },
    }));
    running.assertDone();
    assertEquals(running.server!.socket.isMultipath, true);
  }
});

Deno.test("with checksums, bytes that are injected where the stream goes on never reach the program", () => {
  for (const ahead of [0, 3000, 20_000]) {
    const { running } = attacked({ checksum: true }, "server", (peer, index) => ({
      ...peer,
      flags: ACK | PSH,
      sequence: peer.sequence + ahead,
      payload: new Uint8Array(index % 50 === 0 ? 100 : 0).fill(0x21),
    }));
    running.assertDone();
    assertEquals(running.server!.socket.isMultipath, true);
  }
});

Deno.test("with checksums, bytes that are injected with a mapping of the attacker's are found out", () => {
  const { running } = attacked({ checksum: true }, "server", (peer, index) => {
    if (index % 100 > 0) return { ...peer, flags: ACK };
    return {
      ...peer,
      flags: ACK | PSH,
      payload: new Uint8Array(100).fill(0x21),
      options: ({ mptcp }) => {
        mptcp.present = DSS;
        mptcp.mappingBytes = 8;
        mptcp.dataSequence.set(index, 77);
        mptcp.dataLength = 100;
        mptcp.hasChecksum = true;
        mptcp.checksum = 0x1234;
      },
    };
  });
  running.assertDone();
});

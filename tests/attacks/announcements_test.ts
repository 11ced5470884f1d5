/**
 * ADD_ADDR and REMOVE_ADDR from those who do not know the keys, and from a peer that means ill (RFC 8684 sections 3.4 and 5).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { addAddressHmac } from "../../core/keys.ts";
import type { MetaSocket } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { ADD_ADDR, MP_PRIO, type MptcpOptions, REMOVE_ADDR } from "../../core/wire/mptcp.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { bothWays, type Running, TWO_PATHS, World } from "../harness/mod.ts";
import { Attacker } from "./attacker.ts";

const PATHS = [
  { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10) },
  { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(10, 30) },
];

/** A server that sends a little now and then, so that the connection lasts for twenty seconds. */
function chat(world: World): Running {
  const data = world.bytes(40_000, "down");
  return world.transfer({ expects: data, endsAfter: "reading" }, { sends: data, writeChunk: 1000, writeEvery: 500 });
}

/** Lets the server say something on its first subflow that is none of its words. */
function say(attacker: Attacker, world: World, server: MetaSocket, options: (mptcp: MptcpOptions) => void): void {
  const { tcp } = server.subflows[0]!;
  attacker.send({
    from: tcp.path.local,
    fromPort: tcp.path.localPort,
    to: tcp.path.remote,
    toPort: tcp.path.remotePort,
    flags: ACK,
    sequence: tcp.initialSequence + tcp.recovery.board.nxt,
    acknowledgment: tcp.peerSequence + tcp.receiver.next,
    window: 1000,
    options: (all) => {
      all.hasTimestamp = true;
      all.timestampValue = tcp.timestamp(world.simulator.now());
      options(all.mptcp);
    },
  }, "down");
}

/** An announcement with the HMAC that only the peer can make. */
function announcement(world: World, server: MetaSocket, id: number, text: string, port = 0) {
  return (mptcp: MptcpOptions): void => {
    const { env } = world.server.stack;
    const address = IpAddress.parse(text);
    mptcp.present = ADD_ADDR;
    mptcp.addAddressId = id;
    mptcp.addAddress.copy(address);
    mptcp.addAddressPort = port;
    mptcp.addAddressHasHmac = true;
    addAddressHmac(env, server.localKey, server.remoteKey, id, address, port, mptcp.addAddressHmac);
  };
}

Deno.test("an announcement without the keys is dropped: no echo, no attempt, whatever the rest of the segment is", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(1000);
  const server = running.server!.socket;
  let answers = 0;
  world.filter = ({ direction, header: { flags, options: { mptcp } } }) => {
    if (direction === "up" && (flags & SYN || mptcp.present & ADD_ADDR)) answers++;
  };
  const forgeries: ((mptcp: MptcpOptions) => void)[] = [
    (mptcp) => mptcp.addAddressHmac.low ^= 1,
    (mptcp) => mptcp.addAddressHmac.high ^= 2 ** 31,
    (mptcp) => mptcp.addAddressHasHmac = false,
    (mptcp) => mptcp.addAddressId = 7,
    (mptcp) => mptcp.addAddressPort = 81,
    (mptcp) => mptcp.addAddress.d ^= 1,
  ];
  for (const forge of forgeries) {
    say(attacker, world, server, (mptcp) => {
      announcement(world, server, 6, "10.6.6.6", 80)(mptcp);
      forge(mptcp);
    });
  }
  world.until(1500);
  // One that has no HMAC is no announcement at all.
  assertEquals([world.client.stack.counters.MPTcpExtAddAddrDrop, answers], [forgeries.length - 1, 0]);
  world.settle();
  running.assertDone();
});

Deno.test("a peer that announces every identifier is heard eight times, and attempts are limited by the path manager", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(1000);
  const { server, client } = running;
  const targets = new Set<string>();
  let most = 0;
  world.filter = ({ direction, header, frame }) => {
    if (direction === "up" && header.flags & SYN) targets.add(`${frame.destination}`);
    most = Math.max(most, client.socket.subflows.length);
  };
  attacker.every(500, 1000, 1500, (i) => {
    say(attacker, world, server!.socket, announcement(world, server!.socket, i + 1, `10.6.0.${i + 1}`));
  });
  world.until(10_000);
  assertEquals(client.socket.paths.remoteAddresses.length, 9);
  assert(world.client.stack.counters.MPTcpExtAddAddrDrop >= 240);
  assert(targets.size <= 8 && most <= 8, `${targets.size} addresses, ${most} subflows`);
  world.settle();
  running.assertDone();
});

for (const [what, withdraws] of [["changes an address", false], ["withdraws and announces", true]] as const) {
  Deno.test(`a peer that ${what} a thousand times makes the client knock at few doors`, () => {
    const world = new World({ paths: PATHS });
    const attacker = new Attacker(world);
    const running = chat(world);
    world.until(1000);
    const { server } = running;
    const targets = new Set<string>();
    world.filter = ({ direction, header, frame }) => {
      if (direction !== "up" || !(header.flags & SYN)) return;
      targets.add(`${frame.destination} ${header.destinationPort}`);
    };
    attacker.every(200, 1000, 6000, (i) => {
      if (withdraws) {
        say(attacker, world, server!.socket, (mptcp) => {
          mptcp.present = REMOVE_ADDR;
          mptcp.removeCount = 1;
          mptcp.removeIds[0] = 5;
        });
      }
      say(attacker, world, server!.socket, announcement(world, server!.socket, 5, `10.6.${i >> 8}.${i & 255}`, 1 + i));
    });
    world.until(7000);
    // Sixteen at once, and one a second.
    assert(targets.size > 0 && targets.size <= 24, `${targets.size} doors`);
    world.settle();
    running.assertDone();
  });
}

Deno.test("announcements in a burst are echoed once for each identifier", () => {
  const world = new World({ paths: TWO_PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(1000);
  let echoes = 0;
  world.filter = ({ direction, header: { options: { mptcp } } }) => {
    if (direction === "up" && mptcp.present & ADD_ADDR && mptcp.addAddressEcho) echoes++;
  };
  const { socket } = running.server!;
  for (let i = 0; i < 300; i++) say(attacker, world, socket, announcement(world, socket, 5, "10.6.6.6"));
  world.until(2000);
  assert(echoes > 0 && echoes <= 300, `${echoes} echoes`);
  world.settle();
  running.assertDone();
});

Deno.test("MP_PRIO and REMOVE_ADDR need a place in the window: one who does not see it moves nothing", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(1000);
  const { tcp } = running.server!.socket.subflows[0]!;
  const random = world.simulator.random("guesses");
  const ends = { from: tcp.path.local, fromPort: tcp.path.localPort, to: tcp.path.remote, toPort: tcp.path.remotePort };
  attacker.every(1000, 1000, 4000, (i) => {
    const acknowledgment = random.next() * 2 ** 32;
    const options = i % 2 === 0
      ? (mptcp: MptcpOptions) => void (mptcp.present = MP_PRIO, mptcp.priorityBackup = true)
      : (mptcp: MptcpOptions) => void (mptcp.present = REMOVE_ADDR, mptcp.removeCount = 1, mptcp.removeIds[0] = 0);
    const forged = { ...ends, flags: ACK, sequence: random.next() * 2 ** 32, acknowledgment, window: 100 };
    attacker.send({ ...forged, options: (all) => options(all.mptcp) }, "down");
  });
  world.until(5000);
  const { counters } = world.client.stack;
  assertEquals([counters.MPTcpExtMPPrioRx, counters.MPTcpExtRmAddr], [0, 0]);
  world.settle();
  running.assertDone();
});

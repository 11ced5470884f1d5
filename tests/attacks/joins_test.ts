/**
 * MP_JOIN from those who guess the token of a connection, and from those who have seen it (RFC 8684 section 5).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MP_JOIN } from "../../core/wire/mptcp.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { bothWays, PORT, World } from "../harness/mod.ts";
import { Attacker, type Forged } from "./attacker.ts";

const SERVER = "10.0.9.1";
const PATHS = [
  { client: "10.0.0.1", server: SERVER, ...bothWays(20, 10) },
  { client: "10.0.1.1", server: SERVER, ...bothWays(10, 30), isThere: false },
];

/** A SYN that would join the connection with `token`. */
function join(token: number, index: number): Forged {
  const options: Forged["options"] = ({ mptcp }) => {
    mptcp.present = MP_JOIN;
    mptcp.joinLength = 12;
    mptcp.joinAddressId = index % 256;
    mptcp.joinToken = token >>> 0;
    mptcp.joinNonce = index;
  };
  const fromPort = 1024 + index % 60_000;
  return { from: "203.0.113.1", fromPort, to: SERVER, toPort: PORT, flags: SYN, sequence: index, options };
}

/** A client that sends a little now and then, so that the connection lasts for ten seconds. */
function chat(world: World) {
  const data = world.bytes(20_000, "up");
  return world.transfer({ sends: data, writeChunk: 1000, writeEvery: 500 }, { expects: data });
}

Deno.test("joins with guessed tokens cost a reset each, and nothing stays of them", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  const random = world.simulator.random("tokens");
  attacker.every(10_000, 100, 2100, (index) => attacker.send(join(random.next() * 2 ** 32, index)));
  world.until(2200);
  const { counters, socketCount } = world.server.stack;
  assertEquals([counters.MPTcpExtMPJoinNoTokenFound, counters.MPTcpExtMPJoinSynRx], [20_000, 20_000]);
  assert(counters.TcpOutRsts <= 20_000);
  // The connection and its subflow.
  assertEquals(socketCount, 2);
  world.settle();
  running.assertDone();
  const { events } = running.server!;
  assertEquals(events.filter(({ type }) => type === "subflow-closed").length, 1);
});

Deno.test("joins with the right token that are not completed take the places of `acceptedSubflows`, and of nobody who is quick", () => {
  for (const acceptedSubflows of [1, 8]) {
    const world = new World({ paths: PATHS, server: { options: { acceptedSubflows } } });
    const attacker = new Attacker(world);
    const running = chat(world);
    world.until(100);
    const { token } = running.server!.socket.localKey;
    let most = 0;
    // In a round trip of the second path there come fewer than there are places.
    attacker.every(acceptedSubflows * 10, 100, 5000, (index) => {
      attacker.send(join(token, index));
      most = Math.max(most, world.server.stack.socketCount);
    });
    world.until(3000);
    world.client.addressUp(PATHS[1]!.client, 1500);
    world.until(3500);
    assertEquals(running.client.socket.subflows.map(({ state }) => state), ["established", "established"]);
    assert(most <= 2 + acceptedSubflows, `${most} sockets`);
    world.settle();
    running.assertDone();
  }
});

Deno.test("joins that are established are not given up for those that are not", () => {
  const world = new World({
    paths: PATHS.map((path) => ({ ...path, isThere: true })),
    server: { options: { acceptedSubflows: 1 } },
  });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(1000);
  const { token } = running.server!.socket.localKey;
  attacker.every(100, 1000, 3000, (index) => attacker.send(join(token, index)));
  world.until(4000);
  assertEquals(running.server!.socket.subflows.map(({ state }) => state), ["established", "established"]);
  assertEquals(world.server.stack.counters.MPTcpExtMPJoinRejected, 200);
  world.settle();
  running.assertDone();
});

Deno.test("a join whose third ACK has a wrong HMAC is reset, and the connection does not notice", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const running = chat(world);
  world.until(100);
  const { token } = running.server!.socket.localKey;
  const answers = new Map<number, number>();
  // Whoever is on the path sees the answer; here the attacker is told its numbers.
  const subflows = running.server!.socket.subflowSet;
  attacker.every(100, 100, 1100, (index) => {
    const syn = join(token, index);
    attacker.send(syn);
    world.simulator.at(100 + index * 10 + 15, () => {
      const made = subflows.all.find(({ tcp }) => tcp.path.remotePort === syn.fromPort);
      if (made === undefined) return;
      answers.set(index, made.tcp.initialSequence);
      attacker.send({
        ...syn,
        flags: ACK,
        sequence: index + 1,
        acknowledgment: made.tcp.initialSequence + 1,
        window: 1000,
        options: ({ mptcp }) => {
          mptcp.present = MP_JOIN;
          mptcp.joinLength = 24;
          mptcp.joinHmac.fill(index);
        },
      });
    });
  });
  world.until(2000);
  assertEquals(answers.size, 100);
  const { counters, socketCount } = world.server.stack;
  assertEquals([counters.MPTcpExtMPJoinAckRx, counters.MPTcpExtMPJoinAckHMacFailure], [100, 100]);
  assertEquals([socketCount, running.server!.socket.subflows.length], [2, 1]);
  world.settle();
  running.assertDone();
});

Deno.test("what happens to a connection and nobody asks for is remembered up to a limit", () => {
  const world = new World({ paths: PATHS });
  const attacker = new Attacker(world);
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const { address } = world.server.stack.localAddresses[0]!;
  const client = world.client.stack.connect({ remote: { address, port: PORT } }, 0);
  world.client.act((now) => client.write(world.bytes(1, "up"), now));
  world.until(100);
  const server = listener.accept()!;
  attacker.every(1000, 100, 3100, (index) => attacker.send(join(server.localKey.token, index)));
  world.until(3200);
  let events = 0;
  let last = "";
  for (let event = server.pollEvent(); event !== undefined; event = server.pollEvent()) {
    events++;
    last = event.type;
  }
  assert(events > 100 && events <= 1024, `${events} events`);
  assertEquals(last, "subflow-closed");
  world.client.act((now) => client.abort(now));
  world.server.act((now) => {
    server.abort(now);
    listener.close(now);
  });
  world.settle();
  assertEquals([world.server.stack.socketCount, world.client.stack.socketCount], [0, 0]);
});

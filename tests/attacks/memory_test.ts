/**
 * Peers that make this end hold memory: by not reading, by leaving gaps, by opening and closing.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MetaSocket, SocketOptions } from "../../core/mod.ts";
import { BLOCK_SIZE } from "../../core/buffer/blocks.ts";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK } from "../../core/wire/tcp.ts";
import { bothWays, type Filter, type PathOptions, PORT, TWO_PATHS, World } from "../harness/mod.ts";
import { Attacker } from "./attacker.ts";

const PATHS: readonly PathOptions[] = [{ client: "10.0.0.1", server: "10.0.9.1", ...bothWays(100, 5) }];

/** Connections to a server that accepts each, and what both ends have of them. */
function open(options: Partial<SocketOptions>, count = 1, paths = PATHS) {
  const world = new World({ paths, client: { options }, server: { options } });
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const { address } = world.server.stack.localAddresses[0]!;
  const clients = Array.from(
    { length: count },
    () => world.client.stack.connect({ remote: { address, port: PORT } }, 0),
  );
  world.client.act(() => {});
  world.until(500);
  const servers = clients.map(() => listener.accept() as MetaSocket);
  const end = () => {
    world.filter = null;
    world.client.act((now) => clients.forEach((socket) => socket.abort(now)));
    world.server.act((now) => servers.forEach((socket) => socket.abort(now)));
    world.server.act((now) => listener.close(now));
    world.settle();
    world.assertClean();
  };
  return { world, listener, clients, servers, end };
}

/** Bytes that a buffer of so many takes: the blocks that it may touch. */
const blocksOf = (bytes: number) => Math.ceil(bytes / BLOCK_SIZE) + 1;

for (const multipath of [true, false]) {
  const kind = multipath ? "Multipath TCP" : "plain TCP";

  Deno.test(`a program that never reads holds the first window, or its whole receive buffer if told so: ${kind}`, () => {
    for (const receiveTuning of [true, false]) {
      const receiveBuffer = 300_000;
      const { world, clients, end } = open({ multipath, receiveBuffer, receiveTuning, sendBuffer: 300_000 }, 10);
      const bytes = world.bytes(1_000_000, "up");
      let written = 0;
      for (let ms = 500; ms < 5000; ms += 100) {
        world.client.act((now) => clients.forEach((socket) => written += socket.write(bytes, now)));
        world.until(ms);
      }
      const held = receiveTuning ? 65_536 : receiveBuffer;
      assert(world.server.stack.blocks.inUse <= 10 * blocksOf(held), `${world.server.stack.blocks.inUse} blocks`);
      assert(world.client.stack.blocks.inUse <= 10 * blocksOf(300_000), `${world.client.stack.blocks.inUse} blocks`);
      assert(written >= 10 * held);
      end();
    }
  });
}

Deno.test("a peer that reads nothing of what it asks for holds the send buffer of each connection, and no more", () => {
  const { world, clients, servers, end } = open({ sendBuffer: 200_000 }, 10);
  const bytes = world.bytes(1_000_000, "down");
  for (let ms = 500; ms < 5000; ms += 100) {
    world.server.act((now) => servers.forEach((socket) => socket.write(bytes, now)));
    world.until(ms);
  }
  // The clients' programs read nothing.
  assert(clients.every((socket) => socket.readable > 0));
  assert(world.server.stack.blocks.inUse <= 10 * blocksOf(200_000), `${world.server.stack.blocks.inUse} blocks`);
  end();
});

Deno.test("bytes at every other place hold what the window can, on each subflow that `acceptedSubflows` lets be", () => {
  for (const step of [2, 1500, BLOCK_SIZE]) {
    const { world, clients, servers, end } = open({}, 1, TWO_PATHS);
    // The first byte shows the server that its keys have come, and lets it be joined.
    world.client.act((now) => clients[0]!.write(Uint8Array.of(0), now));
    world.until(1000);
    const attacker = new Attacker(world);
    const [server] = servers;
    assertEquals(server!.subflows.length, 2);
    for (const [path, { tcp }] of server!.subflows.entries()) {
      for (let offset = 10; offset < 100_000; offset += Math.max(step, 50)) {
        attacker.send(
          {
            from: tcp.path.remote,
            fromPort: tcp.path.remotePort,
            to: tcp.path.local,
            toPort: tcp.path.localPort,
            flags: ACK,
            sequence: tcp.peerSequence + tcp.receiver.next + offset,
            acknowledgment: tcp.initialSequence + tcp.recovery.board.nxt,
            window: 1000,
            payload: Uint8Array.of(1),
            options: ({ mptcp }) => {
              mptcp.present = DSS;
              mptcp.mappingBytes = 8;
              mptcp.dataSequence.setSum(server!.remoteKey.firstSequence, offset);
              mptcp.subflowSequence = tcp.receiver.next + offset;
              mptcp.dataLength = 1;
            },
          },
          "up",
          path,
        );
      }
    }
    world.until(1500);
    const { inUse } = world.server.stack.blocks;
    assert(inUse > 2 && inUse <= 2 * blocksOf(65_536), `${inUse} blocks`);
    end();
  }
});

Deno.test("bytes ahead of a gap are held once: in the connection, when their subflow has them in order", () => {
  const { world, clients, servers, end } = open({}, 1, TWO_PATHS);
  world.client.act((now) => clients[0]!.write(Uint8Array.of(0), now));
  world.until(1000);
  assertEquals(servers[0]!.subflows.length, 2);
  // The first subflow is slow to let go: what the second has waits for it.
  const loses: Filter = ({ path, payload, direction }) => !(direction === "up" && path === 0 && payload > 0);
  world.filter = loses;
  const bytes = world.bytes(1_000_000, "up");
  for (let ms = 1000; ms < 3000; ms += 50) {
    world.client.act((now) => clients[0]!.write(bytes, now));
    world.until(ms);
    assert(world.server.stack.blocks.inUse <= 3 * blocksOf(65_536), `${world.server.stack.blocks.inUse} blocks`);
  }
  end();
});

Deno.test("subflows linger in TIME-WAIT up to `timeWaits`: the oldest goes for the next", () => {
  const world = new World({ paths: PATHS, server: { limits: { timeWaits: 20 } } });
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const { address } = world.server.stack.localAddresses[0]!;
  for (let i = 0; i < 100; i++) {
    const client = world.client.stack.connect({ remote: { address, port: PORT } }, world.simulator.now());
    world.client.act(() => {});
    world.until(i * 200 + 50);
    const server = listener.accept()!;
    // The server closes first: the wait is its own.
    world.server.act((now) => server.close(now));
    world.until(i * 200 + 100);
    world.client.act((now) => client.close(now));
    world.until(i * 200 + 200);
    assertEquals([client.error, server.error], [null, null]);
    assert(world.server.stack.socketCount <= 1 + 20, `${world.server.stack.socketCount} sockets`);
  }
  const { TcpExtTCPTimeWaitOverflow } = world.server.stack.counters;
  assert(TcpExtTCPTimeWaitOverflow >= 75 && TcpExtTCPTimeWaitOverflow <= 80, `${TcpExtTCPTimeWaitOverflow}`);
  assertEquals(world.server.stack.socketCount, 1 + 20);
  world.server.act((now) => listener.close(now));
  world.settle();
  world.assertClean();
});

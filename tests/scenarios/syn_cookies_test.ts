/**
 * Connections whose SYN nobody remembers (RFC 4987 section 3.6; RFC 8684 section 3.1).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { SocketOptions } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { MP_CAPABLE } from "../../core/wire/mptcp.ts";
import { ACK, RST, SYN } from "../../core/wire/tcp.ts";
import { Attacker } from "../attacks/attacker.ts";
import {
  bothWays,
  type EndOptions,
  flipInMptcp,
  losing,
  PORT,
  type Seen,
  stripMptcp,
  TWO_PATHS,
  World,
} from "../harness/mod.ts";

const ALWAYS = { synCookies: "always" } as const;
const SERVER = { address: IpAddress.parse(TWO_PATHS[0]!.server), port: PORT };
const STRANGER = { from: "203.0.113.1", fromPort: 1234, to: SERVER.address, toPort: PORT };
const BYTES = 200_000;

function world(server: EndOptions = {}, client: EndOptions = {}, seed = 1): World {
  return new World({ seed, paths: TWO_PATHS, client, server: { limits: ALWAYS, ...server } });
}

/** Both ends send at once. */
function exchange(world: World, bytes = BYTES) {
  const up = world.bytes(bytes, "up");
  const down = world.bytes(bytes, "down");
  return world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
}

const isThirdAck = ({ direction, header }: Seen) =>
  direction === "up" && (header.flags & (SYN | ACK)) === ACK && header.options.mptcp.capableLength >= 20 &&
  (header.options.mptcp.present & MP_CAPABLE) !== 0;

Deno.test("a server that remembers no SYN speaks Multipath TCP: the third ACK has both keys (RFC 8684 section 3.1)", () => {
  for (const options of [{}, { checksum: true }, { joinsToInitialAddress: false }] as Partial<SocketOptions>[]) {
    for (const [client, server] of [[options, {}], [{}, options]]) {
      const net = world({ options: server! }, { options: client! });
      const running = exchange(net, 1_000_000);
      net.settle();
      running.assertDone();
      const ends = [running.client, running.server!];
      assertEquals(ends.map(({ socket }) => socket.isMultipath), [true, true]);
      const isJoinable = options.joinsToInitialAddress !== false || server !== options;
      assertEquals(ends.map(({ socket }) => socket.stats().subflowsTotal), isJoinable ? [2, 2] : [1, 1]);
      const { TcpExtSyncookiesSent, TcpExtSyncookiesRecv, TcpExtSyncookiesFailed, MPTcpExtMPCapableSYNRX } =
        net.server.stack.counters;
      assertEquals([TcpExtSyncookiesSent, TcpExtSyncookiesRecv, TcpExtSyncookiesFailed], [1, 1, 0]);
      assertEquals([MPTcpExtMPCapableSYNRX, net.server.stack.counters.MPTcpExtMPCapableACKRX], [1, 1]);
    }
  }
});

Deno.test("nothing is kept of a SYN before the third ACK", () => {
  const net = world();
  net.filter = ({ direction, header }) => direction === "down" || (header.flags & SYN) !== 0;
  const running = exchange(net);
  net.until(30_000);
  assertEquals([net.server.stack.socketCount, net.server.stack.pollTimeout()], [1, Infinity]);
  assertEquals(running.server, undefined);
  assert(net.server.stack.counters.TcpExtSyncookiesSent >= 1);
  net.client.act((now) => running.client.socket.abort(now));
  running.assertOver();
});

const AGREED: readonly (readonly [string, Partial<SocketOptions>, boolean])[] = [
  ["with timestamps all options are agreed on", {}, true],
  ["without timestamps the MSS and the keys are what is agreed on", { timestamps: false }, false],
];
for (const [what, options, agrees] of AGREED) {
  Deno.test(`${what} (RFC 7323, RFC 2018)`, () => {
    const net = world({}, { options: { ...options, ecn: "ask" } });
    const running = exchange(net);
    net.until(100);
    const [ours, theirs] = [running.server!, running.client].map(({ socket }) => socket.subflows[0]!.tcp);
    for (const tcp of [ours!, theirs!]) {
      assertEquals([tcp.usesTimestamps, tcp.usesSack, tcp.usesScaling, tcp.ecn.isUsed], Array(4).fill(agrees));
    }
    assertEquals([ours!.sendScale, ours!.receiveScale], [theirs!.receiveScale, theirs!.sendScale]);
    assertEquals([ours!.receiveScale > 0, ours!.peerMss], [agrees, 1460]);
    net.settle();
    running.assertDone();
    assertEquals(running.server!.socket.isMultipath, true);
  });
}

Deno.test("plain TCP needs no keys, and is not taken for Multipath TCP", () => {
  for (const [client, server] of [[{ multipath: false }, {}], [{}, { multipath: false }]]) {
    const net = world({ options: server! }, { options: client! });
    const running = exchange(net);
    net.settle();
    running.assertDone();
    assertEquals([running.client, running.server!].map(({ socket }) => socket.isMultipath), [false, false]);
  }
});

Deno.test("a box takes the options out of the third ACK, and all that follow: plain TCP at both ends", () => {
  const net = world();
  net.filter = (seen) => void (seen.header.flags & SYN || stripMptcp(seen));
  const running = exchange(net);
  net.settle();
  running.assertDone();
  assertEquals([running.client, running.server!].map(({ socket }) => socket.isMultipath), [false, false]);
});

Deno.test("the third ACK is lost: the first data brings the cookie back, however late it comes", () => {
  for (const multipath of [true, false]) {
    const net = world({ options: { multipath } });
    let lost = 0;
    // The third ACK and the first two data segments: what comes first are bytes in the middle of the stream.
    net.filter = ({ direction, header }) => !(direction === "up" && !(header.flags & SYN) && ++lost <= 3);
    let resets = 0;
    const filter = net.filter;
    net.filter = (seen) => {
      if (seen.header.flags & RST) resets++;
      return filter(seen);
    };
    const running = exchange(net);
    net.settle();
    running.assertDone();
    assertEquals([running.server!.socket.isMultipath, resets], [multipath, 0]);
    assert(net.server.stack.counters.TcpExtSyncookiesFailed > 0);
  }
});

Deno.test("a stream of single bytes never begins with its second, though the numbers are next to each other", () => {
  const net = world({ options: { multipath: false } }, { options: { noDelay: true } });
  let lost = 0;
  net.filter = ({ direction, header }) => !(direction === "up" && !(header.flags & SYN) && ++lost <= 2);
  const data = net.bytes(50, "up");
  const running = net.transfer({ sends: data, writeChunk: 1, writeEvery: 5 }, { expects: data });
  net.settle();
  running.assertDone();
});

Deno.test("the window of a small receive buffer is kept from the first byte on", () => {
  for (const multipath of [true, false]) {
    const net = world({ options: { receiveBuffer: 3000, multipath } });
    let most = 0;
    net.filter = ({ direction, payload, now }) => {
      if (direction === "up" && now < 39_000) most += payload;
    };
    const running = exchange(net, 30_000);
    net.until(39);
    assert(most > 0 && most <= 3000, `${most} bytes`);
    net.settle();
    running.assertDone();
  }
});

Deno.test("a third ACK that comes after two minutes is refused, though younger cookies are out", () => {
  for (const [seconds, isTaken] of [[50, true], [125, false]] as const) {
    const net = world();
    const attacker = new Attacker(net);
    net.filter = (seen) => {
      if (seen.direction === "down" || seen.header.flags & SYN) return;
      if (seen.now >= seconds * 1e6) return true;
      return isThirdAck(seen) && seen.payload === 0 ? seconds * 1000 : false;
    };
    // The client has nothing to send.
    const running = net.transfer({ endsAfter: "reading" });
    net.simulator.at(100_000, () => attacker.send({ ...STRANGER, flags: SYN }));
    net.until(seconds * 1000 + 500);
    const code = running.client.socket.error?.code;
    assertEquals([`${running.server !== undefined}`, code], isTaken ? ["true", undefined] : ["false", "reset"]);
    assertEquals(net.server.stack.counters.TcpExtSyncookiesFailed, isTaken ? 0 : 1);
    net.client.act((now) => running.client.socket.abort(now));
    if (running.server) net.server.act((now) => running.server!.socket.abort(now));
    net.until(110_000);
    running.assertOver();
  }
});

Deno.test("a third ACK that somebody repeats: nothing while the connection lives; after it, one that is reset when it sends", () => {
  for (const multipath of [true, false]) {
    const timeWait = 1_000_000;
    const net = world({ options: { multipath, timeWait } }, { options: { timeWait } });
    let repeats = 0;
    net.filter = ({ direction, header, frame, path }) => {
      if (direction === "down" || path !== 0 || (header.flags & (SYN | RST)) !== 0 || repeats++ > 0) return;
      for (const ms of [100, 20_000]) {
        const copy = frame.copy();
        net.simulator.at(ms, () => net.links[0]!.up.send(copy));
      }
    };
    const listener = net.server.stack.listen({ port: PORT }, 0);
    const client = net.client.stack.connect({ remote: SERVER }, 0);
    net.client.act(() => {});
    net.until(200);
    const server = listener.accept()!;
    assertEquals([listener.pending, client.state, server.isMultipath], [0, "established", multipath]);
    net.client.act((now) => client.close(now));
    net.server.act((now) => server.close(now));
    net.until(15_000);
    assertEquals([net.server.stack.socketCount, net.client.stack.socketCount], [1, 0]);
    net.until(21_000);
    const again = listener.accept()!;
    assertEquals([listener.pending, again.state], [0, "established"]);
    net.server.act((now) => again.write(net.bytes(10, "more"), now));
    net.until(22_000);
    assertEquals(again.subflows.length, 0);
    // As Multipath TCP it waits for the client to come back on another path, for the close timeout.
    net.until(83_000);
    assertEquals(again.error?.code, "reset");
    net.server.act((now) => listener.close(now));
    net.settle();
    net.assertClean();
  }
});

Deno.test("a third ACK with another key than went with the cookie is refused (RFC 8684 section 3.1)", () => {
  const net = world();
  net.filter = (seen) => {
    // The last byte of the receiver's key.
    if (isThirdAck(seen)) flipInMptcp(seen, 19);
  };
  const running = net.transfer({ endsAfter: "reading" });
  net.until(1000);
  assertEquals([running.server, running.client.socket.error?.code], [undefined, "reset"]);
  assertEquals(net.server.stack.counters.TcpExtSyncookiesFailed, 1);
  assertEquals(net.server.stack.socketCount, 1);
  running.assertOver();
});

Deno.test("an acknowledgment is believed only for a while after a cookie was sent", () => {
  const net = world({ limits: {} });
  const running = exchange(net);
  net.settle();
  running.assertDone();
  const { TcpExtSyncookiesSent, TcpExtSyncookiesFailed } = net.server.stack.counters;
  assertEquals([TcpExtSyncookiesSent, TcpExtSyncookiesFailed], [0, 0]);
});

const families = [["10.0.0.1", "10.0.9.1"], ["fd00::1", "fd00:9::1"]] as const;

Deno.test("whatever is lost and agreed on, a connection from a cookie carries every byte once and in order", () => {
  const given = fc.record({
    seed: fc.integer(),
    family: fc.constantFrom(...families),
    loss: fc.constantFrom(0, 0.05, 0.2),
    first: fc.nat(4),
    mtu: fc.constantFrom(576, 1280, 1400, 1500, 9000),
    bytes: fc.integer({ min: 1, max: 60_000 }),
    client: fc.record({ timestamps: fc.boolean(), multipath: fc.boolean(), checksum: fc.boolean() }),
    server: fc.record({ timestamps: fc.boolean(), multipath: fc.boolean(), checksum: fc.boolean() }),
  });
  fc.assert(
    fc.property(given, ({ seed, family: [client, server], loss, first, mtu, bytes, ...ends }) => {
      const link = bothWays(10, 20, { loss });
      const net = new World({
        seed,
        paths: [{ client, server, mtu, ...link }],
        client: { options: { ...ends.client, synRetries: 20, retries: 30 } },
        server: { options: { ...ends.server, retries: 30 }, limits: ALWAYS },
      });
      // Of the third ACK and what follows it.
      net.filter = losing(first, ({ direction, header }) => direction === "up" && !(header.flags & SYN));
      const running = exchange(net, bytes);
      net.settle();
      running.assertDone();
    }),
    { numRuns: 60, seed: 1 },
  );
});

Deno.test("connections wait to be accepted up to the backlog; the next third ACK is not taken before there is room", () => {
  for (const synCookies of ["always", "under-flood"] as const) {
    const net = world({ limits: { synCookies, backlog: 1 } });
    const listener = net.server.stack.listen({ port: PORT }, 0);
    const sockets = [0, 0, 0].map(() => net.client.stack.connect({ remote: SERVER }, 0));
    net.client.act((now) => sockets.forEach((socket) => socket.write(net.bytes(100, "up"), now)));
    net.until(500);
    const { counters } = net.server.stack;
    assertEquals([listener.pending, counters.TcpExtListenOverflows >= 2], [1, true]);
    assertEquals(counters.TcpExtListenDrops, counters.TcpExtListenOverflows);
    const read: (number | undefined)[] = [];
    for (let second = 1; second <= 60; second++) {
      net.until(second * 1000);
      net.server.act((now) => read.push(listener.accept()?.read(new Uint8Array(1000), now)));
    }
    assertEquals(read.filter((count) => count !== undefined), [100, 100, 100]);
    net.client.act((now) => sockets.forEach((socket) => socket.abort(now)));
    net.server.act((now) => listener.close(now));
    net.settle();
    net.assertClean();
  }
});

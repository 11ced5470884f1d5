/**
 * SYN floods (RFC 4987): from addresses that do not answer, and from one that does.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ListenLimits, MetaSocket } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { CAPABLE_HMAC_SHA256, MP_CAPABLE } from "../../core/wire/mptcp.ts";
import type { TcpOptions } from "../../core/wire/options.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { bothWays, PORT, Transfer, World } from "../harness/mod.ts";
import { Attacker, type Forged } from "./attacker.ts";

const RATE = 10_000;
const SERVER = "10.0.9.1";
/** The flood shares it with the connections. */
const PATHS = [
  { client: "10.0.0.1", server: SERVER, ...bothWays(50, 10) },
  { client: "10.0.1.1", server: SERVER, ...bothWays(20, 20) },
];

/** What a SYN of Linux offers. */
function offer(options: TcpOptions): void {
  options.maximumSegmentSize = 1460;
  options.windowScale = 7;
  options.sackPermitted = options.hasTimestamp = true;
  options.mptcp.present = MP_CAPABLE;
  options.mptcp.version = 1;
  options.mptcp.capableLength = 4;
  options.mptcp.capableFlags = CAPABLE_HMAC_SHA256;
}

/** A SYN of the flood: each from another address and port. */
function spoofed(index: number): Forged {
  const from = new IpAddress(0, 0, 0xffff, 0x64000000 | Math.imul(index, 0x9e3779b1) >>> 8);
  return {
    from,
    fromPort: 1024 + index % 60_000,
    to: SERVER,
    toPort: PORT,
    flags: SYN,
    sequence: index,
    options: offer,
  };
}

interface Flooded {
  readonly world: World;
  /** Milliseconds that the transfer took. */
  readonly took: number;
  /** The most that the server held at once. */
  readonly sockets: number;
  /** Connections that were opened under the flood, and got through. */
  readonly opened: number;
}

/** Sends 6 MB over an open connection, with a flood or without, and lets clients connect meanwhile. */
function transferUnder(rate: number, limits: Partial<ListenLimits> = {}, clients = 0): Flooded {
  const world = new World({ paths: PATHS, server: { limits } });
  const attacker = new Attacker(world);
  const data = world.bytes(6_000_000, "up");
  const seconds = 2;
  let sockets = 0;
  const ends: Transfer[] = [];
  const listener = world.server.listen({ port: PORT }, (socket: MetaSocket) => {
    const isFirst = ends.length === 0;
    ends.push(
      new Transfer(world.simulator, world.server, socket, { expects: isFirst ? data : data.subarray(0, 1000) }),
    );
    return ends.at(-1)!;
  });
  const dial = (sends: Uint8Array) => {
    let end!: Transfer;
    world.client.connect({ remote: { address: IpAddress.parse(SERVER), port: PORT } }, (socket) => {
      return end = new Transfer(world.simulator, world.client, socket, { sends });
    });
    return end;
  };
  const first = dial(data);
  // The connection is open when the flood begins.
  if (rate > 0) attacker.every(rate, 500, 500 + seconds * 1000, (index) => attacker.send(spoofed(index)));
  const others: Transfer[] = [];
  for (let i = 0; i < clients; i++) world.simulator.at(1000 + i * 50, () => others.push(dial(data.subarray(0, 1000))));
  for (let ms = 0; ms < 5_000; ms += 100) {
    world.until(ms);
    sockets = Math.max(sockets, world.server.stack.socketCount);
  }
  world.server.act((now) => listener.close(now));
  world.settle();
  assertEquals([first.socket.error, ends[0]!.hasAll], [null, true]);
  const opened = others.filter(({ socket }) => socket.error === null && socket.isMultipath).length;
  assertEquals(ends.filter(({ hasAll }) => hasAll).length, 1 + opened);
  world.assertClean();
  return { world, took: ends[0]!.readAt / 1000, sockets, opened };
}

/** Without a flood. */
const calm = transferUnder(0);

Deno.test("10,000 SYNs a second leave an open connection 0.8 of its rate at least, and clients get in", () => {
  const flooded = transferUnder(RATE, {}, 20);
  assert(calm.took / flooded.took >= 0.8, `${calm.took} ms without, ${flooded.took} ms with a flood`);
  assertEquals(flooded.opened, 20);
  const { counters } = flooded.world.server.stack;
  assert(counters.TcpExtSyncookiesSent > 15_000 && counters.TcpExtSyncookiesRecv === 20);
});

Deno.test("a flood takes the memory of the SYN queue and no more, whatever its rate", () => {
  for (const [rate, synBacklog] of [[2000, 10], [RATE, 1000]] as const) {
    const { sockets } = transferUnder(rate, { synBacklog });
    // Each that opens is a connection and a subflow; the listener, and the transfer with its subflows, are there, too.
    assert(sockets >= 2 * synBacklog && sockets <= 2 * synBacklog + 4, `${sockets} sockets`);
  }
});

Deno.test("a flood is not answered with more than it sends, and what was remembered of it is forgotten", () => {
  const world = new World({ paths: PATHS, server: { limits: { synBacklog: 50 } } });
  const attacker = new Attacker(world);
  const listener = world.server.listen({ port: PORT }, () => ({ handleReady: () => {} }));
  attacker.every(RATE, 0, 1000, (index) => attacker.send(spoofed(index)));
  world.until(1000);
  const { counters } = world.server.stack;
  assert(counters.TcpOutSegs <= attacker.sent, `${counters.TcpOutSegs} answers to ${attacker.sent}`);
  world.until(70_000);
  // 50 SYN/ACKs, sent again five times.
  assert(counters.TcpOutSegs <= attacker.sent + 250, `${counters.TcpOutSegs} answers to ${attacker.sent}`);
  assertEquals([world.server.stack.socketCount, world.server.stack.pollTimeout()], [1, Infinity]);
  world.server.act((now) => listener.close(now));
  world.settle();
  world.assertClean();
});

Deno.test("without cookies a flood keeps clients out, but open connections go on", () => {
  const flooded = transferUnder(RATE, { synBacklog: 50, synCookies: "never" });
  assert(calm.took / flooded.took >= 0.8);
  assertEquals(flooded.world.server.stack.counters.TcpExtSyncookiesSent, 0);
  assert(flooded.world.server.stack.counters.TcpExtTCPReqQFullDrop > 18_000);
});

Deno.test("third ACKs that are guessed open nothing: a million would have to be sent for one in 256", () => {
  const world = new World({ paths: PATHS, server: { limits: { synCookies: "always" } } });
  const attacker = new Attacker(world);
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const random = world.simulator.random("guesses");
  attacker.every(RATE, 0, 3000, (index) => {
    const guess = spoofed(index);
    // Each guess is preceded by a SYN, so that cookies are out.
    if (index % 2 === 0) attacker.send(guess);
    else attacker.send({ ...guess, sequence: index, acknowledgment: random.next() * 2 ** 32, flags: ACK });
  });
  world.until(4000);
  const { TcpExtSyncookiesFailed, TcpExtSyncookiesRecv, TcpOutSegs } = world.server.stack.counters;
  assertEquals([listener.pending, TcpExtSyncookiesRecv, TcpExtSyncookiesFailed], [0, 0, 15_000]);
  assert(TcpOutSegs <= attacker.sent);
  world.server.act((now) => listener.close(now));
  world.settle();
  world.assertClean();
});

Deno.test("a client that opens and never talks takes the accept queue, and no more", () => {
  const world = new World({ paths: PATHS, server: { limits: { backlog: 20 } } });
  const attacker = new Attacker(world);
  const listener = world.server.stack.listen({ port: PORT }, 0);
  const answers = new Map<number, number>();
  world.filter = ({ direction, header }) => {
    if (direction === "down" && header.flags & SYN) answers.set(header.destinationPort, header.sequence);
    return direction === "up";
  };
  const own = { from: "10.0.0.1", to: SERVER, toPort: PORT };
  attacker.every(1000, 0, 1000, (index) => {
    attacker.send({ ...own, fromPort: 2000 + index, flags: SYN, sequence: 7 });
    const port = 2000 + index - 50;
    const answer = answers.get(port);
    if (answer !== undefined) {
      attacker.send({ ...own, fromPort: port, flags: ACK, sequence: 8, acknowledgment: answer + 1, window: 1000 });
    }
  });
  world.until(1500);
  const { counters } = world.server.stack;
  assertEquals(listener.pending, 20);
  assert(counters.TcpExtListenOverflows > 500);
  // 20 SYNs that were taken before the queue was full, and those of the 50 ms before an answer.
  assert(world.server.stack.socketCount < 2 * (20 + 20 + 110), `${world.server.stack.socketCount} sockets`);
  world.server.act((now) => listener.close(now));
  world.settle();
  assertEquals(world.server.stack.socketCount, 0);
});

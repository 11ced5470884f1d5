import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { lia } from "../congestion/mod.ts";
import type { SocketOptions } from "../core/mod.ts";
import { fullMesh, passive } from "../pathmanagers/mod.ts";
import { IpAddress } from "../core/wire/address.ts";
import { minRtt } from "../schedulers/mod.ts";
import { program, testWith } from "../tests/needs.ts";
import { readWithTshark } from "../tests/tshark.ts";
import type { DuplexLink, DuplexOptions } from "./duplex.ts";
import type { SimHost, SimHostOptions } from "./host.ts";
import type { Router } from "./router.ts";
import { Simulator } from "./simulator.ts";
import { Tap } from "./tap.ts";
import { Network } from "./topology.ts";
import { transfer } from "./traffic.ts";
import { translateAddresses } from "./middlebox/mod.ts";
import { StuckError } from "./waits.ts";

const plugins = { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() };

interface Narrow {
  readonly sim: Simulator;
  readonly client: SimHost;
  readonly server: SimHost;
  /** On either side of the narrow link. */
  readonly routers: readonly [Router, Router];
  readonly link: DuplexLink;
  readonly access: DuplexLink;
}

/** Two hosts that take 1500 bytes, and between them routers with a link that takes less. */
function narrow(
  middle: DuplexOptions,
  options: Partial<SocketOptions> = {},
  settings: Partial<SimHostOptions> = {},
): Narrow {
  const sim = new Simulator({ seed: 3 });
  const network = new Network(sim, { ...plugins, options, ...settings });
  const [client, server] = [network.host("client"), network.host("server")];
  const routers = [network.router("left"), network.router("right")] as const;
  const fast = { rate: 100e6, delay: 2 };
  const access = network.connect(client, routers[0], { ...fast, addresses: [["10.0.1.1", "fd00:1::1"], "10.0.1.254"] });
  const link = network.connect(routers[0], routers[1], { name: "narrow", rate: 20e6, delay: 10, ...middle });
  network.connect(routers[1], server, { ...fast, addresses: [[], ["10.0.2.1", "fd00:2::1"]] });
  return { sim, client, server, routers, link, access };
}

for (const hostname of ["10.0.2.1", "fd00:2::1"]) {
  Deno.test(`a router says that packets are too long, and the transfer does not even pause: ${hostname}`, async () => {
    const { sim, client, server, routers } = narrow({ mtu: 1300 });
    const { bytes, rate } = await sim.run(() =>
      transfer(sim, { client, server, bytes: 2_000_000, connection: { hostname } })
    );
    assertEquals(bytes, 2_000_000);
    assert(rate > 14e6, `${rate}`);
    // What was on the way before the first error arrived, and no more: the initial window.
    const { tooBig, errorsSent } = routers[1].counters;
    assert(tooBig > 0 && tooBig <= 12 && errorsSent === tooBig, `${tooBig} too long`);
    assertEquals(server.counters.TcpExtTCPTimeouts, 0);
  });
}

Deno.test("routers that send no errors make a black hole; it is found, left, and its size measured", async () => {
  const { sim, client, server, routers } = narrow({ mtu: 1300 });
  for (const router of routers) router.sendsErrors = false;
  const connection = { hostname: "10.0.2.1", pathManager: passive() };
  const { bytes } = await sim.run(() => transfer(sim, { client, server, bytes: 3_000_000, connection }));
  assertEquals(bytes, 3_000_000);
  assertEquals(server.counters.TcpExtTCPTimeouts, 3);
  assert(server.counters.TcpExtTCPMTUPSuccess > 0 && server.counters.TcpExtTCPMTUPFail > 0);
  assert(routers[1].counters.tooBig < 40, `${routers[1].counters.tooBig} too long`);
  assertEquals(routers[1].counters.errorsSent, 0);
});

Deno.test("with routers silent and probing switched off nothing arrives", async () => {
  const { sim, client, server, routers } = narrow({ mtu: 1300 }, { mtuProbing: "never", retries: 5 });
  for (const router of routers) router.sendsErrors = false;
  let received = 0;
  const onData = (data: Uint8Array) => void (received += data.length);
  await assertRejects(() => sim.run(() => transfer(sim, { client, server, bytes: 100_000, onData })), StuckError);
  assertEquals([received, server.connections.length], [0, 0]);
});

Deno.test("a path that becomes narrower and wider is followed within a transfer, both ways", async () => {
  for (const sendsErrors of [true, false]) {
    const { sim, client, server, routers, link } = narrow({}, { mtuProbing: "after-black-hole" });
    for (const router of routers) router.sendsErrors = sendsErrors;
    link.schedule([{ at: 300, mtu: 1400 }, { at: 900, mtu: 1280 }, { at: 1600, mtu: 1500 }]);
    const flows = [{ client, server }, { client: server, server: client }];
    const results = await sim.run(() => Promise.all(flows.map((ends) => transfer(sim, { ...ends, bytes: 4_000_000 }))));
    for (const { bytes } of results) assertEquals(bytes, 4_000_000);
  }
});

Deno.test("a translator translates what errors quote, in both directions (RFC 5508)", async () => {
  for (const side of ["outside", "inside"] as const) {
    const sim = new Simulator({ seed: 1 });
    const network = new Network(sim, plugins);
    const [client, server, router] = [network.host("client"), network.host("server"), network.router("router")];
    const box = network.middlebox("box", translateAddresses("192.0.2.1"));
    // The narrow direction is the one in which the data comes to the router.
    if (side === "outside") {
      network.connect(client, box, { addresses: ["10.0.0.1"], delay: 5 });
      network.connect(box, router, { addresses: ["192.0.2.1", "192.0.2.3"], delay: 5 });
      network.connect(router, server, { addresses: [[], "198.51.100.1"], delay: 5, forward: { mtu: 1300 } });
    } else {
      network.connect(client, router, { addresses: ["10.0.0.1"], delay: 5, backward: { mtu: 1300 } });
      network.connect(router, box, { delay: 5 });
      network.connect(box, server, { addresses: ["192.0.2.1", "198.51.100.1"], delay: 5 });
    }
    const sender = side === "outside" ? client : server;
    await sim.run(async () => {
      using listener = server.listen({ port: 80 });
      using conn = await client.connect({ hostname: "198.51.100.1", port: 80 });
      await conn.write(new Uint8Array(1));
      using accepted = await listener.accept();
      const [from, to] = side === "outside" ? [conn, accepted] : [accepted, conn];
      const written = (async () => {
        for (let sent = 0; sent < 300_000;) sent += await from.write(new Uint8Array(300_000 - sent));
        await from.closeWrite();
      })();
      assert((await new Response(to.readable).bytes()).length >= 300_000);
      await written;
    });
    assert(router.counters.errorsSent > 0, side);
    assertEquals(sender.counters.TcpExtTCPTimeouts, 0, side);
  }
});

Deno.test("a destination without a route fails at once, and the next address of the name is tried", async () => {
  const dead = IpAddress.parse("fd00:9::9");
  const resolve = () => Promise.resolve([dead, IpAddress.parse("10.0.2.1")]);
  const { sim, client, server } = narrow({}, {}, { resolve });
  await sim.run(async () => {
    const error = await assertRejects(
      () => client.connect({ hostname: "dead", port: 80, options: { synRetries: 0 } }),
      Deno.errors.NetworkUnreachable,
    );
    assertEquals((error as Error & { code: string }).code, "unreachable");
    assertStringIncludes(error.message, "no route leads to its network");

    using _listener = server.listen({ port: 80 });
    const started = sim.now();
    using conn = await client.connect({ hostname: "dead", port: 80 });
    assertEquals(conn.remoteAddr.hostname, "10.0.2.1");
    assert(sim.now() - started < 60_000, "a round trip to the router and one to the server, and no wait of 250 ms");
  });
});

Deno.test("damaged errors are dropped: then it is a black hole", async () => {
  const { sim, client, server, access, routers } = narrow({ mtu: 1300, backward: { mtu: 1500 } });
  const hurt = { probability: 1, bits: 3 };
  // What comes back to the client is damaged as long as it sends full segments and gets no acknowledgment.
  sim.at(45, () => access.backward.set({ corrupt: hurt }));
  sim.at(300, () => access.backward.set({ corrupt: 0 }));
  const connection = { hostname: "10.0.2.1", pathManager: passive() };
  await sim.run(() => transfer(sim, { client, server, bytes: 100_000, direction: "upload", connection }));
  assert(client.dropped.checksumErrors > 0 && routers[0].counters.errorsSent > 0);
});

testWith(
  [program("tshark")],
  "tshark reads the errors of a router as what they are, with right checksums",
  async () => {
    for (const [hostname, protocol] of [["10.0.2.1", "icmp"], ["fd00:2::1", "icmpv6"]] as const) {
      const { sim, client, server, access, routers } = narrow({ mtu: 1300 });
      const tap = new Tap();
      tap.watch(access);
      const connection = { hostname, pathManager: passive() };
      await sim.run(() => transfer(sim, { client, server, bytes: 50_000, direction: "upload", connection }));
      const fields = ["checksum.status", "mtu"].map((field) => `${protocol}.${field}`);
      const rows = await readWithTshark(tap.bytes(), [...fields, "tcp.checksum"]);
      const errors = rows.filter(([status]) => status !== "");
      assertEquals(errors.length, routers[0].counters.errorsSent);
      assert(errors.length > 0);
      // What is quoted is what was sent, to the checksum.
      const sent = new Set(rows.filter(([status]) => status === "").map(([, , checksum]) => checksum));
      for (const [status, mtu, quoted] of errors) assertEquals([status, mtu, sent.has(quoted!)], ["1", "1300", true]);
    }
  },
);

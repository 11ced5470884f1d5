import { assert, assertEquals, assertRejects } from "@std/assert";
import { lia } from "../congestion/mod.ts";
import { fullMesh } from "../pathmanagers/mod.ts";
import { minRtt } from "../schedulers/mod.ts";
import { program, testWith } from "../tests/needs.ts";
import { tsharkComplaints } from "../tests/tshark.ts";
import type { DuplexOptions } from "./duplex.ts";
import { stripOptions, translateAddresses } from "./middlebox/mod.ts";
import { Simulator } from "./simulator.ts";
import { Tap } from "./tap.ts";
import { Network } from "./topology.ts";
import { transfer } from "./traffic.ts";
import { StuckError } from "./waits.ts";

function setUp(seed = 1) {
  const sim = new Simulator({ seed });
  const network = new Network(sim, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
  return { sim, network, client: network.host("client"), server: network.host("server") };
}

/** A client with two links to a server that has one address on both. */
function twoPaths(seed = 1, options: DuplexOptions = {}) {
  const { sim, network, client, server } = setUp(seed);
  const wifi = network.connect(client, server, {
    name: "wifi",
    addresses: ["10.0.1.2", "10.0.0.1"],
    rate: 30e6,
    delay: 10,
    ...options,
  });
  const lte = network.connect(client, server, {
    name: "lte",
    addresses: ["10.0.2.2", "10.0.0.1"],
    rate: 15e6,
    delay: 30,
    ...options,
  });
  return { sim, network, client, server, wifi, lte };
}

Deno.test("a transfer uses both links of a host, each for the address that is there", async () => {
  const { sim, client, server, wifi, lte } = twoPaths();
  const { bytes, rate } = await sim.run(() => transfer(sim, { client, server, bytes: 20_000_000 }));
  assertEquals(bytes, 20_000_000);
  assert(rate > 35e6, `${rate}`);
  assert(wifi.backward.counters.packetsDelivered > 5000 && lte.backward.counters.packetsDelivered > 2000);
  assertEquals(client.dropped, { checksumErrors: 0, notForMe: 0, noRoute: 0 });
});

Deno.test("the same seed gives the same capture, byte for byte; another seed another", async () => {
  const capture = async (seed: number) => {
    const { sim, client, server, wifi, lte } = twoPaths(seed, { loss: 0.01, jitter: 1, corrupt: 0.001 });
    const tap = new Tap();
    tap.watch(wifi);
    tap.watch(lte, { end: "far" });
    await sim.run(() => transfer(sim, { client, server, bytes: 1_000_000 }));
    return tap.bytes();
  };
  const first = await capture(1);
  assert(first.length > 1_000_000);
  assertEquals(first, await capture(1));
  assert(String(first.subarray(0, 2000)) !== String((await capture(2)).subarray(0, 2000)));
});

Deno.test("damaged segments are dropped before the stack sees them, and the bytes arrive", async () => {
  const { sim, client, server } = twoPaths(1, { corrupt: { probability: 0.02, bits: 3 } });
  const { bytes } = await sim.run(() => transfer(sim, { client, server, bytes: 3_000_000 }));
  assertEquals(bytes, 3_000_000);
  assert(client.dropped.checksumErrors > 10);
});

Deno.test("after everything is closed nothing is left: no socket, no frame, no event", async () => {
  const { sim, client, server, wifi } = twoPaths();
  sim.at(500, () => wifi.set({ up: false }));
  sim.at(900, () => wifi.set({ up: true }));
  await sim.run(() => transfer(sim, { client, server, bytes: 5_000_000 }));
  sim.runUntil(sim.now() + 600e6);
  assertEquals([client.stack.socketCount, server.stack.socketCount], [0, 0]);
  assertEquals(sim.frames.inUse, 0);
  assertEquals(sim.pendingEvents, 0);
});

Deno.test("an address that goes away takes its subflow with it, and the transfer goes on", async () => {
  const { sim, client, server, wifi } = twoPaths();
  sim.at(500, () => client.addressDown("10.0.1.2"));
  let seen = 0;
  sim.at(1000, () => seen = wifi.backward.counters.packetsIn);
  sim.at(1500, () => {
    assertEquals(wifi.backward.counters.packetsIn - seen, 0);
    client.addressUp("10.0.1.2");
  });
  const { bytes } = await sim.run(() => transfer(sim, { client, server, bytes: 20_000_000 }), { limit: 60_000 });
  assertEquals(bytes, 20_000_000);
  assert(wifi.backward.counters.packetsIn > seen + 1000, "it is used again");
});

Deno.test("a read that nobody will answer is named when the simulation is stuck", async () => {
  const { sim, client, server } = twoPaths();
  const error = await assertRejects(() =>
    sim.run(async () => {
      using _listener = server.listen({ port: 80 });
      const conn = await client.connect({ hostname: "10.0.0.1", port: 80 });
      await conn.read(new Uint8Array(10));
    }), StuckError);
  assertEquals(error.waits.length, 1);
  assert(/^read on 10\.0\.[12]\.2:\d+ -> 10\.0\.0\.1:80$/.test(error.waits[0]!), error.message);
});

Deno.test("connections can be made over IPv6, and by the name of a host with both families", async () => {
  const { sim, network, client, server } = setUp();
  network.connect(client, server, { addresses: [["fd00::1", "10.0.0.1"], ["fd00::2", "10.0.0.2"]], delay: 10 });
  for (const hostname of ["fd00::2", "10.0.0.2", "server"]) {
    const { bytes } = await sim.run(() => transfer(sim, { client, server, bytes: 10_000, connection: { hostname } }));
    assertEquals(bytes, 10_000);
  }
});

Deno.test("a box that strips Multipath TCP makes it plain TCP; one that translates addresses does not", async () => {
  for (
    const [process, isMultipath] of [
      [stripOptions(), false],
      [translateAddresses("192.0.2.1"), true],
    ] as const
  ) {
    const { sim, network, client, server } = setUp();
    const box = network.middlebox("box", process);
    network.connect(client, box, { addresses: ["10.0.0.1"], delay: 5 });
    network.connect(box, server, { addresses: ["192.0.2.1", "192.0.2.2"], delay: 5 });
    await sim.run(async () => {
      using listener = server.listen({ port: 80 });
      using conn = await client.connect({ hostname: "192.0.2.2", port: 80 });
      await conn.write(new Uint8Array(1000));
      await conn.closeWrite();
      using accepted = await listener.accept();
      assertEquals((await new Response(accepted.readable).bytes()).length, 1000);
      assertEquals(accepted.isMultipath, isMultipath);
      assertEquals(accepted.remoteAddr.hostname, isMultipath ? "192.0.2.1" : "10.0.0.1");
    });
    assert(box.counters.passed > 3);
  }
});

testWith([program("tshark")], "tshark has nothing to say against a capture of a two-path transfer", async () => {
  const { sim, client, server, wifi, lte } = twoPaths();
  const tap = new Tap();
  tap.watch(wifi);
  tap.watch(lte);
  await sim.run(() => transfer(sim, { client, server, bytes: 200_000 }));
  sim.runUntil(sim.now() + 1e6);
  assertEquals(await tsharkComplaints(tap.bytes()), []);
});

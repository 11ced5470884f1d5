/**
 * Multipath TCP in UDP through relays on loopback that do what networks do; no privileges, both engines, both families.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { createHost, fullMesh, type MptcpConn, type PathManager, type Plugin, udp, type UdpOptions } from "../mod.ts";
import { UdpRelay, type UdpRelayOptions } from "./harness/udp_relay.ts";

/** Nothing here may take as long, and least of all wait for something that is never going to happen. */
const PATIENCE_MS = 60_000;
const UNFORGIVING = fullMesh({ shortestRetry: 10 * PATIENCE_MS * 1000, longestRetry: 10 * PATIENCE_MS * 1000 });

interface Ends extends AsyncDisposable {
  readonly client: MptcpConn;
  readonly server: MptcpConn;
  readonly relay: UdpRelay;
  /** Client addresses, each a path. */
  readonly addresses: readonly string[];
}

/** The ends and what stands between them. */
interface Setting extends Partial<UdpOptions> {
  readonly relay?: Omit<UdpRelayOptions, "at" | "server">;
  /** Client addresses; "127.0.7.1" and "127.0.7.2" by default. IPv6 has but one on the loopback interface. */
  readonly addresses?: readonly string[];
  /** Of both ends; a re-join that is not made at once waits for longer than anything here takes, by default. */
  readonly pathManager?: Plugin<PathManager>;
}

/** A connection through a relay. */
async function connected(setting: Setting): Promise<Ends> {
  const { relay: through, addresses = ["127.0.7.1", "127.0.7.2"], pathManager = UNFORGIVING, ...more } = setting;
  await using stack = new AsyncDisposableStack();
  const isV6 = addresses[0]!.includes(":");
  const hostname = isV6 ? "::1" : "127.0.7.9";
  const at = isV6 ? "::1" : "127.0.7.8";
  const listening = udp({ addresses: [isV6 ? `[${hostname}]:0` : `${hostname}:0`], ...more });
  const serverHost = stack.use(createHost({ transports: [listening], pathManager }));
  const { port } = listening.listening[0]!;
  const listener = stack.use(serverHost.listen({ port }));
  const relay = stack.use(new UdpRelay({ ...through, at, server: { hostname, port } }));
  const transport = udp({ addresses, ...more });
  const clientHost = stack.use(createHost({ transports: [transport], pathManager }));
  const [client, server] = await Promise.all([
    clientHost.connect({ hostname: at, port: relay.port }),
    listener.accept(),
  ]);
  // Through a relay that is gone or dark no end of a connection arrives any more.
  stack.defer(() => {
    client.abort();
    server.abort();
  });
  const all = stack.move();
  const ends = { client, server, relay, addresses, [Symbol.asyncDispose]: () => all.disposeAsync() };
  // Other paths are joined once the first bytes have been exchanged.
  await carry(ends, 1000);
  return ends;
}

async function send(conn: MptcpConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + 50_000));
  await conn.closeWrite();
}

async function receive(conn: MptcpConn, onRead: (total: number) => void = () => {}): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of conn.readable) {
    chunks.push(chunk);
    onRead(total += chunk.length);
  }
  return await new Blob(chunks).bytes();
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => Math.imul(i, 2654435761) >>> 24);
}

/** Bytes both ways at once, of which every one arrives at its place. */
async function exchange({ client, server }: Ends, length: number, onRead?: (total: number) => void): Promise<void> {
  const bytes = bytesOf(length);
  const [there, here] = await deadline(
    Promise.all([receive(server, onRead), receive(client), send(client, bytes), send(server, bytes)]),
    PATIENCE_MS,
  );
  assertEquals([there.length, here.length], [length, length]);
  for (const read of [there, here]) assert(read.every((byte, i) => byte === bytes[i]), "every byte at its place");
}

/** Bytes from the client to the server, of which every one arrives at its place; the connection stays open. */
async function carry({ client, server }: Ends, length: number): Promise<void> {
  const bytes = bytesOf(length);
  const read = new Uint8Array(length);
  const writing = (async () => {
    for (let at = 0; at < length;) at += await client.write(bytes.subarray(at));
  })();
  for (let at = 0; at < length;) at += await server.read(read.subarray(at)) ?? length + 1;
  await writing;
  assertEquals(read, bytes);
}

/** Waits until the client has `count` usable subflows. */
async function untilUsable({ client }: Ends, count: number): Promise<void> {
  const began = Date.now();
  while (client.subflows.filter(({ usable }) => usable).length !== count) {
    assert(Date.now() - began < PATIENCE_MS, `waited in vain for ${count} usable subflows`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const ENGINES = ["linux", "portable"] as const;
const V6 = ["::1"];

for (const engine of ENGINES) {
  for (const [family, addresses] of [["IPv4", undefined], ["IPv6", V6]] as const) {
    Deno.test(`loss, delay, reordering, duplicates and a slow link: every byte arrives, ${family}, ${engine}`, async () => {
      await using ends = await connected({
        engine,
        ...(addresses ? { addresses } : {}),
        relay: {
          both: {
            loss: 0.02,
            delay: 2,
            jitter: 1,
            duplicate: 0.02,
            reorder: { probability: 0.04, delay: 4 },
            rate: 30e6,
          },
        },
      });
      await exchange(ends, 250_000);
      const { up } = ends.relay.path(ends.addresses[0]!);
      assert(
        up.counters.dropped.loss > 0 && up.counters.reordered > 0 && up.counters.duplicated > 0,
        "it was that bad",
      );
      assert(ends.client.isMultipath);
    });
  }

  for (const paths of [1, 2]) {
    Deno.test(`a translator gives out new ports: joined again without waiting, ${paths} paths, ${engine}`, async () => {
      const addresses = ["127.0.7.1", "127.0.7.2"].slice(0, paths);
      await using ends = await connected({ engine, addresses, keepAlive: 0.2, relay: { both: { delay: 1 } } });
      await untilUsable(ends, paths);
      for (const [i, address] of addresses.entries()) {
        await carry(ends, 200_000);
        ends.relay.path(address).rebind();
        const began = Date.now();
        // Each new port is a new subflow.
        while (ends.client.stats().subflowsTotal < paths + i + 1) {
          assert(Date.now() - began < PATIENCE_MS, "waited in vain for a new subflow");
          await carry(ends, 20_000);
        }
      }
      assertEquals(ends.client.stats().subflowsTotal, 2 * paths);
    });
  }
}

Deno.test("a path goes dark in mid-connection, and the other carries on", async () => {
  await using ends = await connected({ relay: { both: { delay: 1, rate: 50e6 } } });
  await untilUsable(ends, 2);
  let isDark = false;
  await exchange(ends, 500_000, (total) => {
    if (total < 150_000 || isDark) return;
    isDark = true;
    ends.relay.path(ends.addresses[0]!).set({ up: false });
  });
  assert(isDark);
});

Deno.test("the only path goes dark for a while: the connection waits, and goes on", async () => {
  await using ends = await connected({ addresses: ["127.0.7.1"], relay: { both: { delay: 1 } } });
  const path = ends.relay.path(ends.addresses[0]!);
  let isDark = false;
  await exchange(ends, 500_000, (total) => {
    if (total < 150_000 || isDark) return;
    isDark = true;
    path.set({ up: false });
    setTimeout(() => path.set({ up: true }), 100);
  });
  assert(path.up.counters.dropped.down + path.down.counters.dropped.down > 0);
  assertEquals(ends.client.stats().subflowsTotal, 1);
});

Deno.test("a translator forgets what was silent for long: the connection goes on from another port", async () => {
  const pathManager = fullMesh({ shortestRetry: 10_000 });
  const quiet = { addresses: ["127.0.7.1"], keepAlive: 0, relay: { timeout: 50 }, pathManager };
  await using ends = await connected(quiet);
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await deadline(carry(ends, 10_000), PATIENCE_MS);
  }
  assert(ends.relay.bindingsMade >= 3, `${ends.relay.bindingsMade} bindings`);
});

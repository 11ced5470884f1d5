import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type ConnectOptions,
  createHost,
  type Host,
  type HostOptions,
  memoryPair,
  minRtt,
  type MptcpError,
} from "../mod.ts";
import type { MptcpConn } from "./conn.ts";
import type { MptcpListener } from "./listener.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };
const text = (value: string) => new TextEncoder().encode(value);

/** Two hosts with two paths between them. */
function hosts(options: Partial<HostOptions> = {}) {
  const first = memoryPair();
  const second = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
  const server = createHost({ transports: [first[0], second[0]], ...options });
  const client = createHost({ transports: [first[1], second[1]], ...options });
  return {
    server,
    client,
    paths: [first, second] as const,
    async [Symbol.asyncDispose]() {
      await Promise.all([server.close(), client.close()]);
    },
  };
}

async function pair(server: Host, client: Host, options: Partial<ConnectOptions> = {}) {
  using listener = server.listen({ port: 0 });
  const { port } = listener.addr;
  return await Promise.all([client.connect({ hostname: "10.0.0.1", port, ...options }), listener.accept()]);
}

function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 255;
  return bytes;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  return new Uint8Array(await new Response(conn.readable).arrayBuffer());
}

Deno.test("a listener is a Deno.Listener", sanitized, () => {
  const _typed = (listener: MptcpListener) => {
    const _listener: Deno.Listener = listener;
    const _tcp: Deno.TcpListener = listener;
    const _iterable: AsyncIterable<Deno.TcpConn> = listener;
  };
});

Deno.test("lent bytes arrive like others, from where they lie", sanitized, async () => {
  await using both = hosts();
  const [conn, accepted] = await pair(both.server, both.client);
  using _conn = conn;
  const bytes = pattern(3_000_001);
  const lending = (async () => {
    await conn.write(bytes.subarray(0, 1));
    for (let at = 1; at < bytes.length;) at += await conn.write(bytes.subarray(at), { lend: true });
    await conn.closeWrite();
  })();
  const [read] = await Promise.all([readAll(accepted), lending]);
  assertEquals(read, bytes);
  accepted.close();
});

/** A program for Deno's TCP: a server that answers each line, and a client that says three. */
async function program(
  listen: () => Deno.Listener<Deno.TcpConn, Deno.NetAddr>,
  connect: (port: number) => Promise<Deno.TcpConn>,
): Promise<string[]> {
  const listener = listen();
  const serving = (async () => {
    for await (const conn of listener) {
      conn.setNoDelay();
      const lines = conn.readable.pipeThrough(new TextDecoderStream());
      let rest = "";
      for await (const chunk of lines) {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop()!;
        for (const line of parts) await writeAll(conn, text(`${line.toUpperCase()}\n`)).catch(() => {});
      }
      try {
        conn.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    }
  })();
  const conn = await connect(listener.addr.port);
  const answers: string[] = [];
  const buffer = new Uint8Array(100);
  for (const line of ["one", "two", "three"]) {
    await conn.write(text(`${line}\n`));
    const count = await conn.read(buffer);
    answers.push(new TextDecoder().decode(buffer.subarray(0, count!)));
  }
  await conn.closeWrite();
  assertEquals(await conn.read(buffer), null);
  conn.close();
  await assertRejects(() => conn.read(buffer), Deno.errors.BadResource);
  listener.close();
  await serving;
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  await assertRejects(() => connect(listener.addr.port), Deno.errors.ConnectionRefused);
  return answers;
}

Deno.test("a program for Deno's TCP runs unchanged", sanitized, async () => {
  const expected = await program(
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    (port) => Deno.connect({ hostname: "127.0.0.1", port }),
  );
  await using world = hosts();
  const answers = await program(
    () => world.server.listen({ port: 0 }),
    (port) => world.client.connect({ hostname: "10.0.0.1", port }),
  );
  assertEquals(answers, expected);
});

Deno.test("both ends speak Multipath TCP and use both paths", sanitized, async () => {
  await using world = hosts();
  const [client, server] = await pair(world.server, world.client);
  assertEquals([client.isMultipath, server.isMultipath], [true, true]);
  const types: string[] = [];
  for await (const event of client.events()) {
    types.push(event.type);
    if (client.subflows.filter(({ usable }) => usable).length === 2) break;
  }
  assert(types.includes("subflow-established"), `${types}`);
  const used = client.subflows.filter(({ usable }) => usable);
  assertEquals(used.map(({ local }) => local.address).sort(), ["10.0.0.2", "10.0.1.2"]);
  assertEquals(JSON.parse(JSON.stringify(client.subflows))[0].remote.address, "10.0.0.1");
});

Deno.test("events go on until the last subflow is gone, and tell what it carried", sanitized, async () => {
  await using world = hosts();
  const [client, server] = await pair(world.server, world.client);
  const events = client.events();
  await writeAll(client, pattern(10_000));
  client.close();
  assertEquals((await readAll(server)).length, 10_000);
  server.close();
  let carried = 0;
  let last = "";
  for await (const event of events) {
    if (event.type === "subflow-closed") carried += event.subflow.bytesAcked;
    last = event.type;
  }
  assertEquals(last, "subflow-closed");
  assert(carried >= 10_000, `${carried} bytes`);
});

Deno.test("megabytes go both ways at once", sanitized, async () => {
  await using world = hosts();
  const [client, server] = await pair(world.server, world.client);
  const up = pattern(3_000_000);
  const down = pattern(2_000_000).reverse();
  const send = async (conn: MptcpConn, bytes: Uint8Array) => {
    await writeAll(conn, bytes);
    await conn.closeWrite();
  };
  const [, , atServer, atClient] = await Promise.all([
    send(client, up),
    send(server, down),
    readAll(server),
    readAll(client),
  ]);
  assertEquals(atServer.length, up.length);
  assert(Buffer.compare(atServer, up) === 0 && Buffer.compare(atClient, down) === 0);
});

Deno.test("a direction stays open after the other has ended", sanitized, async () => {
  await using world = hosts();
  const [client, server] = await pair(world.server, world.client);
  await client.write(text("request"));
  await client.closeWrite();
  assertEquals(new TextDecoder().decode(await readAll(server)), "request");
  const answer = pattern(1_000_000);
  const sent = writeAll(server, answer).then(() => server.closeWrite());
  assert(Buffer.compare(await readAll(client), answer) === 0);
  await sent;
});

Deno.test("plain TCP is spoken where Multipath TCP is switched off", sanitized, async () => {
  await using world = hosts({ options: { multipath: false } });
  const [client, server] = await pair(world.server, world.client);
  await client.write(text("plain"));
  const into = new Uint8Array(10);
  assertEquals([await server.read(into), client.isMultipath, server.isMultipath], [5, false, false]);
});

Deno.test("options change on a live connection, and wrong ones are refused", sanitized, async () => {
  await using world = hosts();
  const [client] = await pair(world.server, world.client, { options: { sendBuffer: 5000 } });
  client.setNoDelay();
  client.setKeepAlive();
  assertEquals(await client.write(new Uint8Array(9000)), 5000);
  assertThrows(() => client.setOptions({ sendBuffer: 0 }), RangeError, "sendBuffer");
  assertThrows(() => client.setOptions({ nodelay: true } as never), TypeError, '"nodelay"');
});

Deno.test("a port without a listener refuses", sanitized, async () => {
  await using world = hosts();
  const error = await assertRejects(
    () => world.client.connect({ hostname: "10.0.0.1", port: 9 }),
    Deno.errors.ConnectionRefused,
    "Cannot connect",
  );
  // Of a class of Deno's, with what is MptcpError's own beside it.
  assertEquals((error as unknown as MptcpError).code, "refused");
});

Deno.test("a signal ends a connect that nobody answers, and its socket", sanitized, async () => {
  await using world = hosts();
  const controller = new AbortController();
  const connecting = world.client.connect({ hostname: "10.0.0.77", port: 9, signal: controller.signal });
  setTimeout(() => controller.abort(new TypeError("mine")), 5);
  await assertRejects(() => connecting, TypeError, "mine");
  assertEquals(world.client.connections, []);
  await assertRejects(() => world.client.connect({ hostname: "10.0.0.1", port: 9, signal: AbortSignal.abort() }));
});

Deno.test("a signal ends an accept; the next one gets the connection", sanitized, async () => {
  await using world = hosts();
  using listener = world.server.listen({ port: 80 });
  const controller = new AbortController();
  const aborted = listener.accept({ signal: controller.signal });
  const accepted = listener.accept();
  controller.abort();
  await assertRejects(() => aborted, DOMException);
  const client = await world.client.connect({ hostname: "10.0.0.1", port: 80 });
  assertEquals((await accepted).remoteAddr, client.localAddr);
});

Deno.test("ports are picked, taken and given back", sanitized, async () => {
  await using world = hosts();
  const first = world.server.listen({ port: 0 });
  assert(first.addr.port > 0);
  assertEquals(first.addr.hostname, "0.0.0.0");
  assertThrows(() => world.server.listen({ port: first.addr.port }), Deno.errors.AddrInUse);
  first.close();
  first.close();
  world.server.listen({ port: first.addr.port }).close();
  assertThrows(() => world.server.listen({ hostname: "192.0.2.1" }), Deno.errors.AddrNotAvailable);
});

Deno.test("wrong arguments are refused with what would be right", sanitized, async () => {
  await using world = hosts();
  const { client, server } = world;
  await assertRejects(() => client.connect({ hostname: "10.0.0.1", port: 0 }), RangeError, "1 to 65535, is 0");
  await assertRejects(() => client.connect({ hostname: "", port: 1 }), TypeError, "hostname must be");
  const localPort = 70_000;
  await assertRejects(() => client.connect({ hostname: "10.0.0.1", port: 1, localPort }), RangeError, "localPort");
  const early = { hostname: "10.0.0.1", port: 1, earlyData: "GET /" as never };
  await assertRejects(() => client.connect(early), TypeError, "earlyData must be a Uint8Array, is a string");
  assertThrows(() => server.listen({ port: 1.5 }), RangeError, "0 to 65535, is 1.5");
  assertThrows(() => server.listen({ hostname: "example.org" }), TypeError, 'is "example.org"');
  assertThrows(() => server.listen({ backlog: 0 }), RangeError, "backlog");
  assertThrows(() => createHost({ transports: [] }), TypeError, "at least one transport");
});

Deno.test("breaking out of a listener closes it", sanitized, async () => {
  await using world = hosts();
  const listener = world.server.listen({ port: 80 });
  const connecting = world.client.connect({ hostname: "10.0.0.1", port: 80 });
  for await (const _conn of listener) break;
  await connecting;
  await assertRejects(() => world.client.connect({ hostname: "10.0.0.1", port: 80 }), Deno.errors.ConnectionRefused);
});

Deno.test("a reset reaches the peer as one", sanitized, async () => {
  await using world = hosts();
  const [client, server] = await pair(world.server, world.client);
  const reading = server.read(new Uint8Array(1));
  client.abort();
  await assertRejects(() => reading, Deno.errors.ConnectionReset);
});

Deno.test(
  "closing a host delivers what was written, interrupts what waits and refuses what comes",
  sanitized,
  async () => {
    await using world = hosts();
    const [client, server] = await pair(world.server, world.client);
    const bytes = pattern(500_000);
    const written = writeAll(client, bytes);
    const received = readAll(server);
    await written;
    const waiting = client.read(new Uint8Array(1));
    const closed = world.client.close();
    await assertRejects(() => waiting, Deno.errors.Interrupted);
    assert(Buffer.compare(await received, bytes) === 0);
    await closed;
    assertEquals(world.client.close(), closed);
    await assertRejects(() => world.client.connect({ hostname: "10.0.0.1", port: 1 }), Deno.errors.BadResource);
    assertThrows(() => world.client.listen(), Deno.errors.BadResource);
  },
);

Deno.test("closing a host does not wait for a peer that keeps its side open", sanitized, async () => {
  await using world = hosts();
  await pair(world.server, world.client);
  const before = performance.now();
  await world.client.close();
  assert(performance.now() - before < 1000);
});

Deno.test("closing a host whose peer is gone ends when its signal says so", sanitized, async () => {
  await using world = hosts();
  const [client] = await pair(world.server, world.client);
  for (const [left] of world.paths) left.close();
  await client.write(text("into the void"));
  const controller = new AbortController();
  const closed = world.client.close({ signal: controller.signal });
  controller.abort();
  await closed;
});

Deno.test(
  "a plug-in of the wrong kind is refused where it is handed over, and changes nothing",
  sanitized,
  async () => {
    const transports = () => memoryPair().slice(0, 1);
    const call = "is a function; call it";
    assertThrows(() => createHost({ transports: transports(), scheduler: minRtt as never }), TypeError, call);
    assertThrows(() => createHost({ transports: transports(), congestion: minRtt() as never }), TypeError, "join()");
    await using world = hosts();
    const { client, server } = world;
    assertThrows(() => server.listen({ pathManager: minRtt() as never }), TypeError, "onEvent()");
    const options = { hostname: "10.0.0.1", port: 1, scheduler: "min-rtt" as never };
    await assertRejects(() => client.connect(options), TypeError, 'is "min-rtt"');
    const [conn, accepted] = await pair(server, client);
    for (const wrong of [undefined, { name: "x", create: () => ({}) }]) {
      assertThrows(() => conn.setScheduler(wrong as never), TypeError, "Cannot use scheduler");
    }
    await conn.write(text("still here"));
    assertEquals(await accepted.read(new Uint8Array(20)), 10);
  },
);

Deno.test("an option that there is not is refused, with the one that was probably meant", sanitized, async () => {
  await using world = hosts();
  const slip = { schedular: minRtt() };
  const meant = 'there is no option "schedular"; did you mean scheduler?';
  const there = { hostname: "10.0.0.1", port: 1 };
  await assertRejects(() => world.client.connect({ ...there, ...slip }), TypeError, `Cannot connect: ${meant}`);
  assertThrows(() => world.server.listen({ port: 0, ...slip }), TypeError, `Cannot listen: ${meant}`);
  const transports = memoryPair().slice(0, 1);
  assertThrows(() => createHost({ transports, ...slip }), TypeError, `Cannot create host: ${meant}`);
  const limits = { backlogg: 5 };
  const limit = 'Cannot create host: there is no limit "backlogg"; did you mean backlog?';
  assertThrows(() => createHost({ transports, limits } as never), TypeError, limit);
  await assertRejects(() => world.client.connect(undefined as never), TypeError, "must be an object, is undefined");
  world.server.listen({ port: 0, transport: "tcp" } as never).close();
});

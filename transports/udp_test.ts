import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { ACK, TcpHeader } from "../core/wire/tcp.ts";
import { createHost, type Host, type HostOptions, type MptcpConn, udp, type UdpOptions } from "../mod.ts";

/** A port that is free on every loopback address. */
function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

interface Ends extends AsyncDisposable {
  readonly server: Host;
  readonly client: Host;
  readonly port: number;
}

/** A server with two addresses on one port, and a client with two addresses, all of the loopback interface. */
function ends(options: Partial<UdpOptions> = {}, host: Omit<HostOptions, "transports"> = {}): Ends {
  const port = freePort();
  const at = udp({ addresses: [`127.0.0.1:${port}`, `127.0.0.2:${port}`, `[::1]:${port}`], ...options });
  const from = udp({ addresses: ["127.0.0.3", "127.0.0.4", "::1"], ...options });
  const server = createHost({ transports: [at], ...host });
  const client = createHost({ transports: [from], ...host });
  return {
    server,
    client,
    port,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()]);
    },
  };
}

async function digest(conn: MptcpConn): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of conn.readable) chunks.push(chunk);
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(chunks).arrayBuffer());
  return new Uint8Array(hash).toHex();
}

async function send(conn: MptcpConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  await conn.closeWrite();
}

for (const hostname of ["127.0.0.1", "::1"]) {
  for (const engine of ["linux", "portable"] as const) {
    Deno.test(`megabytes each way at once over datagrams, from ${hostname}, ${engine}`, async () => {
      await using both = ends({ engine });
      using listener = both.server.listen({ port: both.port });
      const [conn, accepted] = await Promise.all([
        both.client.connect({ hostname, port: both.port }),
        listener.accept(),
      ]);
      const bytes = crypto.getRandomValues(new Uint8Array(50_000));
      const all = new Uint8Array(4_000_000);
      for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at);
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
      const [here, there] = await Promise.all([digest(conn), digest(accepted), send(conn, all), send(accepted, all)]);
      assertEquals([here, there], [hash, hash]);
      assert(conn.isMultipath);
      assertEquals(both.client.counters.TcpInErrs, 0);
    });
  }
}

Deno.test("every pair of addresses becomes a subflow, also of two families", async () => {
  await using both = ends();
  using listener = both.server.listen({ port: both.port });
  const conn = await both.client.connect({ hostname: "127.0.0.1", port: both.port });
  const accepted = await listener.accept();
  await conn.write(new Uint8Array(1000));
  await accepted.read(new Uint8Array(1000));
  for (let i = 0; i < 200 && conn.subflows.filter(({ usable }) => usable).length < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const locals = new Set(conn.subflows.map(({ local }) => local.address));
  assertEquals(locals, new Set(["127.0.0.3", "127.0.0.4", "::1"]));
  assertEquals(new Set(conn.subflows.map(({ local }) => local.port)).size, conn.subflows.length, "a port each");
});

Deno.test("one port serves many connections", async () => {
  await using both = ends();
  using listener = both.server.listen({ port: both.port });
  const echo = async (conn: MptcpConn) => {
    await conn.readable.pipeTo(conn.writable);
  };
  const serving = (async () => {
    for (let i = 0; i < 30; i++) echo(await listener.accept());
  })();
  await Promise.all(Array.from({ length: 30 }, async (_, i) => {
    using conn = await both.client.connect({ hostname: "127.0.0.2", port: both.port });
    const data = new TextEncoder().encode(`hello ${i} `.repeat(100));
    const [text] = await Promise.all([new Response(conn.readable).text(), send(conn, data)]);
    assertEquals(text, new TextDecoder().decode(data));
  }));
  await serving;
});

for (const engine of ["linux", "portable"] as const) {
  Deno.test(`who passes the turn hears another socket next, ${engine}`, async () => {
    const port = freePort();
    const [at, from] = [`127.0.0.1:${port},127.0.0.2:${port}`, "127.0.0.3"].map((addresses) => {
      const transport = udp({ addresses: addresses.split(","), engine });
      const nothing = () => {};
      transport.open({
        now: () => 0,
        ready: nothing,
        addressUp: nothing,
        addressDown: nothing,
        icmpError: nothing,
        isPortInUse: () => true,
      });
      return transport;
    }) as [ReturnType<typeof udp>, ReturnType<typeof udp>];
    const packet = new Packet(HEADROOM + 100);
    for (const destination of ["127.0.0.1", "127.0.0.2"]) {
      for (let i = 0; i < 3; i++) {
        packet.reset();
        packet.source.copy(IpAddress.parse("127.0.0.3"));
        packet.destination.copy(IpAddress.parse(destination));
        const header = new TcpHeader();
        [header.sourcePort, header.destinationPort, header.flags] = [4000, port, ACK];
        packet.end = header.emit(packet.view, packet.start);
        from.send(packet);
      }
    }
    // Portable sockets hear of their input by promises.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const heard: string[] = [];
    for (let got = at.receive(); got !== null; got = at.receive()) {
      heard.push(`${got.destination}`);
      at.passTurn();
    }
    assertEquals(heard.length, 6);
    assert(heard.slice(0, 4).every((address, i) => i === 0 || address !== heard[i - 1]), `${heard}`);
    await Promise.all([at.close(), from.close()]);
  });
}

Deno.test("stray, short and silent datagrams are counted, and the connection goes on", async () => {
  const port = freePort();
  const at = udp({ addresses: [`127.0.0.1:${port}`] });
  await using server = createHost({ transports: [at] });
  await using client = createHost({ transports: [udp({ addresses: ["127.0.0.3"] })] });
  using listener = server.listen({ port });
  const [conn, accepted] = await Promise.all([
    client.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  const stray = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.9", port: 0 });
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  const random = crypto.getRandomValues(new Uint8Array(1400));
  for (let i = 0; i < 300; i++) await stray.send(random.subarray(0, i % 40), to);
  const bytes = new Uint8Array(100_000).fill(7);
  const [hash] = await Promise.all([digest(accepted), send(conn, bytes)]);
  stray.close();
  assertEquals(hash, new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex());
  assert(at.counters.UdpInErrors > 50, `${at.counters.UdpInErrors} errors`);
  assert(at.counters.UdpKeepAlives >= 1);
});

Deno.test("idle flows are kept alive", async () => {
  const port = freePort();
  const at = udp({ addresses: [`127.0.0.1:${port}`] });
  await using server = createHost({ transports: [at] });
  await using client = createHost({ transports: [udp({ addresses: ["127.0.0.3"], keepAlive: 0.02 })] });
  using listener = server.listen({ port });
  const [conn] = await Promise.all([client.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
  const asked = () => conn.subflows[0]?.segmentsReceived ?? 0;
  const before = asked();
  for (let i = 0; i < 1000 && asked() < before + 3; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert(asked() >= before + 3, "questions are answered");
  assertEquals(at.counters.UdpKeepAlives, 0, "every datagram is a segment");
  conn.abort();
});

Deno.test("sockets of connections that are over are closed", async () => {
  const port = freePort();
  await using server = createHost({ transports: [udp({ addresses: [`127.0.0.1:${port}`] })] });
  const from = udp({ addresses: ["127.0.0.3"], sweepInterval: 0.02 });
  await using client = createHost({ transports: [from] });
  using listener = server.listen({ port });
  for (let i = 0; i < 3; i++) {
    const [conn, accepted] = await Promise.all([client.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
    assert(from.sockets >= 1);
    accepted.abort();
    conn.abort();
  }
  for (let i = 0; i < 300 && from.sockets > 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(from.sockets, 0);
});

Deno.test("what is in the way is named: an address that is not here, a port in use, an option", async () => {
  const elsewhere = { transports: [udp({ addresses: ["192.0.2.77:5000"] })] };
  assertThrows(() => createHost(elsewhere), Deno.errors.AddrNotAvailable, "this machine does not have the address");
  const port = freePort();
  const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
  const busy = { transports: [udp({ addresses: [`127.0.0.1:${port}`] })] };
  assertThrows(() => createHost(busy), Deno.errors.AddrInUse, "another program has it");
  taken.close();
  for (const address of ["", "localhost", "127.0.0.1:", "127.0.0.1:70000", "[::1", "::1:80:x"]) {
    assertThrows(() => udp({ addresses: [address] }), TypeError, "address must be like");
  }
  assertThrows(() => udp({ addresses: [] }), TypeError, "at least one address");
  assertThrows(() => udp({ addresses: ["::1"], mtu: 100 }), RangeError, "mtu must be");
  assertThrows(() => udp({ addresses: ["::1"], keepAlive: -1 }), RangeError, "keepAlive must be");
  await using host = createHost({ transports: [udp({ addresses: ["127.0.0.1"] })] });
  await assertRejects(() => host.connect({ hostname: "127.0.0.2", port: 1, signal: AbortSignal.timeout(50) }));
});

for (const [family, local, remote] of [["IPv4", "127.0.0.3", "127.0.0.1"], ["IPv6", "::1", "::1"]] as const) {
  Deno.test(`nobody has the port: the attempt ends at once where the system tells, ${family}`, async () => {
    const transport = udp({ addresses: [local], engine: "linux" });
    await using client = createHost({ transports: [transport] });
    const attempt = client.connect({ hostname: remote, port: freePort(), signal: AbortSignal.timeout(20_000) });
    const error = await assertRejects(() => attempt, Deno.errors.ConnectionRefused);
    assert(error.message.includes("its port is unreachable"), error.message);
    assert(transport.counters.IcmpInMsgs > 0);
  });
}

Deno.test("addresses that come and go are told to the path manager, and their subflows come and go with them", async () => {
  const port = freePort();
  await using server = createHost({ transports: [udp({ addresses: [`127.0.0.1:${port}`] })] });
  let here = ["127.0.0.3"];
  const from = udp({
    addresses: ["127.0.0.3", "127.0.0.4"],
    interfaces: () => here,
    addressInterval: 0.01,
    sweepInterval: 0.01,
  });
  await using client = createHost({ transports: [from] });
  using listener = server.listen({ port });
  const [conn, accepted] = await Promise.all([client.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
  await conn.write(new Uint8Array(1000));
  await accepted.read(new Uint8Array(1000));
  for (const addresses of [["127.0.0.3", "127.0.0.4"], ["127.0.0.4"], ["127.0.0.3", "127.0.0.4"]]) {
    here = addresses;
    const used = () => conn.subflows.filter(({ usable }) => usable).map(({ local }) => local.address).toSorted();
    for (let i = 0; i < 2000 && used().join() !== addresses.join(); i++) {
      await new Promise((then) => setTimeout(then, 5));
    }
    assertEquals(used(), addresses);
  }
  assert(server.counters.MPTcpExtRmAddr >= 1, "the peer was told");
  conn.abort();
});

Deno.test("0.0.0.0 and [::] stand for the addresses that lead to other machines, as they come and go", async () => {
  let here = ["127.0.0.1", "169.254.1.1", "fe80::1", "::1", "fe80::2%eth0"];
  const port = freePort();
  const at = udp({ addresses: [`0.0.0.0:${port}`, `[::]:${port}`], interfaces: () => here, addressInterval: 0.01 });
  await using _host = createHost({ transports: [at] });
  assertEquals(at.listening, []);
  const own = Deno.networkInterfaces().map(({ address }) => address).filter((it) => !/^(127|169|fe80|::1)/.test(it));
  here = [...here, ...own];
  for (let i = 0; i < 2000 && at.listening.length < own.length; i++) await new Promise((then) => setTimeout(then, 5));
  assertEquals(at.listening.map(({ hostname, port }) => [hostname, port]), own.map((address) => [address, port]));
});

for (const engine of ["linux", "portable"] as const) {
  Deno.test(`of the addresses of a name the first to answer is taken, whatever its family, ${engine}`, async () => {
    const port = freePort();
    await using server = createHost({ transports: [udp({ addresses: [`127.0.0.1:${port}`], engine })] });
    const resolve = () => Promise.resolve(["2001:db8::1", "::1", "127.0.0.1"].map(IpAddress.parse));
    const from = udp({ addresses: ["127.0.0.3", "::1"], engine });
    await using client = createHost({ transports: [from], resolve });
    using listener = server.listen({ port });
    const [conn] = await Promise.all([client.connect({ hostname: "several.test", port }), listener.accept()]);
    assertEquals(conn.remoteAddr.hostname, "127.0.0.1");
    conn.abort();
  });
}

Deno.test({
  name: "0.0.0.0 takes a permission more with the portable engine only, and the error names it",
  permissions: { sys: false, ffi: true, net: true },
  async fn() {
    const any = (engine: "linux" | "portable") => ({ transports: [udp({ addresses: ["0.0.0.0:0"], engine })] });
    await using _host = createHost(any("linux"));
    assertThrows(() => createHost(any("portable")), Deno.errors.NotCapable, "--allow-sys=networkInterfaces");
  },
});

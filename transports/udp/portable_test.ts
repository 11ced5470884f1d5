import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHost, udp } from "../../mod.ts";

type Receive = (into: Uint8Array) => Promise<[Uint8Array, Deno.NetAddr]>;

/** Lets Deno's sockets behave as those of another system, as long as it exists. */
function otherSystem(change: (socket: Deno.DatagramConn) => void): Disposable {
  const real = Deno.listenDatagram;
  Deno.listenDatagram = ((options: Deno.UdpListenOptions & { transport: "udp" }) => {
    const socket = real(options);
    change(socket);
    return socket;
  }) as typeof real;
  return { [Symbol.dispose]: () => void (Deno.listenDatagram = real) };
}

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

async function attempt(): Promise<Error> {
  await using host = createHost({ transports: [udp({ addresses: ["127.0.11.1"], engine: "portable" })] });
  return await assertRejects(
    () => host.connect({ hostname: "127.0.11.2", port: 6000, signal: AbortSignal.timeout(20_000) }),
    Deno.errors.NetworkUnreachable,
  );
}

const REASONS: readonly (readonly [error: Error, text: string])[] = [
  [Object.assign(new Deno.errors.NetworkUnreachable(), { code: "ENETUNREACH" }), "no route leads to its network"],
  [Object.assign(new TypeError(), { code: "EINVAL" }), "no route leads to its network"],
  [Object.assign(new Error(), { code: "EHOSTUNREACH" }), "its host does not answer"],
  [Object.assign(new Deno.errors.PermissionDenied(), { code: "EPERM" }), "a filter forbids it"],
  [new Deno.errors.NotCapable("Requires net access"), "no permission to send there; run with --allow-net"],
];

for (const [error, text] of REASONS) {
  Deno.test(`an attempt ends at once where the system does not send: ${text} (${error.name})`, async () => {
    using _system = otherSystem((socket) => {
      socket.send = () => Promise.reject(error);
    });
    const { message } = await attempt();
    assert(message.endsWith(text), message);
  });
}

Deno.test("what is too long for the first link leaves again in shorter datagrams", async () => {
  const port = freePort();
  using _system = otherSystem((socket) => {
    const send = socket.send.bind(socket);
    socket.send = (bytes, to) => {
      if (bytes.length <= 1372) return send(bytes, to);
      return Promise.reject(Object.assign(new Error(), { code: "EMSGSIZE" }));
    };
  });
  await using server = createHost({ transports: [udp({ addresses: [`127.0.11.2:${port}`], engine: "portable" })] });
  await using client = createHost({ transports: [udp({ addresses: ["127.0.11.1"], engine: "portable" })] });
  using listener = server.listen({ port });
  using conn = await client.connect({ hostname: "127.0.11.2", port });
  using accepted = await listener.accept();
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
  const writing = (async () => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    await conn.closeWrite();
  })();
  assertEquals(new Uint8Array(await new Response(accepted.readable).arrayBuffer()), bytes);
  await writing;
  assert(conn.subflows[0]!.pathMtu <= 1400, `${conn.subflows[0]!.pathMtu}`);
});

Deno.test("a receive that an ICMP error ends, as on Windows, is followed by the next", async () => {
  const port = freePort();
  let resets = 0;
  using _system = otherSystem((socket) => {
    const receive: Receive = socket.receive.bind(socket) as Receive;
    socket.receive = ((into: Uint8Array) => {
      if (++resets % 3 !== 0) return receive(into);
      return Promise.reject(new Deno.errors.ConnectionReset("An existing connection was forcibly closed"));
    }) as typeof socket.receive;
  });
  const at = udp({ addresses: [`127.0.11.2:${port}`], engine: "portable" });
  await using server = createHost({ transports: [at] });
  await using client = createHost({ transports: [udp({ addresses: ["127.0.11.1"], engine: "portable" })] });
  using listener = server.listen({ port });
  using conn = await client.connect({ hostname: "127.0.11.2", port });
  using accepted = await listener.accept();
  const writing = conn.write(new Uint8Array(50_000)).then(() => conn.closeWrite());
  const read = await new Response(accepted.readable).arrayBuffer();
  await writing;
  assert(read.byteLength > 0);
  assert(at.counters.IcmpInMsgs > 0);
  assertEquals(at.counters.UdpInErrors, 0);
});

Deno.test("a system that fails each receive leaves others their turns, and is not asked all the time", async () => {
  let calls = 0;
  using _system = otherSystem((socket) => {
    socket.receive = () => {
      calls++;
      return Promise.reject(new Error("ENETDOWN"));
    };
  });
  await using _host = createHost({ transports: [udp({ addresses: ["127.0.11.1:0"], engine: "portable" })] });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert(calls > 16 && calls <= 16 + 12, `${calls} calls`);
});

Deno.test("a datagram longer than any segment is dropped and counted, not cut", async () => {
  const at = udp({ addresses: ["127.0.11.1:0"], engine: "portable" });
  await using host = createHost({ transports: [at] });
  using listener = host.listen({ port: at.listening[0]!.port });
  const stray = Deno.listenDatagram({ transport: "udp", hostname: "127.0.11.9", port: 0 });
  // It would be a segment: a header of 20 bytes.
  const bytes = new Uint8Array(9300);
  bytes[0] = 0x50;
  await stray.send(bytes, { transport: "udp", hostname: "127.0.11.1", port: listener.addr.port });
  for (let i = 0; i < 1000 && at.counters.UdpInDatagrams === 0; i++) await new Promise((then) => setTimeout(then, 5));
  stray.close();
  assertEquals([at.counters.UdpInDatagrams, at.counters.UdpInErrors, host.counters.TcpInSegs], [1, 1, 0]);
});

for (const os of ["darwin", "windows"] as const) {
  Deno.test(`with all permissions on ${os} nothing of Linux is touched, and a connection carries bytes`, async () => {
    const { build, dlopen } = Deno;
    using _system = {
      [Symbol.dispose]: () => void Object.assign(Deno, { build, dlopen }),
    };
    const noLibrary = () => {
      throw new Error("Cannot load a library of another system");
    };
    Object.assign(Deno, { build: { ...build, os }, dlopen: noLibrary });
    const port = freePort();
    const at = udp({ addresses: [`127.0.11.2:${port}`, `0.0.0.0:${port}`] });
    await using server = createHost({ transports: [at] });
    await using client = createHost({ transports: [udp({ addresses: ["127.0.11.1"] })] });
    assertEquals(at.engine, "portable");
    using listener = server.listen({ port });
    using conn = await client.connect({ hostname: "127.0.11.2", port });
    using accepted = await listener.accept();
    const reading = new Response(accepted.readable).text();
    await new Response("as everywhere").body!.pipeTo(conn.writable);
    assertEquals(await reading, "as everywhere");
    assertThrows(
      () => createHost({ transports: [udp({ addresses: ["127.0.11.3"], engine: "linux" })] }),
      Deno.errors.NotSupported,
      os,
    );
  });
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import { testWith } from "../needs.ts";
import { acknowledgingFastclose, boxed } from "./box.ts";
import { KERNEL, kernelAddress, type NeighbourOptions, Neighbours, ourAddress, until } from "./neighbours.ts";
import { exchange, KernelPeer } from "./peer.ts";

testWith(KERNEL, "a kernel that resets the connection ends ours with an error, counted as MP_FASTCLOSE", async () => {
  await using ends = await Neighbours.create({ devices: 2, families: [4] });
  const { namespace, host } = ends;
  await using peer = await KernelPeer.start(namespace, "listen 0.0.0.0 5000 1000000 abort=1000000");
  const conn = await host.connect({ hostname: kernelAddress(4, 1), port: 5000 });
  const error = await assertRejects(async () => {
    const chunk = new Uint8Array(65536);
    for (;;) await conn.write(chunk);
  }, Deno.errors.ConnectionReset);
  assertEquals((error as Error & { code: string }).code, "reset");
  await peer.report();
  assertEquals(host.counters.MPTcpExtMPFastcloseRx, 1);
  assert((await namespace.counters())["MPTcpExtMPFastcloseTx"]! >= 1);
  await until("nothing is left", () => host.connections.length === 0);
});

testWith(KERNEL, "an abort of ours resets the kernel's end, counted as MP_FASTCLOSE", async () => {
  await using ends = await Neighbours.create({ devices: 2, families: [4] });
  const { namespace, host } = ends;
  using listener = host.listen({ port: 5000 });
  await using peer = await KernelPeer.start(namespace, `connect ${ourAddress(4, 1)} 5000 100000000`);
  const conn = await listener.accept();
  await until("there are two subflows", () => conn.subflows.length === 2);
  await conn.read(new Uint8Array(1000));
  conn.abort();
  const report = await peer.report();
  // A socket reports its error once: to the thread that reads or to the one that writes, whichever comes first.
  const errors = [report.receiveError, report.sendError];
  assert(errors.includes("Connection reset by peer"), `${errors}`);
  assertEquals(report.multipath, true);
  // Each subflow's reset carries the option; the kernel counts those that come before it has closed the other.
  assert((await namespace.counters())["MPTcpExtMPFastcloseRx"]! >= 1);
});

testWith(KERNEL, "MP_FASTCLOSE on an acknowledgment ends both ends as that on a reset does", async () => {
  for (const direction of ["up", "down"] as const) {
    const between: NeighbourOptions["between"] = (transport) => {
      return boxed(transport, { [direction]: acknowledgingFastclose() });
    };
    await using ends = await Neighbours.create({ devices: 2, families: [4], between });
    const { namespace, host } = ends;
    const { conn, peer } = await ends.open("dial", 4, `100000000${direction === "down" ? " abort=1000000" : ""}`);
    await using _peer = peer;
    await until("there are two subflows", () => conn.subflows.filter(({ usable }) => usable).length === 2);
    if (direction === "up") {
      conn.abort();
      const { receiveError, sendError } = await peer.report();
      assert([receiveError, sendError].includes("Connection reset by peer"), `${receiveError}, ${sendError}`);
      assert((await namespace.counters())["MPTcpExtMPFastcloseRx"]! >= 1);
    } else {
      await assertRejects(() => exchange(conn, 100_000_000), Deno.errors.ConnectionReset, "MP_FASTCLOSE");
      assertEquals(host.counters.MPTcpExtMPFastcloseRx, 1);
    }
    // Either end answers such an acknowledgment by a reset (RFC 8684 section 3.5), and nothing is left.
    await until("nothing is left", async () => {
      const left = await namespace.run("ss -HtnM state connected");
      return host.connections.length === 0 && left === "";
    });
  }
});

testWith(KERNEL, "a port where nobody listens refuses, in either role", async () => {
  await using ends = await Neighbours.create({ families: [4] });
  const { namespace, host } = ends;
  await assertRejects(() => host.connect({ hostname: kernelAddress(4, 1), port: 9 }), Deno.errors.ConnectionRefused);
  const { stderr } = await namespace.output(["python3", "-c", connectTo(ourAddress(4, 1))]);
  assert(stderr.includes("ConnectionRefusedError"), stderr);
});

testWith(KERNEL, "1000 short connections of the kernel, one after another", async () => {
  await using ends = await Neighbours.create({ families: [4] });
  using listener = ends.host.listen({ port: 5000 });
  const served = serve(listener, 1000);
  const program = shortConnections(ourAddress(4, 1), 1000, 1);
  assertEquals((await ends.namespace.output(["python3", "-c", program])).stdout, "1000\n");
  assertEquals(await served, 1000);
  assertEquals((await ends.namespace.counters())["MPTcpExtMPCapableSYNACKRX"], 1000);
});

testWith(KERNEL, "200 connections of the kernel at once", async () => {
  await using ends = await Neighbours.create({ families: [4, 6] });
  using listener = ends.host.listen({ port: 5000 });
  const served = serve(listener, 200);
  const program = shortConnections(ourAddress(6, 1), 1, 200);
  assertEquals((await ends.namespace.output(["python3", "-c", program])).stdout, "200\n");
  assertEquals(await served, 200);
});

testWith(KERNEL, "200 connections of ours at once, and 1000 one after another", async () => {
  await using ends = await Neighbours.create({ families: [4] });
  const { namespace, host } = ends;
  await using _peer = await echoServer(namespace.spawn(["python3", "-c", ECHO_SERVER]));
  const once = async () => {
    using conn = await host.connect({ hostname: kernelAddress(4, 1), port: 5000 });
    await conn.write(new Uint8Array(100).fill(7));
    await conn.closeWrite();
    let received = 0;
    for await (const chunk of conn.readable) received += chunk.length;
    return received;
  };
  const all = await Promise.all(Array.from({ length: 200 }, once));
  assertEquals(all, new Array(200).fill(100));
  for (let i = 0; i < 1000; i++) assertEquals(await once(), 100);
});

/** Answers so many connections with what they send. */
async function serve(listener: Deno.Listener, count: number): Promise<number> {
  const all: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const conn = await listener.accept();
    all.push(conn.readable.pipeTo(conn.writable).finally(() => conn.close()));
  }
  await Promise.all(all);
  return count;
}

async function echoServer(child: Deno.ChildProcess): Promise<AsyncDisposable> {
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await Promise.all([reader.cancel(), child.stderr.cancel(), child.status]);
    },
  };
}

function connectTo(address: string): string {
  return `import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(("${address}", 9))`;
}

/** Prints how many exchanges of 100 bytes ended well: `rounds` times `at` at once. */
function shortConnections(address: string, rounds: number, atOnce: number): string {
  return `
import socket
done = 0
for _ in range(${rounds}):
    ends = [socket.socket(socket.${address.includes(":") ? "AF_INET6" : "AF_INET"}, socket.SOCK_STREAM, 262)
            for _ in range(${atOnce})]
    for end in ends:
        end.settimeout(20)
        end.connect(("${address}", 5000))
    for end in ends:
        end.sendall(b"x" * 100)
        end.shutdown(socket.SHUT_WR)
    for end in ends:
        got = b""
        while chunk := end.recv(1000):
            got += chunk
        end.close()
        done += got == b"x" * 100
print(done)
`;
}

const ECHO_SERVER = `
import socket, threading
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 5000))
listener.listen(512)
print("listening", flush=True)
def serve(end):
    while chunk := end.recv(65536):
        end.sendall(chunk)
    end.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
`;

/**
 * An echo server and its client, over two paths inside this process:
 *
 *     deno run examples/echo.ts
 *
 * Both are written as for `Deno.listen` and `Deno.connect`; only the hosts are ours.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createHost, memoryPair, type MptcpConn, type MptcpListener } from "@userspace/mptcp";

// A path is a pair of transports, one for each end. Each brings its host an address.
const wifi = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
const lte = memoryPair({ left: ["10.0.2.1"], right: ["10.0.2.2"] });
await using server = createHost({ transports: [wifi[0], lte[0]] });
await using client = createHost({ transports: [wifi[1], lte[1]] });

using listener = server.listen({ port: 7 });
const serving = echo(listener);

using conn = await client.connect({ hostname: "10.0.1.1", port: 7 });
await joined(conn, 2);
console.log(`connected to ${conn.remoteAddr.hostname} port ${conn.remoteAddr.port}, multipath: ${conn.isMultipath}`);

const message = new TextEncoder().encode("The same bytes, whichever way they take.\n".repeat(100_000));
const answer = new Uint8Array(message.length);
await Promise.all([writeAll(conn, message), readAll(conn, answer)]);
console.log(`sent ${message.length} bytes, the answer is the same: ${equals(message, answer)}`);
for (const { local, remote, bytesSent } of conn.subflows.filter(({ usable }) => usable)) {
  console.log(`  ${local.address} -> ${remote.address}: ${bytesSent} bytes sent`);
}

await conn.closeWrite();
listener.close();
await serving;

/** Sends back to each client what it sends, until the listener is closed. */
async function echo(listener: MptcpListener): Promise<void> {
  for await (const conn of listener) conn.readable.pipeTo(conn.writable).catch(console.error);
}

/** Resolves when `count` subflows of `conn` can carry data; those that are being opened are in the list already. */
async function joined(conn: MptcpConn, count: number): Promise<void> {
  const isJoined = () => conn.subflows.filter(({ usable }) => usable).length >= count;
  if (isJoined()) return;
  for await (const _ of conn.events()) if (isJoined()) return;
}

async function writeAll(conn: MptcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readAll(conn: MptcpConn, into: Uint8Array): Promise<void> {
  for (let at = 0; at < into.length;) {
    const count = await conn.read(into.subarray(at));
    if (count === null) throw new Error(`the server ended after ${at} of ${into.length} bytes`);
    at += count;
  }
}

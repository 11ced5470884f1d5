/**
 * Multipath TCP in UDP between two processes. Arguments: receive PORT ENGINE, or send PORT ENGINE BYTES, then the addresses
 * of this end. ENGINE is linux, linux-single for the same without trains, or portable. Prints one JSON object.
 *
 * @module
 */

import { createHost, udp } from "../../mod.ts";

const [role, port, name, ...rest] = Deno.args;
const engine = name === "portable" ? "portable" : "linux";
const length = role === "send" ? Number(rest.shift()) : 0;
const addresses = rest.map((address) => role === "receive" ? `${address}:${port}` : address);
const host = createHost({ transports: [udp({ addresses, engine, trains: name === "linux" })] });
const chunk = new Uint8Array(256 * 1024);

if (role === "receive") {
  using listener = host.listen({ port: Number(port) });
  const conn = await listener.accept();
  const began = performance.now();
  let bytes = 0;
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) bytes += count;
  const milliseconds = performance.now() - began;
  console.log(JSON.stringify({ bytes, milliseconds, subflows: conn.subflows.length }));
  await conn.closeWrite();
} else {
  const conn = await host.connect({ hostname: "127.0.0.1", port: Number(port) });
  for (let left = length; left > 0;) {
    left -= await conn.write(left < chunk.length ? chunk.subarray(0, left) : chunk);
  }
  await conn.closeWrite();
  while (await conn.read(chunk) !== null);
}
await host.close();

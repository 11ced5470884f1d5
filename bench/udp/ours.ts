/**
 * Multipath TCP in UDP between two processes. Arguments: receive PORT ENGINE, or send PORT ENGINE BYTES, then the addresses
 * of this end. ENGINE is linux, linux-single for the same without trains, or portable. The receiver says when it is
 * ready; each prints one JSON object.
 *
 * @module
 */

import { createHost, udp } from "../../mod.ts";
import { stopwatch } from "./stopwatch.ts";

const [role, port, name, ...rest] = Deno.args;
const engine = name === "portable" ? "portable" : "linux";
const length = role === "send" ? Number(rest.shift()) : 0;
const addresses = rest.map((address) => role === "receive" ? `${address}:${port}` : address);
const host = createHost({ transports: [udp({ addresses, engine, trains: name === "linux" })] });
const chunk = new Uint8Array(1 << 20);

if (role === "receive") {
  using listener = host.listen({ port: Number(port) });
  console.log("ready");
  const conn = await listener.accept();
  const passed = stopwatch();
  while (await conn.read(chunk) !== null);
  console.log(JSON.stringify({ ...passed(), subflows: conn.subflows.length }));
  await conn.closeWrite();
} else {
  const conn = await host.connect({ hostname: "127.0.0.1", port: Number(port) });
  const passed = stopwatch();
  for (let left = length; left > 0;) {
    left -= await conn.write(left < chunk.length ? chunk.subarray(0, left) : chunk, { lend: true });
  }
  await conn.closeWrite();
  while (await conn.read(chunk) !== null);
  console.log(JSON.stringify(passed()));
}
await host.close();

/**
 * Answers in capitals, to {@link ./udp_client.ts}; no privileges, on any system:
 *
 *     deno run --allow-net --unstable-net examples/udp_server.ts 127.0.0.1 127.0.0.2
 *
 * @module
 */

import { createHost, udp } from "@userspace/mptcp";

const port = /^\d+$/.test(Deno.args.at(-1) ?? "") ? Number(Deno.args.at(-1)) : 6000;
const hosts = Deno.args.filter((word) => !/^\d+$/.test(word));
if (hosts.length === 0) {
  console.error("usage: udp_server.ts LOCAL… [PORT]\n\nLOCAL is an address of this machine, PORT is 6000 by default.");
  Deno.exit(2);
}
const addresses = hosts.map((host) => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
await using host = createHost({ transports: [udp({ addresses })] });
using listener = host.listen({ port });
for await (const conn of listener) {
  const text = await new Response(conn.readable).text();
  await new Response(text.toUpperCase()).body!.pipeTo(conn.writable);
}

/**
 * Answers in capitals, to {@link ./udp_client.ts}; no privileges, on any system:
 *
 *     deno run --allow-net --unstable-net examples/udp_server.ts 127.0.0.1 127.0.0.2
 *
 * @module
 */

import { createHost, udp } from "@userspace/mptcp";

const addresses = Deno.args.map((address) => `${address}:6000`);
await using host = createHost({ transports: [udp({ addresses })] });
using listener = host.listen({ port: 6000 });
for await (const conn of listener) {
  const text = await new Response(conn.readable).text();
  await new Response(text.toUpperCase()).body!.pipeTo(conn.writable);
}

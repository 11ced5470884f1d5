/**
 * Sends a line to {@link ./udp_server.ts} over as many paths as it is given addresses of this machine:
 *
 *     deno run --allow-net --unstable-net examples/udp_client.ts 127.0.0.1 127.0.0.3 127.0.0.4
 *
 * @module
 */

import { createHost, udp } from "@userspace/mptcp";

const [hostname = "127.0.0.1", ...addresses] = Deno.args;
await using host = createHost({ transports: [udp({ addresses })] });
using conn = await host.connect({ hostname, port: 6000 });
const answer = new Response(conn.readable).text();
await new Response("multipath without privileges\n").body!.pipeTo(conn.writable);
console.log((await answer).trimEnd(), conn.subflows.length > 0);

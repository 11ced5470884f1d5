/**
 * Sends a line to {@link ./udp_server.ts} over as many paths as it is given addresses of this machine:
 *
 *     deno run --allow-net --unstable-net examples/udp_client.ts 127.0.0.1 127.0.0.3 127.0.0.4
 *
 * @module
 */

import { createHost, udp } from "@userspace/mptcp";

const port = /^\d+$/.test(Deno.args.at(-1) ?? "") ? Number(Deno.args.at(-1)) : 6000;
const [hostname, ...addresses] = Deno.args.filter((word) => !/^\d+$/.test(word));
if (hostname === undefined || addresses.length === 0) {
  console.error(
    "usage: udp_client.ts SERVER LOCAL… [PORT]\n\nLOCAL is an address of this machine, PORT is 6000 by default.",
  );
  Deno.exit(2);
}
await using host = createHost({ transports: [udp({ addresses })] });
using conn = await host.connect({ hostname, port });
const answer = new Response(conn.readable).text();
await new Response("multipath without privileges\n").body!.pipeTo(conn.writable);
const text = (await answer).trimEnd();
const { subflowsTotal } = conn.stats();
console.log(`${text}, over ${subflowsTotal} subflow${subflowsTotal === 1 ? "" : "s"}`);

import { assert, assertEquals } from "@std/assert";
import { createHost, type MptcpConn, udp } from "../../mod.ts";
import { UdpRelay } from "./udp_relay.ts";

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

async function hashOf(conn: MptcpConn, onRead: (total: number) => void = () => {}): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for await (const chunk of conn.readable) {
    chunks.push(chunk);
    onRead(total += chunk.length);
  }
  return hex(await crypto.subtle.digest("SHA-256", await new Blob(chunks).arrayBuffer()));
}

function hex(bytes: ArrayBuffer): string {
  return new Uint8Array(bytes).toHex();
}

async function send(conn: MptcpConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + 50_000));
  await conn.closeWrite();
}

for (const engine of ["linux", "portable"] as const) {
  for (const paths of [1, 2]) {
    Deno.test(`a translator that gives out new ports costs a subflow, not the connection: ${paths} paths, ${engine}`, async () => {
      const port = freePort();
      await using server = createHost({ transports: [udp({ addresses: [`127.0.0.1:${port}`], engine })] });
      const relays = ["127.0.0.5", "127.0.0.6"].slice(0, paths).map((at) =>
        new UdpRelay(at, { hostname: "127.0.0.1", port })
      );
      const addresses = ["127.0.0.3", "127.0.0.4"].slice(0, paths);
      const client = createHost({ transports: [udp({ addresses, engine })] });
      using listener = server.listen({ port });
      const [conn, accepted] = await Promise.all([
        client.connect({ hostname: "127.0.0.5", port }),
        listener.accept(),
      ]);
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const all = new Uint8Array(3_000_000);
      for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at);
      let rebound = 0;
      const [hash] = await Promise.all([
        hashOf(accepted, (total) => {
          if (total < 1_000_000 * (rebound + 1) || rebound === 2) return;
          rebound++;
          relays[0]!.rebind();
        }),
        send(conn, all),
      ]);
      assertEquals(hash, hex(await crypto.subtle.digest("SHA-256", all)));
      assertEquals(rebound, 2);
      assert(conn.stats().subflowsTotal >= 3, "each new port is a new subflow");
      await client.close();
      for (const relay of relays) await relay[Symbol.asyncDispose]();
    });
  }
}

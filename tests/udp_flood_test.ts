/**
 * A flood of garbage on the port of a server: connections go on, memory is bounded, counters tell.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { createHost, udp } from "../mod.ts";
import { Garbage } from "./harness/garbage.ts";

const LENGTH = 100_000;

for (const [engine, burst] of [["linux", 100], ["portable", 20]] as const) {
  Deno.test(`a flood of garbage, ${engine}: every byte arrives, and nothing is left of it`, async () => {
    const at = udp({ addresses: ["127.0.10.1:0"], engine });
    await using server = createHost({ transports: [at] });
    await using client = createHost({ transports: [udp({ addresses: ["127.0.10.2"], engine })] });
    const { port } = at.listening[0]!;
    using listener = server.listen({ port });
    const [conn, accepted] = await Promise.all([
      client.connect({ hostname: "127.0.10.1", port }),
      listener.accept(),
    ]);
    using garbage = new Garbage("127.0.10.1", port);
    let isOver = false;
    const flood = (async () => {
      while (!isOver) {
        garbage.send(burst);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const bytes = Uint8Array.from({ length: LENGTH }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
    const writing = (async () => {
      for (let i = 0; i < LENGTH;) i += await conn.write(bytes.subarray(i, i + 10_000));
      await conn.closeWrite();
    })();
    const read = new Uint8Array(await new Response(accepted.readable).arrayBuffer());
    await writing;
    isOver = true;
    await flood;
    assertEquals(read.length, LENGTH);
    assert(read.every((byte, i) => byte === bytes[i]), "every byte at its place");
    assert(at.counters.UdpInErrors > 0, "what carries no segment");
    assert(server.counters.TcpInErrs > 0 || server.counters.TcpOutRsts > 0, "what is for nobody");
  });
}

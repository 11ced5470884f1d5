import { assert, assertEquals } from "@std/assert";
import { createHost, memoryPair } from "../mod.ts";
import { captured } from "./capture.ts";
import { PcapngWriter } from "./pcapng.ts";

Deno.test("a captured transport carries as before, and every segment is in the capture with right checksums", async () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()));
  const [left, right] = memoryPair({ left: ["10.0.0.1", "fd00::1"], right: ["10.0.0.2", "fd00::2"] });
  await using server = createHost({ transports: [captured(left, writer, "left")] });
  await using client = createHost({ transports: [right] });
  for (const hostname of ["10.0.0.1", "fd00::1"]) {
    using listener = server.listen({ port: 80 });
    using conn = await client.connect({ hostname, port: 80 });
    using accepted = await listener.accept();
    await conn.write(new TextEncoder().encode("captured"));
    await conn.closeWrite();
    await accepted.closeWrite();
    assertEquals(await new Response(accepted.readable).text(), "captured");
  }
  await client.close();
  await server.close();
  writer.flush();
  const capture = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const text = new TextDecoder("latin1").decode(capture);
  assertEquals(text.split("captured").length - 1, 2);
  assert(text.includes("left"));
  assert(text.split("\x06\0\0\0").length > server.counters.TcpInSegs);
});

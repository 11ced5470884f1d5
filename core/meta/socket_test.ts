import { assert, assertEquals } from "@std/assert";
import { Pair } from "../../tests/harness/pair.ts";

Deno.test("a stream that was torn has no end to read, though the peer's came with what was lost", () => {
  for (const isOtherwiseOver of [false, true]) {
    const pair = new Pair();
    const { client, server } = pair.connect();
    if (isOtherwiseOver) client.shutdown(pair.now);
    pair.run(4);
    const into = new Uint8Array(100);
    client.postRead(into);
    server.write(new Uint8Array(50), pair.now);
    server.shutdown(pair.now);
    pair.run(4);
    assertEquals([client.readable, client.state], [50, isOtherwiseOver ? "closed" : "established"]);
    structuredClone(into, { transfer: [into.buffer] });
    assertEquals([client.read(into, pair.now), client.readable, client.readEnded], [0, 0, false]);
    assertEquals([client.state, pair.client.blocks.inUse], ["closed", 0]);
  }
});

Deno.test("a writer is woken for what fits whole, or when a third of the send buffer is free", () => {
  const pair = new Pair({ options: { sendBuffer: 9000 } });
  const { client } = pair.connect();
  assert(client.isWritable(9000));
  assert(client.isWritable(100_000));
  assertEquals(client.write(new Uint8Array(6500), pair.now), 6500);
  assert(client.isWritable(2500));
  assert(!client.isWritable(2501));
  assertEquals(client.write(new Uint8Array(100_000), pair.now), 2500);
  assert(!client.isWritable(1));
});

import { assert, assertEquals } from "@std/assert";
import { Pair } from "../../tests/harness/pair.ts";

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

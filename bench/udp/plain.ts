/**
 * Plain TCP of the kernel by Deno's own sockets: what UDP encapsulation is measured against.
 * Arguments: receive PORT, or send PORT BYTES. The receiver says when it is ready; each
 * prints one JSON object.
 *
 * @module
 */

import { stopwatch } from "./stopwatch.ts";

const [role, port, length] = Deno.args;
const chunk = new Uint8Array(256 * 1024);

if (role === "receive") {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  console.log("ready");
  using conn = await listener.accept();
  const passed = stopwatch();
  while (await conn.read(chunk) !== null);
  console.log(JSON.stringify(passed()));
} else {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const passed = stopwatch();
  for (let left = Number(length); left > 0;) {
    left -= await conn.write(left < chunk.length ? chunk.subarray(0, left) : chunk);
  }
  await conn.closeWrite();
  await conn.read(chunk);
  console.log(JSON.stringify(passed()));
}

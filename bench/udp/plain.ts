/**
 * Plain TCP of the kernel by Deno's own sockets: what UDP encapsulation is measured against.
 * Arguments: receive PORT, or send PORT BYTES. Prints one JSON object.
 *
 * @module
 */

const [role, port, length] = Deno.args;
const chunk = new Uint8Array(256 * 1024);

if (role === "receive") {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  using conn = await listener.accept();
  const began = performance.now();
  let bytes = 0;
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) bytes += count;
  console.log(JSON.stringify({ bytes, milliseconds: performance.now() - began }));
} else {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  for (let left = Number(length); left > 0;) {
    left -= await conn.write(left < chunk.length ? chunk.subarray(0, left) : chunk);
  }
  await conn.closeWrite();
  await conn.read(chunk);
}

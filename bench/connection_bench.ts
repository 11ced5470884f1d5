/**
 * What it costs to open and close a connection, and what an idle one holds: two stacks wired directly, both ends counted.
 * Memory is printed before the benchmarks; it takes `--v8-flags=--expose-gc`, as `deno task bench` gives it.
 *
 * @module
 */

import type { MetaSocket } from "../core/mod.ts";
import { Pair, PORT } from "../tests/harness/pair.ts";

const IDLE = 10_000;
const AT_ONCE = 200;

function used(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Bytes that each of many idle connections holds, both ends together. */
function idleBytes(): number {
  const pair = new Pair();
  const listener = pair.server.listen({ port: PORT }, pair.now);
  const before = used();
  const open: (MetaSocket | undefined)[] = [];
  while (open.length < 2 * IDLE) {
    const some = Array.from({ length: AT_ONCE }, () => pair.dial());
    pair.run(6);
    for (const socket of some) open.push(socket, listener.accept());
  }
  pair.pass(1_000_000);
  for (const socket of open) while (socket?.pollEvent() !== undefined);
  const bytes = (used() - before) / IDLE;
  if (open.some((socket) => socket?.state !== "established")) throw new Error("A connection did not open");
  return bytes;
}

console.log(`memory of ${IDLE} idle connections: ${Math.round(idleBytes())} bytes each, both ends together`);

const pair = new Pair();

Deno.bench("open a multipath connection, end it in both directions", () => {
  const { client, server } = pair.connect();
  client.shutdown(pair.now);
  server.shutdown(pair.now);
  pair.run(4);
  if (client.state !== "closed" || server.state !== "closed") throw new Error("The connection did not end");
});

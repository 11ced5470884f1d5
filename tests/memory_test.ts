import { assert, assertEquals } from "@std/assert";
import type { MetaSocket, SocketOptions } from "../core/mod.ts";
import { Pair, PORT } from "./harness/pair.ts";

const collect = (globalThis as { gc?: () => void }).gc;
const CONNECTIONS = 10_000;
const AT_ONCE = 200;
/** What each end may hold for one connection. */
const MOST_EACH = 10 * 1024;

/** Bytes of objects, and of arrays outside of the heap, after a collection. */
function used(): number {
  if (collect === undefined) throw new Error("Cannot measure: run with --v8-flags=--expose-gc, as `deno task test`");
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Two stacks and what programs hold of their connections; each part can be let go. */
interface World {
  pair: { client: Pair["client"] | null; server: Pair["server"] | null };
  clients: MetaSocket[];
  servers: MetaSocket[];
}

function connect(options: Partial<SocketOptions>, hasTalked: boolean): World {
  const pair = new Pair({ options });
  const listener = pair.server.listen({ port: PORT }, pair.now);
  const clients: MetaSocket[] = [];
  const servers: MetaSocket[] = [];
  while (clients.length < CONNECTIONS) {
    const some = Array.from({ length: AT_ONCE }, () => pair.dial());
    pair.run(6);
    const accepted = some.map(() => listener.accept() as MetaSocket);
    if (hasTalked) {
      talk(pair, some, accepted);
      talk(pair, accepted, some);
    }
    clients.push(...some);
    servers.push(...accepted);
  }
  pair.pass(1_000_000);
  for (const socket of [...clients, ...servers]) {
    while (socket.pollEvent() !== undefined);
    assertEquals([socket.state, socket.isMultipath], ["established", options.multipath ?? true]);
  }
  const deadlines = [pair.client.pollTimeout(), pair.server.pollTimeout()];
  assertEquals(deadlines, [Infinity, Infinity], "an idle connection wants nothing");
  return { pair, clients, servers };
}

function talk(pair: Pair, from: readonly MetaSocket[], to: readonly MetaSocket[]): void {
  const bytes = new Uint8Array(2000);
  for (const socket of from) socket.write(bytes, pair.now);
  pair.run(12);
  for (const socket of to) assertEquals(socket.read(bytes, pair.now), 2000);
}

/** Bytes that each connection holds on the client and on the server. */
function measure(options: Partial<SocketOptions>, hasTalked: boolean): { client: number; server: number } {
  connect(options, hasTalked); // What is compiled and pooled once stays out of the figures.
  const before = used();
  const world = connect(options, hasTalked);
  const both = used();
  world.servers = [];
  world.pair.server = null;
  const one = used();
  assertEquals(world.clients.length, CONNECTIONS);
  return { client: (one - before) / CONNECTIONS, server: (both - one) / CONNECTIONS };
}

const CASES: [string, Partial<SocketOptions>, boolean][] = [
  ["that was just opened", {}, false],
  ["that has carried data both ways", {}, true],
  ["of plain TCP", { multipath: false }, true],
];

for (const [name, options, hasTalked] of CASES) {
  Deno.test(`an idle connection ${name} costs each end at most 10 KiB`, () => {
    const { client, server } = measure(options, hasTalked);
    if (Deno.env.get("MPTCP_FIGURES")) console.log(`${name}: client ${client | 0}, server ${server | 0} bytes`);
    assert(client > 500 && server > 500, "the measurement sees what it measures");
    assert(client < MOST_EACH && server < MOST_EACH, `client ${client | 0}, server ${server | 0} bytes`);
  });
}

import { assertEquals } from "@std/assert";
import {
  createHost,
  fullMesh,
  type Host,
  lia,
  memoryPair,
  minRtt,
  type MptcpConn,
  newReno,
  type Plugin,
  roundRobin,
  type Scheduler,
} from "../mod.ts";

/** Who made an instance, in order. */
const made: string[] = [];

/** `plugin` under another name, telling when an instance is made. */
function named<T>(plugin: Plugin<T>, name: string): Plugin<T> {
  return {
    name,
    create(env) {
      made.push(name);
      return plugin.create(env);
    },
  };
}

/** What each connection between the hosts is made of, as far as `options` do not say otherwise. */
async function connect(client: Host, options: Partial<Parameters<Host["connect"]>[0]> = {}): Promise<MptcpConn> {
  return await client.connect({ hostname: "10.0.0.1", port: 7, ...options });
}

Deno.test("a host has plug-ins for all connections, and a connection or a listener can have others", async () => {
  const [left, right] = memoryPair();
  await using server = createHost({ transports: [left], scheduler: named(minRtt(), "server's") });
  await using client = createHost({
    transports: [right],
    scheduler: named(minRtt(), "scheduler of the host"),
    congestion: named(lia(), "congestion of the host"),
    pathManager: named(fullMesh(), "paths of the host"),
  });
  using _usual = server.listen({ port: 7 });
  using _special = server.listen({ port: 8, scheduler: named(roundRobin(), "listener's") });

  made.length = 0;
  await connect(client);
  assertEquals(made.toSorted(), [
    "congestion of the host",
    "paths of the host",
    "scheduler of the host",
    "server's",
  ]);

  made.length = 0;
  await connect(client, {
    port: 8,
    scheduler: named(roundRobin(), "scheduler of its own"),
    congestion: named(newReno(), "congestion of its own"),
    pathManager: named(fullMesh(), "paths of its own"),
  });
  assertEquals(made.toSorted(), [
    "congestion of its own",
    "listener's",
    "paths of its own",
    "scheduler of its own",
  ]);
});

Deno.test("the scheduler of a live connection can be exchanged, and what it carries arrives", async () => {
  const [left, right] = memoryPair();
  await using server = createHost({ transports: [left] });
  await using client = createHost({ transports: [right] });
  using listener = server.listen({ port: 7 });
  const [conn, accepted] = await Promise.all([connect(client), listener.accept()]);
  const other = await connect(client);
  const asked: string[] = [];
  const watched = (name: string): Plugin<Scheduler> => ({
    name,
    create(env) {
      const scheduler = minRtt().create(env);
      return {
        schedule(batch, now) {
          if (asked.at(-1) !== name) asked.push(name);
          scheduler.schedule(batch, now);
        },
      };
    },
  });
  const sent = new Uint8Array(3000).map((_, i) => i);
  const received = new Uint8Array(6000);
  for (const [i, name] of ["first", "second"].entries()) {
    conn.setScheduler(watched(name));
    await conn.write(sent);
    for (let at = 0; at < sent.length;) at += await accepted.read(received.subarray(3000 * i + at)) ?? 0;
  }
  await other.write(sent);
  assertEquals(asked, ["first", "second"], "each from its turn on, and not for other connections");
  assertEquals([received.slice(0, 3000), received.slice(3000)], [sent, sent]);
});

import { assert, assertEquals } from "@std/assert";
import { passive } from "../../../pathmanagers/mod.ts";
import { transfer } from "../../../sim/mod.ts";
import { scene } from "../scene.ts";
import { cycle, fatTree } from "./fat_tree.ts";
import { Shortcut } from "./shortcut.ts";

Deno.test("a FatTree of k ports has k³/4 hosts, 5k²/4 switches and 3k³/4 links", () => {
  for (const k of [2, 4, 6]) {
    const { network } = scene("lia", 1, { pathManager: passive() });
    const hosts = fatTree(network, k, {});
    assertEquals(hosts.length, k ** 3 / 4);
    assertEquals(network.nodes.length - hosts.length, 5 * k ** 2 / 4);
    assertEquals(network.links.size, 3 * k ** 3 / 4);
    assertEquals(new Set(hosts.flatMap((host) => host.addresses)).size, hosts.length);
  }
});

Deno.test("a cycle takes everybody to somebody else, and all of them round", () => {
  let state = 1;
  const below = (limit: number): number => (state = state * 48_271 % 2_147_483_647) % limit;
  for (const count of [2, 3, 16, 128]) {
    const order = cycle(count, below);
    const seen = new Set<number>();
    for (let at = 0; !seen.has(at); at = order[at]!) seen.add(at);
    assertEquals(seen.size, count);
    assert(order.every((to, from) => to !== from));
  }
});

Deno.test("behind shortcuts acknowledgments pass no switch, and everything arrives", async () => {
  const link = { rate: 10e6, delay: 1, queue: { packets: 100 } };
  const run = async (isShort: boolean) => {
    const { simulator, network } = scene("lia", 1, { pathManager: passive() });
    const hosts = fatTree(network, 2, link, isShort ? new Shortcut(network, 5000) : null);
    const [client, server] = [hosts[0]!, hosts[1]!];
    const bytes = 100_000;
    const result = await simulator.run(() =>
      transfer(simulator, { client, server, bytes, direction: "upload", connection: { port: 5000 } })
    );
    assertEquals(result.bytes, bytes);
    const backward = [...network.links.values()].filter(({ name }) =>
      name.includes("edge") && name.includes("aggregation")
    );
    return backward.map(({ backward, forward }) => backward.counters.packetsIn + forward.counters.packetsIn);
  };
  const [short, long] = [await run(true), await run(false)];
  const segments = 100_000 / 1460;
  assert(short.every((packets) => packets >= segments && packets < 1.3 * segments), `${short}`);
  assert(long.every((packets) => packets > 1.4 * segments), `${long}`);
});

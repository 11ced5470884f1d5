import { assert, assertEquals } from "@std/assert";
import { passive } from "../../../pathmanagers/mod.ts";
import { scene } from "../scene.ts";
import { cycle, fatTree } from "./fat_tree.ts";

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

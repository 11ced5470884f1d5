import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { FlowHash } from "./flow_hash.ts";

const a = IpAddress.parse("10.0.0.1");
const b = IpAddress.parse("10.0.0.2");
const secret = (seed: number) => Uint8Array.from({ length: 16 }, (_, i) => Math.imul(i + 1, seed) >> 3);

/** The most flows of those given that share one hash. */
function longest(hash: FlowHash, flows: readonly (readonly [IpAddress, number])[]): number {
  const counts = new Map<number, number>();
  for (const [remote, port] of flows) {
    const key = hash.of(a, 443, remote, port);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

Deno.test("ten thousand flows that differ in little spread over the hash", () => {
  for (let seed = 1000; seed < 1008; seed++) {
    const hash = new FlowHash(secret(seed));
    const ports = Array.from({ length: 10_000 }, (_, i) => [b, 32768 + i] as const);
    const hosts = Array.from(
      { length: 10_000 },
      (_, i) => [new IpAddress(0, 0, 0xffff, 0x0a010000 + i), 5000] as const,
    );
    const wide = Array.from({ length: 10_000 }, (_, i) => [new IpAddress(0x20010db8, 0, i, i << 16), i] as const);
    for (const flows of [ports, hosts, wide]) assert(longest(hash, flows) <= 3, `${longest(hash, flows)} on one place`);
    assertNotEquals(hash.of(a, 1, b, 2), hash.of(b, 1, a, 2), "the direction counts");
  }
});

Deno.test("ends that collide under one secret do not under another", () => {
  const known = new FlowHash(secret(7));
  const places = new Map<number, (readonly [IpAddress, number])[]>();
  for (let i = 0; i < 250_000; i++) {
    const flow = [new IpAddress(0, 0, 0xffff, Math.imul(i, 0x9e3779b1)), i & 0xffff] as const;
    const place = known.of(a, 443, ...flow);
    // An attacker who knows a secret looks for flows of one place; here, for pairs.
    if (places.has(place)) places.get(place)!.push(flow);
    else places.set(place, [flow]);
  }
  const pairs = [...places.values()].filter(({ length }) => length > 1);
  assert(pairs.length > 2, `${pairs.length} pairs`);
  let shared = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const other = new FlowHash(secret(1000 + seed));
    for (const [first, second] of pairs) if (other.of(a, 443, ...first!) === other.of(a, 443, ...second!)) shared++;
  }
  assert(shared <= 20 * pairs.length / 1000, `${shared} of ${20 * pairs.length}`);
  assertEquals(longest(new FlowHash(secret(99)), pairs.map(([first]) => first!)) <= 2, true);
});

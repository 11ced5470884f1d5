import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { flowHash, Path } from "./path.ts";

const a = IpAddress.parse("10.0.0.1");
const b = IpAddress.parse("10.0.0.2");
const six = IpAddress.parse("2001:db8::1");

Deno.test("the MSS of an interface is what it takes less IP and TCP headers (RFC 9293 MUST-67; RFC 6691)", () => {
  assertEquals(new Path(a, 1, b, 2, 1500, 0).interfaceMss, 1460);
  assertEquals(new Path(six, 1, six, 2, 1500, 0).interfaceMss, 1440);
  assertEquals(new Path(a, 1, b, 2, 100, 0).interfaceMss, 536, "what every network takes");
});

Deno.test("a path keeps its ends when the caller's addresses change (RFC 9293 MUST-45)", () => {
  const reused = IpAddress.parse("10.0.0.1");
  const path = new Path(reused, 1, b, 2, 1500, 0);
  reused.copy(b);
  assert(path.matches(a, 1, b, 2));
});

Deno.test("a path matches its own ends only", () => {
  const path = new Path(a, 1, b, 2, 1500, 0);
  assertEquals([path.matches(b, 2, a, 1), path.matches(a, 2, b, 1), path.matches(a, 1, b, 3)], [false, false, false]);
});

Deno.test("ten thousand flows that differ in little spread over the hash", () => {
  const hashes = new Set<number>();
  const low = new Set<number>();
  for (let port = 32768; port < 42768; port++) {
    const hash = flowHash(a, port, b, 443);
    hashes.add(hash);
    low.add(hash & 0xffff);
  }
  assertEquals(hashes.size, 10_000);
  // Of 65536 places an even choice hits 9265.
  assert(low.size > 9000, `${low.size}`);
  assert(flowHash(a, 1, b, 2) !== flowHash(b, 1, a, 2), "the direction counts");
});

import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { Path } from "./path.ts";

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

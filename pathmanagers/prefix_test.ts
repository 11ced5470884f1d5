import { assertEquals } from "@std/assert";
import { commonPrefix } from "./prefix.ts";

Deno.test("bits in common are counted from the left, in both families", () => {
  assertEquals(commonPrefix("10.0.1.1", "10.0.1.1"), 32);
  assertEquals(commonPrefix("10.0.1.1", "10.0.1.2"), 30);
  assertEquals(commonPrefix("10.0.1.1", "10.0.2.1"), 22);
  assertEquals(commonPrefix("10.0.0.1", "192.0.2.1"), 0);
  assertEquals(commonPrefix("2001:db8::1", "2001:db8:0:0:0:0:0:1"), 128);
  assertEquals(commonPrefix("2001:db8:1::", "2001:db8:2::"), 46);
  assertEquals(commonPrefix("::1", "::"), 127);
});

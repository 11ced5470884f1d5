import { assert, assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";
import { DEFAULT_TCP_SETTINGS } from "./settings.ts";

const HOUR = 3_600_000_000;

Deno.test("an idle peer is not asked unless the application wants it, and then after two hours (RFC 9293 MUST-24, MUST-25, MUST-28)", () => {
  const under = SocketUnderTest.established();
  assertEquals(under.pass(24 * HOUR), []);
  under.socket.configure({ ...under.socket.settings, keepAlive: true }, under.now);
  assertEquals(under.pass(2 * HOUR - 1), []);
  assertEquals(under.pass(1).length, 1);
  under.arrives({});
  under.socket.configure({ ...under.socket.settings, keepAlive: false }, under.now);
  assertEquals(under.pass(24 * HOUR), []);
});

Deno.test("data that nobody acknowledges is given up after more than 100 seconds (RFC 9293 SHLD-11)", () => {
  const under = SocketUnderTest.established();
  under.sends("x");
  under.leaves();
  const start = under.now;
  while (under.state !== "closed") under.pass(under.socket.deadline - under.now);
  assert(under.now - start > 100_000_000, `${under.now - start} µs`);
  assertEquals(DEFAULT_TCP_SETTINGS.userTimeout, 0, "no other limit is in force");
});

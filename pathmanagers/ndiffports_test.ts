import { assertEquals, assertThrows } from "@std/assert";
import type { LocalAddress, RemoteAddress } from "../core/plugin.ts";
import { FakePaths } from "../tests/kit/mod.ts";
import { ndiffports, type NdiffportsOptions } from "./ndiffports.ts";

const FIRST: LocalAddress = { address: "10.0.0.1", id: 0, backup: false };
const OTHER: LocalAddress = { address: "10.1.0.1", id: 1, backup: false };
const SERVER: RemoteAddress = { address: "192.0.2.1", port: 443, id: 0 };
const SECOND: RemoteAddress = { address: "192.0.2.2", port: 443, id: 1 };

function connection(options?: NdiffportsOptions): FakePaths {
  return new FakePaths(ndiffports(options), [FIRST, OTHER], [SERVER]);
}

Deno.test("all subflows are between the first addresses, the first subflow counted", () => {
  assertEquals(connection().establish(), ["open 0-0"]);
  assertEquals(connection({ subflows: 4 }).establish(), ["open 0-0", "open 0-0", "open 0-0"]);
  assertEquals(connection({ subflows: 1 }).establish(), []);
});

Deno.test("other addresses play no part, and a server does nothing", () => {
  const client = connection();
  client.establish();
  assertEquals(client.announced(SECOND), []);
  assertEquals(client.down(OTHER), []);
  const server = connection();
  assertEquals([server.establish(true), server.announced(SECOND), server.up(OTHER)], [[], [], []]);
});

Deno.test("an attempt that fails is repeated after a while, what worked and broke at once", () => {
  const client = connection({ subflows: 3, shortestRetry: 500_000 });
  client.establish();
  assertEquals(client.end(1, "timeout", 10_000_000), []);
  assertEquals(client.wake, 10_500_000);
  assertEquals(client.tell({ type: "timer" }, 10_500_000), ["open 0-0"]);
  assertEquals(client.end(0, "reset", 20_000_000), ["open 0-0"]);
  assertEquals(client.end(4, "timeout", 21_000_000), []);
  assertEquals(client.wake, 21_500_000, "what had lasted wiped the slate");
});

Deno.test("they come back with their address", () => {
  const client = connection({ subflows: 2 });
  client.establish();
  assertEquals(client.down(FIRST), []);
  assertEquals(client.up(FIRST), ["open 0-0", "open 0-0"]);
});

Deno.test("a peer that asks for it is not joined", () => {
  const client = connection();
  client.joinsToPrimaryAllowed = false;
  assertEquals(client.establish(), []);
});

Deno.test("options out of range are refused", () => {
  assertThrows(
    () => ndiffports({ subflows: 0 }),
    RangeError,
    "Cannot create ndiffports: subflows must be a whole number",
  );
  assertThrows(
    () => ndiffports({ shortestRetry: 0 }),
    RangeError,
    "Cannot create ndiffports: shortestRetry must be above 0",
  );
});

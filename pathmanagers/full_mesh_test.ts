import { assertEquals, assertThrows } from "@std/assert";
import type { LocalAddress, PathEvent, RemoteAddress, SubflowCloseReason } from "../core/plugin.ts";
import { FakePaths } from "../tests/kit/mod.ts";
import { fullMesh, type FullMeshOptions } from "./full_mesh.ts";

const WIFI: LocalAddress = { address: "10.0.0.1", id: 0, backup: false };
const LTE: LocalAddress = { address: "10.1.0.1", id: 1, backup: true };
const HOME_V6: LocalAddress = { address: "fd00::1", id: 2, backup: false };
const SERVER: RemoteAddress = { address: "192.0.2.1", port: 443, id: 0 };
const SECOND: RemoteAddress = { address: "192.0.2.2", port: 443, id: 1 };
const SERVER_V6: RemoteAddress = { address: "2001:db8::1", port: 443, id: 2 };

/** A connection from WIFI to SERVER. */
class Connection extends FakePaths {
  constructor(options?: FullMeshOptions) {
    super(fullMesh(options), [WIFI], [SERVER]);
  }

  fail(id: number, reason: SubflowCloseReason, now: number): string[] {
    return this.end(id, reason, now);
  }
}

const CLIENT: PathEvent = { type: "established", isServer: false };
const SERVER_SIDE: PathEvent = { type: "established", isServer: true };

Deno.test("the client connects every pair of addresses of the same family", () => {
  const connection = new Connection();
  connection.localAddresses = [WIFI, LTE, HOME_V6];
  connection.remoteAddresses = [SERVER, SECOND, SERVER_V6];
  assertEquals(connection.tell(CLIENT), ["open 0-1", "open 1-0 backup", "open 1-1 backup", "open 2-2"]);
});

Deno.test("every pair gets its first subflow before any gets a second, within the limit", () => {
  const connection = new Connection({ subflowsPerPair: 2, limit: 4 });
  connection.localAddresses = [WIFI, LTE];
  assertEquals(connection.tell(CLIENT), ["open 1-0 backup", "open 0-0", "open 1-0 backup"]);
});

Deno.test("addresses that appear later are connected then", () => {
  const connection = new Connection();
  assertEquals(connection.tell(CLIENT), []);
  connection.localAddresses = [WIFI, LTE];
  assertEquals(connection.tell({ type: "local-address-up", address: LTE }), ["open 1-0 backup"]);
  connection.remoteAddresses = [SERVER, SECOND];
  assertEquals(connection.tell({ type: "announced", address: SECOND }), ["open 0-1", "open 1-1 backup"]);
});

Deno.test("nothing goes to the first address of a peer that asks for it, under whatever identifier", () => {
  const connection = new Connection();
  connection.joinsToPrimaryAllowed = false;
  connection.localAddresses = [WIFI, LTE];
  connection.remoteAddresses = [SERVER, SECOND, { ...SERVER, id: 5 }];
  assertEquals(connection.tell(CLIENT), ["open 0-1", "open 1-1 backup"]);
});

Deno.test("an address announced under two identifiers is connected once", () => {
  const connection = new Connection();
  connection.remoteAddresses = [SERVER, SECOND, { ...SECOND, id: 6 }];
  assertEquals(connection.tell(CLIENT), ["open 0-1"]);
});

Deno.test("the server announces what the client cannot know, and opens nothing", () => {
  const connection = new Connection();
  connection.localAddresses = [WIFI, LTE];
  connection.remoteAddresses = [SERVER, SECOND];
  assertEquals(connection.tell(SERVER_SIDE), ["announce 1"]);
  assertEquals(connection.tell({ type: "local-address-up", address: HOME_V6 }), ["announce 2"]);
  assertEquals(connection.tell({ type: "local-address-down", address: LTE }), ["withdraw 1"]);
  assertEquals(connection.tell({ type: "announced", address: SECOND }), []);
});

Deno.test("a client tells the peer that an address has gone (RFC 8684 3.4.2-1)", () => {
  const connection = new Connection();
  connection.tell(CLIENT);
  assertEquals(connection.tell({ type: "local-address-down", address: WIFI }), ["withdraw 0"]);
});

Deno.test("what worked and broke is opened again at once; if that fails after one second, then two, then four", () => {
  const connection = new Connection();
  connection.tell(CLIENT);
  assertEquals(connection.fail(0, "timeout", 10_000_000), ["open 0-0"]);
  assertEquals(connection.wake, Infinity);
  connection.fail(1, "unreachable", 12_000_000);
  assertEquals(connection.wake, 13_000_000);
  assertEquals(connection.tell({ type: "timer" }, 13_000_000), ["open 0-0"]);
  connection.fail(2, "reset", 15_000_000);
  assertEquals(connection.wake, 17_000_000);
  assertEquals(connection.tell({ type: "timer" }, 17_000_000), ["open 0-0"]);
  connection.tell({ type: "subflow-established", subflow: connection.subflows[0]! }, 17_100_000);
  assertEquals(connection.fail(3, "reset", 17_200_000), [], "it did not last");
  assertEquals(connection.wake, 21_200_000);
});

Deno.test("all that broke at a time is opened again at once", () => {
  const connection = new Connection({ subflowsPerPair: 2 });
  connection.tell(CLIENT);
  connection.tell({ type: "subflow-established", subflow: connection.subflows[1]! }, 100_000);
  assertEquals(connection.fail(0, "reset", 200_000), ["open 0-0"]);
  assertEquals(connection.fail(1, "reset", 200_000), ["open 0-0"]);
});

Deno.test("an attempt that cannot even be made backs off as well", () => {
  const connection = new Connection();
  connection.localAddresses = [WIFI, LTE];
  connection.opens = false;
  assertEquals(connection.tell(CLIENT), ["open 1-0 backup"]);
  assertEquals(connection.wake, 1_000_000);
});

Deno.test("a subflow that lasted longer than its next wait is forgiven its earlier failures", () => {
  const connection = new Connection();
  connection.remoteAddresses = [SERVER, SECOND];
  connection.tell(CLIENT);
  connection.fail(1, "timeout", 0);
  connection.tell({ type: "timer" }, 1_000_000);
  connection.fail(2, "timeout", 1_000_000);
  connection.tell({ type: "timer" }, 3_000_000);
  connection.tell({ type: "subflow-established", subflow: connection.subflows[1]! }, 3_000_000);
  assertEquals(connection.fail(3, "timeout", 7_000_000), ["open 0-1"]);
  connection.fail(4, "timeout", 8_000_000);
  assertEquals(connection.wake, 9_000_000);
});

Deno.test("refusals count in a row: a subflow that came up ends the row", () => {
  const connection = new Connection({ refusals: 2 });
  connection.remoteAddresses = [SERVER, SECOND];
  connection.tell(CLIENT);
  connection.fail(1, "refused", 0);
  connection.tell({ type: "timer" }, 1_000_000);
  connection.tell({ type: "subflow-established", subflow: connection.subflows[1]! }, 1_000_000);
  assertEquals(connection.fail(2, "reset", 20_000_000), ["open 0-1"]);
  connection.fail(3, "refused", 20_000_000);
  assertEquals(connection.tell({ type: "timer" }, 40_000_000), ["open 0-1"]);
});

Deno.test("a pair refused three times is left alone until its address is announced anew", () => {
  const connection = new Connection();
  connection.remoteAddresses = [SERVER, SECOND];
  connection.tell(CLIENT);
  connection.fail(1, "refused", 0);
  connection.tell({ type: "timer" }, 1_000_000);
  connection.fail(2, "refused", 1_000_000);
  connection.tell({ type: "timer" }, 3_000_000);
  connection.fail(3, "refused", 3_000_000);
  assertEquals(connection.wake, Infinity);
  assertEquals(connection.tell({ type: "timer" }, 500_000_000), []);
  assertEquals(connection.tell({ type: "announced", address: SECOND }, 500_000_000), ["open 0-1"]);
});

Deno.test("what either end closed on purpose stays closed", () => {
  for (const reason of ["finished", "closed"] as const) {
    const connection = new Connection();
    connection.remoteAddresses = [SERVER, SECOND];
    connection.tell(CLIENT);
    assertEquals(connection.fail(1, reason, 0), []);
    assertEquals(connection.tell({ type: "timer" }, 500_000_000), []);
  }
});

Deno.test("nothing is done before the connection is established as multipath", () => {
  const connection = new Connection();
  connection.localAddresses = [WIFI, LTE];
  assertEquals(connection.tell({ type: "local-address-up", address: LTE }), []);
  assertEquals(connection.tell({ type: "local-address-down", address: LTE }), []);
});

Deno.test("options out of range are refused", () => {
  const cases: [FullMeshOptions, string][] = [
    [{ subflowsPerPair: 0 }, "subflowsPerPair must be a whole number"],
    [{ limit: 1.5 }, "limit must be a whole number"],
    [{ refusals: NaN }, "refusals must be a whole number"],
    [{ shortestRetry: 0 }, "shortestRetry must be above 0"],
    [{ shortestRetry: 5, longestRetry: 4 }, "longestRetry must not be below"],
  ];
  for (const [options, reason] of cases) {
    assertThrows(() => fullMesh(options), RangeError, `Cannot create full-mesh: ${reason}`);
  }
});

Deno.test("an address announced again with another port is connected there, too (RFC 8684 3.4.1-10)", () => {
  const connection = new Connection();
  connection.remoteAddresses = [SERVER, SECOND];
  assertEquals(connection.tell(CLIENT), ["open 0-1"]);
  const moved: RemoteAddress = { ...SECOND, port: 8443 };
  connection.remoteAddresses = [SERVER, moved];
  assertEquals(connection.tell({ type: "announced", address: moved }), ["open 0-1"]);
});

import { assertEquals, assertThrows } from "@std/assert";
import type { LocalAddress, RemoteAddress } from "../core/plugin.ts";
import { FakePaths } from "../tests/kit/mod.ts";
import { failover, type FailoverOptions } from "./failover.ts";

const WIFI: LocalAddress = { address: "10.0.0.1", id: 0, backup: false };
const LTE: LocalAddress = { address: "10.1.0.1", id: 1, backup: false };
const SATELLITE: LocalAddress = { address: "10.2.0.1", id: 2, backup: true };
const SERVER: RemoteAddress = { address: "192.0.2.1", port: 443, id: 0 };
const SERVER_V6: RemoteAddress = { address: "2001:db8::1", port: 443, id: 1 };

/** A client that has opened and established all its subflows: 0 over WiFi, 1 over LTE, 2 over the satellite. */
function connection(options?: FailoverOptions): FakePaths {
  const paths = new FakePaths(failover(options), [WIFI, LTE, SATELLITE], [SERVER]);
  paths.establish();
  for (const { id } of paths.subflows.slice(1)) paths.answer(id);
  return paths;
}

Deno.test("the others are opened as backup, one from each address, the most preferred first", () => {
  const paths = new FakePaths(failover(), [WIFI, SATELLITE, LTE], [SERVER]);
  assertEquals(paths.establish(), ["open 1-0 backup", "open 2-0 backup"]);
  assertEquals(paths.announced({ ...SERVER, address: "192.0.2.2", id: 2 }), [], "one is enough");
  assertEquals([paths.answer(1), paths.answer(2)], [[], []], "and stays a backup");
});

Deno.test("the subflow in use ends: the best of the others takes over at once", () => {
  const paths = connection();
  const again = "open 0-0 backup";
  assertEquals(paths.end(0, "timeout", 1_000_000), ["regular 1", "backup 2", again], "and the lost one is tried again");
  assertEquals(paths.end(3, "timeout", 1_050_000), []);
  assertEquals(paths.wake, 2_050_000);
  assertEquals(paths.end(1, "unreachable", 1_100_000), ["regular 2", "open 1-0 backup"]);
});

Deno.test("the subflow in use makes no progress: make before break", () => {
  const paths = connection();
  assertEquals(paths.stall(0, true), ["regular 1", "backup 0", "backup 2"]);
  assertEquals(paths.stall(1, true), ["regular 2", "backup 0", "backup 1"]);
  assertEquals(paths.stall(2, true), ["regular 0", "backup 1", "backup 2"], "if none does, the most preferred");
});

Deno.test("the address of the subflow in use goes: its subflow is given up, and the peer told", () => {
  assertEquals(connection().down(WIFI), ["withdraw 0", "regular 1", "backup 2"]);
});

Deno.test("a better subflow takes over again once it has worked for two seconds", () => {
  const paths = connection();
  paths.stall(0, true, 1_000_000);
  assertEquals(paths.stall(0, false, 5_000_000), []);
  assertEquals(paths.wake, 7_000_000);
  assertEquals(paths.tell({ type: "timer" }, 6_999_999), []);
  assertEquals(paths.tell({ type: "timer" }, 7_000_000), ["regular 0", "backup 1", "backup 2"]);
  assertEquals(paths.wake, Infinity);
});

Deno.test("one that falters within that time has to begin anew", () => {
  const paths = connection({ returnAfter: 500_000 });
  paths.stall(0, true, 1_000_000);
  paths.stall(0, false, 2_000_000);
  paths.stall(0, true, 2_400_000);
  assertEquals(paths.wake, Infinity);
  paths.stall(0, false, 2_450_000);
  assertEquals(paths.tell({ type: "timer" }, 2_500_000), []);
  assertEquals(paths.tell({ type: "timer" }, 2_950_000), ["regular 0", "backup 1", "backup 2"]);
});

Deno.test("an address that comes back is joined as backup and takes over later", () => {
  const paths = connection({ returnAfter: 0 });
  paths.down(WIFI);
  assertEquals(paths.up(WIFI, 9_000_000), ["open 0-0 backup"]);
  assertEquals(paths.answer(3, 9_100_000), ["regular 3", "backup 1", "backup 2"]);
});

Deno.test("the order can be given; what is not named comes behind it", () => {
  const paths = connection({ order: [SATELLITE.address, LTE.address], returnAfter: 0 });
  assertEquals(paths.tell({ type: "timer" }), []);
  assertEquals(paths.subflows.find(({ backup }) => !backup)?.local.address, SATELLITE.address);
  const [active] = paths.subflows.filter(({ backup }) => !backup);
  assertEquals(paths.end(active!.id, "reset").at(0), "regular 2", "LTE, the third to be opened in that order");
});

Deno.test("each address is joined to one of its family, and not where the peer asks not to be", () => {
  const home: LocalAddress = { address: "fd00::1", id: 3, backup: false };
  const paths = new FakePaths(failover(), [WIFI, LTE, home], [SERVER, SERVER_V6]);
  assertEquals(paths.establish(), ["open 1-0 backup", "open 3-1 backup"]);
  const shy = new FakePaths(failover(), [WIFI, LTE], [SERVER]);
  shy.joinsToPrimaryAllowed = false;
  assertEquals(shy.establish(), []);
});

Deno.test("a server announces its addresses and chooses nothing", () => {
  const paths = new FakePaths(failover(), [WIFI, LTE], [SERVER]);
  assertEquals(paths.establish(true), ["announce 1"]);
  assertEquals(paths.stall(0, true), []);
  assertEquals([paths.up(SATELLITE), paths.down(LTE)], [["announce 2"], ["withdraw 1"]]);
});

Deno.test("options out of range are refused", () => {
  assertThrows(
    () => failover({ returnAfter: -1 }),
    RangeError,
    "Cannot create failover: returnAfter must be at least 0",
  );
  assertThrows(() => failover({ limit: 0 }), RangeError, "Cannot create failover: limit must be");
});

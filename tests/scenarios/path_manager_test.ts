import { assert, assertEquals } from "@std/assert";
import type { PathManager, Plugin } from "../../core/plugin.ts";
import { application, failover, linuxEndpoints, ndiffports } from "../../pathmanagers/mod.ts";
import { bothWays, type Running, TWO_PATHS, World } from "../harness/mod.ts";

const SIZE = 1_000_000;

interface Download {
  readonly world: World;
  readonly running: Running;
  /** Bytes of payload that came down each path so far. */
  readonly carried: number[];
}

/** A download over two paths; the path manager is that of the client, who also sends a byte now and then. */
function download(pathManager: Plugin<PathManager>, size = SIZE): Download {
  const world = new World({ paths: TWO_PATHS, client: { pathManager } });
  const [up, down] = [world.bytes(60, "up"), world.bytes(size, "down")];
  const keyboard = { sends: up, expects: down, writeChunk: 1, writeEvery: 50 };
  const running = world.transfer(keyboard, { sends: down, expects: up });
  const carried = [0, 0];
  world.filter = ({ direction, path, payload }) => {
    if (direction === "down") carried[path]! += payload;
  };
  return { world, running, carried };
}

Deno.test("failover: one path carries the data, the other stands by", () => {
  const { world, running, carried } = download(failover());
  world.until(500);
  assertEquals(running.client.socket.subflows.map(({ backup }) => backup), [false, true]);
  world.settle();
  running.assertDone();
  assertEquals(carried[1], 0);
});

Deno.test("failover: the path in use goes dark, which costs a second at most, and has the data again when it is back", () => {
  for (const at of [200, 500]) {
    const { world, running, carried } = download(failover({ returnAfter: 300_000 }), 5 * SIZE);
    world.simulator.at(at, () => world.setPath(0, { up: false }));
    world.simulator.at(at + 1500, () => world.setPath(0, { up: true }));
    world.until(at + 1500);
    const dark = [...carried];
    assert(dark[1]! > 500_000, `${dark[1]} bytes over the other path in a second and a half`);
    world.settle();
    running.assertDone();
    assert(carried[0]! - dark[0]! > 2 * (carried[1]! - dark[1]!), `${carried} after ${dark}`);
    assert(running.client.longestPause <= 1e6, `a pause of ${running.client.longestPause} µs`);
  }
});

Deno.test("failover: an address that goes is made up for at once, and taken again when it is back", () => {
  const { world, running, carried } = download(failover({ returnAfter: 500_000 }), 5 * SIZE);
  const { client } = TWO_PATHS[0]!;
  world.simulator.at(400, () => world.client.addressDown(client));
  world.simulator.at(1000, () => world.client.addressUp(client, 1500));
  world.until(1000);
  const [before] = carried;
  world.settle();
  running.assertDone();
  assert(running.client.longestPause <= 300_000, `a pause of ${running.client.longestPause} µs`);
  assert(carried[0]! > 2 * before!, "most of it came after that");
});

Deno.test("ndiffports: all subflows are on the first path, with ports of their own", () => {
  const { world, running, carried } = download(ndiffports({ subflows: 4 }));
  world.until(500);
  const subflows = running.client.socket.subflows;
  assertEquals(
    subflows.map(({ local, remote }) => `${local.address} ${remote.address}`),
    Array(4).fill("10.0.0.1 10.0.9.1"),
  );
  assertEquals(new Set(subflows.map(({ local }) => local.port)).size, 4);
  assert(subflows.every(({ usable }) => usable));
  world.settle();
  running.assertDone();
  assertEquals(carried[1], 0);
});

Deno.test("linux-endpoints: a backup endpoint is joined and spared, both ends knowing it (RFC 8684 3.3.8-1)", () => {
  const endpoints = [{ address: "10.0.1.1", subflow: true, backup: true }];
  const { world, running, carried } = download(linuxEndpoints({ endpoints }));
  world.until(500);
  for (const side of ["client", "server"] as const) {
    assertEquals(running[side]!.socket.subflows.map(({ backup }) => backup), [false, true]);
  }
  world.settle();
  running.assertDone();
  assertEquals(carried[1], 0);
});

Deno.test("linux-endpoints: an endpoint of the first address makes the first subflow a backup by MP_PRIO", () => {
  const endpoints = [{ address: "10.0.0.1", backup: true }, { address: "10.0.1.1", subflow: true }];
  const { world, running } = download(linuxEndpoints({ endpoints }));
  world.until(500);
  assertEquals(running.server!.socket.subflows.map(({ backup }) => backup), [true, false]);
  // However often it is said, it is news once.
  assertEquals(running.server!.events.filter(({ type }) => type === "priority").length, 1);
  world.settle();
  running.assertDone();
});

Deno.test("linux-endpoints: announced addresses are accepted up to the limit (RFC 8684 3.4.1-5)", () => {
  const announcing = linuxEndpoints({ endpoints: [2, 3, 4].map((n) => ({ address: `10.0.9.${n}`, signal: true })) });
  const paths = [1, 2, 3, 4].map((n) => ({ client: `10.0.${n}.1`, server: `10.0.9.${n}`, ...bothWays(10, 10) }));
  const client = { pathManager: linuxEndpoints({ subflows: 8, addAddrAccepted: 2 }) };
  const world = new World({ paths, client, server: { pathManager: announcing } });
  const down = world.bytes(SIZE, "down");
  const running = world.transfer({ expects: down }, { sends: down });
  world.until(400);
  const remotes = running.client.socket.subflows.map(({ remote }) => remote.address);
  assertEquals(remotes, ["10.0.9.1", "10.0.9.2", "10.0.9.3"]);
  world.settle();
  running.assertDone();
});

Deno.test("application: the program opens, sees and closes subflows", () => {
  const seen: string[] = [];
  const pathManager = application((event, actions) => {
    seen.push(event.type);
    const [, second] = actions.localAddresses;
    const [server] = actions.remoteAddresses;
    if (event.type === "established" && second !== undefined) actions.open(second, server!);
    if (event.type === "subflow-established") actions.close(event.subflow);
  });
  const { world, running } = download(pathManager);
  world.settle();
  running.assertDone();
  assertEquals(seen, ["established", "subflow-established", "subflow-closed"]);
});

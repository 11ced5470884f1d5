import { assert, assertEquals } from "@std/assert";
import type { SocketOptions } from "../../core/mod.ts";
import { type BoxFunction, stripOptions } from "../../sim/middlebox/mod.ts";
import { TWO_PATHS, World } from "../harness/mod.ts";

const TIMEOUT = 5_000_000;
const options = { userTimeout: TIMEOUT };

/** A client that writes for ever, and one path or two. */
function writing(paths: number): World {
  return new World({ paths: TWO_PATHS.slice(0, paths), client: { options } });
}

for (const paths of [1, 2]) {
  Deno.test(`data that stays unacknowledged on ${paths} paths for the user timeout fails the connection then (RFC 9293 MUST-21)`, () => {
    const world = writing(paths);
    const bytes = world.bytes(50_000_000, "up");
    const { client } = world.transfer({ sends: bytes }, { expects: bytes });
    world.until(2000);
    for (let i = 0; i < paths; i++) world.setPath(i, { up: false, outage: "lose" });
    world.settle(60_000);
    assertEquals([client.socket.state, client.socket.error?.code], ["closed", "timeout"]);
    const seconds = client.closedAt / 1e6;
    assert(seconds > 7 - 0.2 && seconds < 7.2, `closed after ${seconds} s`);
  });
}

Deno.test("a subflow whose data stays unacknowledged so long fails; the connection goes on over the other", () => {
  const world = writing(2);
  const bytes = world.bytes(30_000_000, "up");
  const running = world.transfer({ sends: bytes }, { expects: bytes });
  world.until(2000);
  world.setPath(1, { up: false, outage: "lose" });
  world.until(7500);
  const closed = running.client.events.filter((event) => event.type === "subflow-closed");
  assertEquals(closed.map((event) => event.reason), ["timeout"]);
  world.setPath(1, { up: true });
  world.settle();
  running.assertDone();
});

Deno.test("a peer that answers but never reads is no exception, and without the option it is (RFC 9293 MUST-37)", () => {
  for (const [given, code] of [[options, "timeout"], [{}, undefined]] as const) {
    const world = new World({
      paths: TWO_PATHS.slice(0, 1),
      client: { options: given },
      server: { options: { receiveBuffer: 50_000 } },
    });
    const bytes = world.bytes(1_000_000, "up");
    const { client } = world.transfer({ sends: bytes }, { expects: bytes, readEvery: 1e9 });
    world.until(60_000);
    assertEquals(client.socket.error?.code, code);
    if (code === undefined) continue;
    assert(client.closedAt > TIMEOUT && client.closedAt < TIMEOUT + 1_000_000, `closed after ${client.closedAt} µs`);
  }
});

Deno.test("an idle connection has nothing to time out, nor one that makes progress however slowly", () => {
  const world = new World({ paths: TWO_PATHS.slice(0, 1), client: { options } });
  const bytes = world.bytes(20_000, "up");
  const running = world.transfer({ sends: bytes, writeChunk: 10_000, writeEvery: 60_000 }, {
    expects: bytes,
    readChunk: 500,
    readEvery: 900,
  });
  world.settle();
  running.assertDone();
});

Deno.test("a SYN is waited for no longer, either", () => {
  const world = new World({ paths: TWO_PATHS.slice(0, 1), client: { options } });
  world.filter = () => false;
  const { client } = world.transfer();
  world.settle();
  assertEquals([client.socket.error?.code, client.closedAt], ["timeout", TIMEOUT]);
});

Deno.test("set on a live connection it counts from then on (RFC 9293 MUST-21)", () => {
  const world = new World({ paths: TWO_PATHS });
  const bytes = world.bytes(50_000_000, "up");
  const { client } = world.transfer({ sends: bytes }, { expects: bytes });
  world.until(2000);
  for (let i = 0; i < 2; i++) world.setPath(i, { up: false, outage: "lose" });
  world.until(10_000);
  world.client.act((now) => client.socket.setOptions(options, now));
  world.settle(60_000);
  assertEquals(client.socket.error?.code, "timeout");
  const seconds = client.closedAt / 1e6;
  assert(seconds > 14.9 && seconds < 15.5, `closed after ${seconds} s`);
});

/** When the connection of a client and a server with these user timeouts ends after all paths went at 2 s; in seconds. */
function endOf(
  client: Partial<SocketOptions>,
  server: Partial<SocketOptions>,
  boxes: readonly BoxFunction[] = [],
): number {
  const world = new World({
    paths: TWO_PATHS.map((path) => ({ ...path, boxes })),
    client: { options: client },
    server: { options: server },
  });
  const bytes = world.bytes(50_000_000, "up");
  const running = world.transfer({ sends: bytes }, { expects: bytes });
  world.until(2000);
  assertEquals(running.server?.socket.isMultipath, true);
  for (let i = 0; i < TWO_PATHS.length; i++) world.setPath(i, { up: false, outage: "lose" });
  world.until(2 * 3600e3);
  assertEquals([running.client.socket.state, running.client.socket.error?.code], ["closed", "timeout"]);
  return Math.round(running.client.closedAt / 1e6) - 2;
}

Deno.test("both ends wait as long as the more patient one if they exchange user timeouts (RFC 5482)", () => {
  const given = (seconds: number) => ({ userTimeout: seconds * 1e6, exchangeUserTimeout: true });
  assertEquals(endOf(given(150), given(300)), 300);
  assertEquals(endOf(given(300), given(150)), 300);
  assertEquals(endOf(given(5), given(10)), 100, "nobody is talked into less than 100 seconds");
  assertEquals(endOf(given(0), given(2000)), 2000, "that is longer than 15 retransmissions take");
  for (
    const [client, server] of [[given(150), { userTimeout: 300e6 }], [{ userTimeout: 150e6 }, given(300)]] as const
  ) {
    assertEquals(endOf(client, server), 150, "one that does not take part, as Linux, changes nothing");
  }
  assertEquals(endOf(given(150), given(300), [stripOptions({ kinds: [28] })]), 150);
});

Deno.test("a user timeout that is changed on a live connection is told at once (RFC 5482)", () => {
  const exchange = { exchangeUserTimeout: true };
  const world = new World({
    paths: TWO_PATHS.slice(0, 1),
    client: { options: exchange },
    server: { options: exchange },
  });
  const bytes = world.bytes(50_000_000, "up");
  const running = world.transfer({ sends: bytes }, { expects: bytes });
  world.until(1000);
  world.server.act((now) => running.server!.socket.setOptions({ userTimeout: 200e6 }, now));
  world.until(2000);
  world.setPath(0, { up: false, outage: "lose" });
  world.until(3600e3);
  assertEquals(running.client.socket.error?.code, "timeout");
  assertEquals(Math.round(running.client.closedAt / 1e6), 202);
});

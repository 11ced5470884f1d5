/**
 * What the matrix of middleboxes has found, each cut down to what matters.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  acknowledgeEarly,
  type BoxFunction,
  coalesceSegments,
  dropOptions,
  forgeSegments,
  splitSegments,
  stripOptions,
} from "../../sim/mod.ts";
import { FIN, RST } from "../../core/wire/tcp.ts";
import { bothWays, type EndOptions, TWO_PATHS, World } from "../harness/mod.ts";

const BYTES = 60_000;

/** A world in which `boxes` stand on the only path, which is slow enough for a transfer to have a middle. */
function behind(boxes: readonly BoxFunction[], options: EndOptions["options"] = {}): World {
  const end = { options };
  return new World({ paths: [{ ...TWO_PATHS[0]!, ...bothWays(2, 10), boxes }], client: end, server: end });
}

/** Both ends send at once. */
function exchange(world: World) {
  const up = world.bytes(BYTES, "up");
  const down = world.bytes(BYTES, "down");
  return world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
}

for (const from of ["third-ack", "first-data"] as const) {
  for (const direction of ["forward", "backward"] as const) {
    Deno.test(`a box takes options ${direction} from "${from}" on while both ends send: plain TCP at both`, () => {
      const world = behind([stripOptions({ direction, from })]);
      const running = exchange(world);
      world.settle();
      running.assertDone();
      assertEquals([running.client, running.server!].map(({ socket }) => socket.isMultipath), [false, false]);
    });
  }
}

for (const direction of ["forward", "backward"] as const) {
  Deno.test(`options of a few segments ${direction} are missing in the middle: the only path goes on as Multipath TCP (RFC 8684 3.3.1-5, 3.3.2-3)`, () => {
    const world = behind([stripOptions({ direction, at: "mid-stream", count: 3 })]);
    const running = exchange(world);
    world.settle();
    running.assertDone();
    assertEquals(running.client.socket.isMultipath, true);
  });

  Deno.test(`options stay away ${direction} from the middle on: both ends get an error, and neither ends in order`, () => {
    for (const checksum of [false, true]) {
      const world = behind([stripOptions({ direction, from: "mid-stream" })], { checksum });
      const running = exchange(world);
      world.settle();
      const codes = [running.client, running.server!].map(({ socket }) => socket.error?.code);
      assert(codes.every((code) => code === "protocol" || code === "reset" || code === "refused"), `${codes}`);
      world.assertClean();
    }
  });
}

const CUTS: Readonly<Record<string, BoxFunction>> = {
  "options on the first piece": splitSegments({ bytes: 500, mptcp: "first", from: "mid-stream" }),
  "options on the last piece": splitSegments({ bytes: 500, mptcp: "last", from: "mid-stream" }),
  "joined segments with the options of the first": coalesceSegments({ bytes: 4000, wait: 8 }),
  "joined segments with the options of the last": coalesceSegments({ bytes: 4000, wait: 8, mptcp: "last" }),
};
for (const [what, box] of Object.entries(CUTS)) {
  Deno.test(`a box cuts the stream anew, ${what}: Multipath TCP, and no subflow is lost`, () => {
    const world = behind([box]);
    const running = exchange(world);
    world.settle();
    running.assertDone();
    assertEquals([running.client.socket.isMultipath, running.client.socket.stats().subflowsTotal], [true, 1]);
  });
}

const FORGERIES: Readonly<Record<string, BoxFunction>> = {
  "data far off": forgeSegments({ flags: "A", sequence: -(2 ** 30), bytes: 100, count: 10, from: "third-ack" }),
  "ACKs far off": forgeSegments({ flags: "A", sequence: -(2 ** 30), count: 10, from: "third-ack" }),
  "FINs beyond the window": forgeSegments({ flags: "FA", sequence: 2 ** 30, count: 10, from: "third-ack" }),
};
for (const [what, box] of Object.entries(FORGERIES)) {
  Deno.test(`somebody forges ${what}, without options: nothing comes of it`, () => {
    const world = behind([box]);
    const running = exchange(world);
    world.settle();
    running.assertDone();
    assertEquals(running.client.socket.isMultipath, true);
  });
}

Deno.test("acknowledgments far off are answered twice a second at most, whoever answers the answers", () => {
  const world = behind([forgeSegments({ flags: "A", sequence: -(2 ** 30), from: "third-ack" })]);
  const running = exchange(world);
  world.until(5000);
  const before = world.packets;
  world.until(15_000);
  assert(world.packets - before <= 60, `${world.packets - before} packets in ten seconds`);
  for (const end of ["client", "server"] as const) world[end].act((now) => running[end]!.socket.abort(now));
});

Deno.test("a FIN that was forged is answered with a reset, since a FIN in return would look like the end of the stream", () => {
  const world = behind([
    forgeSegments({ direction: "backward", flags: "FA", sequence: 3000, count: 1, at: "mid-stream" }),
  ]);
  const ends: number[] = [];
  world.filter = ({ header: { flags }, direction }) => {
    if (direction === "up" && flags & (FIN | RST)) ends.push(flags & (FIN | RST));
  };
  const running = exchange(world);
  world.settle();
  assertEquals(ends[0], RST);
  // A new subflow carries the rest.
  running.assertDone();
  assertEquals(running.client.socket.stats().subflowsTotal, 2);
});

Deno.test("a proxy that acknowledges early makes plain TCP or an error, but no end takes what is lost for delivered", () => {
  for (const direction of ["forward", "backward"] as const) {
    const world = behind([acknowledgeEarly({ direction })]);
    const running = exchange(world);
    world.settle();
    const { client, server } = running;
    const isWhole = client.hasAll && server!.hasAll;
    if (isWhole) running.assertDone();
    else assert(client.socket.error !== null && server!.socket.error !== null);
  }
});

Deno.test("subflows that come up and carry nothing are given up in the end", () => {
  const world = behind([dropOptions({ direction: "forward", at: "first-data" })]);
  const running = exchange(world);
  world.settle(3600e3);
  assertEquals(running.client.socket.error?.code, "timeout");
});

Deno.test("a join that is refused does not end the wait for another path", () => {
  // Its option is taken out of the SYN, so that it looks like another connection.
  const world = behind([stripOptions({ direction: "forward", at: "join" })]);
  const running = exchange(world);
  world.simulator.at(150, () => {
    world.server.act((now) => running.server!.socket.subflows[0]!.tcp.abort("reset", now));
  });
  world.settle();
  for (const { socket, events } of [running.client, running.server!]) {
    assertEquals([socket.error?.code], ["reset"]);
    assertEquals(events.filter(({ type }) => type === "subflow-established").length, 1);
  }
  assert(running.client.closedAt > 60e6, `ended at ${running.client.closedAt}`);
});

import { assert, assertEquals } from "@std/assert";
import { roundRobin } from "../../schedulers/mod.ts";
import { bothWays, type Running, TWO_PATHS, World } from "../harness/mod.ts";

const SIZE = 2_000_000;

/** Moments of the first path's life, in milliseconds, at which it goes dark. */
const MOMENTS = [
  { state: "its SYN/ACK is on its way", at: 15, loss: 0 },
  { state: "the join is on its way", at: 75, loss: 0 },
  { state: "slow start", at: 150, loss: 0 },
  { state: "congestion avoidance", at: 400, loss: 0.001 },
  { state: "recovery", at: 400, loss: 0.05 },
];

for (const { state, at, loss } of MOMENTS) {
  for (const path of [0, 1]) {
    for (const direction of ["up", "down", "both"] as const) {
      Deno.test(`path ${path} goes dark (${direction}) in ${state}, and comes back after ten seconds`, () => {
        const { world, running } = bulk(loss);
        world.simulator.at(at, () => darken(world, path, direction, false));
        world.simulator.at(at + 10_000, () => darken(world, path, direction, true));
        world.settle();
        running.assertDone();
      });
    }
  }
}

for (const path of [0, 1]) {
  Deno.test(`path ${path} goes dark for ever, which costs a pause of a second at most`, () => {
    for (const at of [100, 200, 300, 500]) {
      for (const scheduler of [undefined, roundRobin()]) {
        const plugins = scheduler === undefined ? {} : { scheduler };
        const world = new World({ paths: TWO_PATHS, client: plugins, server: plugins });
        const down = world.bytes(SIZE, "down");
        const running = world.transfer({ expects: down }, { sends: down });
        world.simulator.at(at, () => world.setPath(path, { up: false }));
        world.settle();
        running.assertDone();
        assert(running.client.longestPause < 1e6, `a pause of ${running.client.longestPause} µs`);
      }
    }
  });

  Deno.test(`path ${path} goes dark while the connection closes`, () => {
    for (let packet = 1; packet <= 12; packet++) {
      const world = new World({ paths: TWO_PATHS });
      const data = world.bytes(3000, "both");
      const slowly = { sends: data, expects: data, writeChunk: 1500, writeEvery: 200 };
      const running = world.transfer(slowly, { ...slowly, writeEvery: 300 });
      let seen = 0;
      world.filter = ({ header }) => {
        if (header.options.mptcp.dataFin || seen > 0) seen++;
        if (seen === packet) world.setPath(path, { up: false });
      };
      world.settle();
      running.assertDone();
    }
  });
}

Deno.test("two paths that flap by turns carry everything", () => {
  for (const period of [50, 333, 1000, 3000]) {
    const { world, running } = bulk(0);
    for (let i = 0; i < 60; i++) {
      world.simulator.at(200 + i * period, () => {
        world.setPath(i & 1, { up: false });
        world.setPath(1 - (i & 1), { up: true });
      });
    }
    world.simulator.at(200 + 60 * period, () => world.setPath(1, { up: true }));
    world.settle();
    running.assertDone();
  }
});

Deno.test("all paths go, and one comes back within the close timeout", () => {
  for (const path of [0, 1]) {
    const { world, running } = bulk(0);
    world.simulator.at(300, () => TWO_PATHS.forEach(({ client }) => world.client.addressDown(client)));
    world.simulator.at(40_000, () => world.client.addressUp(TWO_PATHS[path]!.client, 1500));
    world.until(39_000);
    assertEquals(running.client.socket.subflows.length, 0);
    assertEquals(running.client.socket.state, "established");
    world.settle();
    running.assertDone();
  }
});

Deno.test("all paths go and none comes back: both ends say so, and nothing is left", () => {
  const { world, running } = bulk(0);
  world.simulator.at(300, () => TWO_PATHS.forEach(({ client }) => world.client.addressDown(client)));
  world.settle();
  const { client, server } = running;
  assertEquals([client.socket.state, client.socket.error?.code], ["closed", "timeout"]);
  assertEquals([server!.socket.state, server!.socket.error?.code], ["closed", "timeout"]);
  assert(client.closedAt < 61e6, "after the close timeout");
  world.assertClean();
});

Deno.test("paths whose delays differ by more than a window reorder it all, and every byte arrives in order", () => {
  for (const receiveBuffer of [20_000, 100_000, 1_000_000]) {
    const end = { scheduler: roundRobin(), options: { receiveBuffer } };
    const world = new World({
      paths: [
        { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 5) },
        { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(20, 800, { reorder: { probability: 0.1, delay: 400 } }) },
      ],
      client: end,
      server: end,
    });
    const data = world.bytes(SIZE, "both");
    const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
    world.settle();
    running.assertDone();
  }
});

for (const side of ["client", "server"] as const) {
  for (const index of [0, 1]) {
    Deno.test(`the ${side} resets subflow ${index} of two, and the other carries on`, () => {
      for (const at of [200, 400]) {
        const { world, running } = bulk(0);
        world.simulator.at(at, () => {
          const { socket } = running[side]!;
          world[side].act((now) => socket.subflows[index]!.tcp.abort("closed", now));
        });
        world.settle();
        running.assertDone();
      }
    });

    Deno.test(`the ${side} ends subflow ${index} of two in order, and the other carries on`, () => {
      for (const at of [200, 400]) {
        const { world, running } = bulk(0);
        world.simulator.at(at, () => {
          const { socket } = running[side]!;
          world[side].act((now) => socket.subflows[index]!.tcp.shutdown(now));
        });
        world.settle();
        running.assertDone();
      }
    });
  }
}

for (const index of [0, 1]) {
  Deno.test(`address ${index} goes and comes back while data flows`, () => {
    for (const at of [60, 150, 400]) {
      const { world, running } = bulk(0);
      const { client } = TWO_PATHS[index]!;
      for (let i = 0; i < 3; i++) {
        world.simulator.at(at + 400 * i, () => world.client.addressDown(client));
        world.simulator.at(at + 400 * i + 200, () => world.client.addressUp(client, 1500));
      }
      world.settle();
      running.assertDone();
    }
  });
}

Deno.test("an address that comes while data flows gets a subflow, at either end", () => {
  const world = new World({
    paths: [{ ...TWO_PATHS[0]!, server: "10.0.9.1" }, { ...TWO_PATHS[1]!, isThere: false }],
  });
  const data = world.bytes(SIZE, "both");
  const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
  world.simulator.at(300, () => world.client.addressUp(TWO_PATHS[1]!.client, 1500));
  world.simulator.at(500, () => world.server.addressUp("10.0.9.2", 1500));
  world.settle();
  running.assertDone();
  const opened = running.client.events.filter(({ type }) => type === "subflow-established");
  assertEquals(opened.length, 4);
});

/** A transfer of {@linkcode SIZE} bytes each way. */
function bulk(loss: number): { readonly world: World; readonly running: Running } {
  const world = new World({
    paths: [{ client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10, { loss }) }, TWO_PATHS[1]!],
  });
  const up = world.bytes(SIZE, "up");
  const down = world.bytes(SIZE, "down");
  const running = world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
  return { world, running };
}

function darken(world: World, path: number, direction: "up" | "down" | "both", up: boolean): void {
  if (direction === "both") world.setPath(path, { up });
  else world.links[path]![direction].set({ up });
}

Deno.test("a path that stays dark in one direction ends with an error, however often new subflows are tried over it", () => {
  const world = new World({ paths: TWO_PATHS.slice(0, 1) });
  const data = world.bytes(500_000, "both");
  const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
  world.simulator.at(150, () => world.links[0]!.up.set({ up: false }));
  world.settle();
  assertEquals([running.client, running.server!].map(({ socket }) => [socket.state, socket.error?.code]), [
    ["closed", "timeout"],
    ["closed", "timeout"],
  ]);
  world.assertClean();
});

Deno.test("a path goes dark under a program that says little and often: a pause of a second at most", () => {
  for (const interval of [20, 50, 100, 200]) {
    const paths = [
      { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(8, 10) },
      { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(2, 75) },
    ];
    const world = new World({ paths, client: { options: { noDelay: true } } });
    const up = world.bytes(200 * 100, "up");
    const running = world.transfer({ sends: up, writeChunk: 200, writeEvery: interval }, { expects: up });
    world.simulator.at(interval * 30, () => world.setPath(0, { up: false }));
    world.settle();
    running.assertDone();
    const { longestPause } = running.server!;
    assert(longestPause <= 1e6, `a pause of ${longestPause} µs with data each ${interval} ms`);
  }
});

import { assert, assertEquals } from "@std/assert";
import { begin, bothWays, type PathOptions, TWO_PATHS, World } from "../harness/mod.ts";

const SIZE = 2_000_000;
const WIFI: PathOptions = TWO_PATHS[0]!;

for (const superSegment of [0, 65_000]) {
  const what = superSegment === 0 ? "single segments" : "super-segments that an adapter cuts";

  Deno.test(`a path that becomes narrower twice does not pause if routers say so: ${what}`, () => {
    for (const multipath of [true, false]) {
      const path = { ...WIFI, superSegment, cuts: true };
      const world = new World({ paths: [path], client: { options: { multipath } } });
      const [up, down] = [world.bytes(SIZE, "up"), world.bytes(SIZE, "down")];
      const running = world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
      for (const [at, mtu] of [[300, 1400], [600, 700]] as const) {
        for (const direction of ["up", "down"] as const) {
          world.simulator.at(at, () => world.narrow(0, direction, { mtu, tells: true }));
        }
      }
      let longest = 0;
      world.filter = ({ frame, now }) => {
        if (now > 700_000) longest = Math.max(longest, frame.length);
      };
      world.settle();
      running.assertDone();
      assertEquals(longest, 700, "each packet is as long as may be");
      for (const { stack } of [world.client, world.server]) assertEquals(stack.counters.TcpExtTCPTimeouts, 0);
      for (const end of [running.client, running.server!]) {
        assert(end.longestPause < 200_000, `a pause of ${end.longestPause} µs`);
      }
    }
  });
}

Deno.test("a black hole on one of two paths costs a pause of a second at most, and the path comes back", () => {
  for (const path of [0, 1]) {
    const world = new World({ paths: TWO_PATHS });
    const down = world.bytes(8 * SIZE, "down");
    const running = world.transfer({ expects: down }, { sends: down });
    world.simulator.at(300, () => world.narrow(path, "down", { mtu: 1300, tells: false }));
    let late = 0;
    world.filter = (seen) => {
      if (seen.path === path && seen.direction === "down" && seen.payload > 1000 && seen.now > 3e6) late++;
    };
    world.settle();
    running.assertDone();
    assert(running.client.longestPause < 1e6, `a pause of ${running.client.longestPause} µs`);
    assert(late > 100, `${late} long segments on the path after it was found out`);
  }
});

Deno.test("a path that takes less than any should is found to take that", () => {
  for (const size of [98, 130, 1000, 20_000]) {
    for (const multipath of [true, false]) {
      const world = new World({ paths: [WIFI], client: { options: { multipath } } });
      const data = world.bytes(size, "up");
      const running = world.transfer({ sends: data }, { expects: data });
      world.narrow(0, "up", { mtu: 128, tells: false });
      world.settle();
      running.assertDone();
    }
  }
});

Deno.test("errors that get lost are sent again with the next packets", () => {
  const link = bothWays(20, 10, { loss: 0.3 });
  const world = new World({ paths: [{ ...WIFI, ...link }] });
  const data = world.bytes(300_000, "up");
  const running = world.transfer({ sends: data }, { expects: data });
  world.simulator.at(200, () => world.narrow(0, "up", { mtu: 600, tells: true }));
  world.settle();
  running.assertDone();
});

Deno.test("the third ACK and the first data are lost and the path takes no such data (found by the properties)", () => {
  const path = {
    family: 4,
    hasOwnServer: false,
    up: { rate: 128_000, loss: 0.1 },
    down: { loss: 0.24 },
    outages: [],
    backup: false,
  } as const;
  const end = {
    scheduler: "min-rtt",
    congestion: "lia",
    pathManager: "full-mesh",
    options: { multipath: false, timestamps: false, selectiveAcknowledgments: false },
    program: {},
  } as const;
  for (let seed = 0; seed < 100; seed++) {
    const { world, running } = begin({
      seed,
      mtu: 1500,
      paths: [path],
      client: { ...end, size: 130 },
      server: { ...end, size: 1 },
      squeezes: [{ at: 1, direction: "up", tells: false, path: 0, mtu: 128 }],
    });
    world.settle();
    running.assertDone();
  }
});

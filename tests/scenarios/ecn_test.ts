import { assert, assertEquals } from "@std/assert";
import type { SocketOptions } from "../../core/mod.ts";
import type { QueueOptions } from "../../sim/queue.ts";
import { type PathOptions, World } from "../harness/mod.ts";

const LENGTH = 6 << 20;
const MEGABITS = 20;
/** Time of the bytes alone, without headers. */
const LEAST = LENGTH * 8 / MEGABITS;

const QUEUES: readonly (readonly [string, QueueOptions])[] = [
  ["codel", { codel: { ecn: true, packets: 2000 } }],
  ["red", { red: { ecn: true, minimum: 20, maximum: 400, probability: 0.3, weight: 0.02 } }],
];

/** A transfer of `LENGTH` bytes up over as many paths; the client connects with `options`. */
function transfer(queue: QueueOptions, paths: number, options: Partial<SocketOptions>): World {
  const link = { rate: MEGABITS / paths * 1e6, delay: 20, queue };
  const world = new World({
    paths: Array.from({ length: paths }, (_, i): PathOptions => {
      return { client: `10.0.${i}.1`, server: "10.0.9.1", up: link, down: { delay: 20 } };
    }),
    client: { options },
  });
  const up = world.bytes(LENGTH, "up");
  const running = world.transfer({ sends: up }, { expects: up });
  world.settle();
  running.assertDone();
  const micros = running.server!.readAt;
  assert(micros < 1.35 * LEAST, `${JSON.stringify(queue)} took ${(micros / LEAST).toFixed(2)} of the least time`);
  return world;
}

for (const [name, queue] of QUEUES) {
  for (const paths of [1, 2]) {
    Deno.test(`with marks, queues under ${name} lose nothing and stay busy: ${paths} paths`, () => {
      const world = transfer(queue, paths, { ecn: "ask" });
      const { counters } = world.client.stack;
      for (const { up } of world.links) {
        assertEquals(up.counters.dropped.queue, 0);
        assert(up.counters.marked > 3, `${up.counters.marked} marked`);
      }
      assert(counters.TcpExtTCPDeliveredCE > 3);
      assertEquals([counters.TcpRetransSegs, counters.TcpExtTCPSackRecovery], [0, 0]);
    });
  }

  Deno.test(`without them, queues under ${name} drop`, () => {
    for (const options of [{}, { ecn: "never" }] as const) {
      const world = transfer(queue, 1, options);
      assertEquals(world.links[0]!.up.counters.marked, 0);
      assert(world.links[0]!.up.counters.dropped.queue > 3);
      assert(world.client.stack.counters.TcpRetransSegs > 3);
    }
  });
}

Deno.test("a path that loses every SYN that asks for marks costs a second and no connection", () => {
  const world = new World({
    paths: [{ client: "10.0.0.1", server: "10.0.9.1", up: { delay: 5 }, down: { delay: 5 } }],
    client: { options: { ecn: "ask" } },
  });
  world.filter = ({ header }) => (header.flags & 0xc2) !== 0xc2;
  const up = world.bytes(100_000, "up");
  const running = world.transfer({ sends: up }, { expects: up });
  world.settle();
  running.assertDone();
  assertEquals(world.client.stack.counters.TcpRetransSegs, 1);
  assert(running.server!.socket.isMultipath);
});

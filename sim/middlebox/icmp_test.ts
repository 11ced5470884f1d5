import { assertEquals } from "@std/assert";
import { bothWays, TWO_PATHS, World } from "../../tests/harness/mod.ts";
import { chain } from "./box.ts";
import { forgeErrors, limitPackets } from "./icmp.ts";
import { translateAddresses } from "./translate.ts";
import type { BoxFunction } from "./box.ts";

/** A world with `boxes` on its only path, through which both ends send. */
function transfer(boxes: readonly BoxFunction[], outside?: string) {
  const world = new World({
    paths: [{ ...TWO_PATHS[0]!, ...bothWays(2, 10), boxes, ...(outside === undefined ? {} : { outside }) }],
  });
  const data = world.bytes(100_000, "both");
  const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
  return { world, running };
}

Deno.test("a narrow link says what it takes, to either end, and both send shorter packets", () => {
  const { world, running } = transfer([limitPackets({ mtu: 1000, from: "first-data" })]);
  const longest = { up: 0, down: 0 };
  world.filter = ({ frame, direction, now }) => {
    if (now > 150e3) longest[direction] = Math.max(longest[direction], frame.length);
  };
  world.settle();
  running.assertDone();
  assertEquals(longest, { up: 1000, down: 1000 });
  assertEquals(world.boxes[0]!.counters.dropped, world.boxes[0]!.counters.injected);
});

Deno.test("a narrow link that keeps silent drops, and says nothing", () => {
  const { world, running } = transfer([limitPackets({ mtu: 1000, tells: false })]);
  world.settle();
  running.assertDone();
  assertEquals(world.boxes[0]!.counters.injected, 0);
});

Deno.test("what one box of several says goes through the others on its way back", () => {
  const outside = "192.0.2.1";
  const { world, running } = transfer([chain(translateAddresses(outside), limitPackets({ mtu: 1000 }))], outside);
  world.settle();
  running.assertDone();
  assertEquals(running.client.socket.subflows.length, 0);
});

Deno.test("a forged error quotes what was sent or not, and the segment passes all the same", () => {
  for (const [sequence, isBelieved] of [[0, true], [2 ** 30, false]] as const) {
    const { world, running } = transfer([
      forgeErrors({ kind: "too-big", mtu: 700, sequence, direction: "forward", from: "mid-stream", count: 1 }),
    ]);
    let shortened = 0;
    world.filter = ({ payload, direction }) => {
      if (direction === "up" && payload > 600 && payload <= 700) shortened++;
    };
    world.settle();
    running.assertDone();
    const { counters } = world.client.stack;
    assertEquals([shortened > 20, counters.TcpExtOutOfWindowIcmps], [isBelieved, isBelieved ? 0 : 1]);
    assertEquals(world.boxes[0]!.counters.dropped, 0);
  }
});

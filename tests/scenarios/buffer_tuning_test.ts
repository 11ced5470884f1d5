import { assert, assertEquals } from "@std/assert";
import type { SocketOptions } from "../../core/mod.ts";
import { bothWays, type PathOptions, type Running, World } from "../harness/mod.ts";

const FAT: readonly PathOptions[] = [
  { client: "10.0.0.1", server: "10.0.9.1", ...bothWays(60, 50, { queue: { delay: 100 } }) },
  { client: "10.0.1.1", server: "10.0.9.1", ...bothWays(40, 100, { queue: { delay: 100 } }) },
];

function start(paths: number, options: Partial<SocketOptions>, length: number, readEvery = 0): [World, Running] {
  const world = new World({ paths: FAT.slice(0, paths), client: { options }, server: { options } });
  const up = world.bytes(length, "up");
  return [world, world.transfer({ sends: up }, { expects: up, readEvery })];
}

for (const paths of [1, 2]) {
  Deno.test(`the window grows with what is read, and costs a transfer over ${paths} long paths next to nothing`, () => {
    const seconds = [true, false].map((receiveTuning) => {
      const [world, running] = start(paths, { receiveTuning }, 50_000_000);
      world.until(3000);
      const window = running.server!.socket.reassembly.limit;
      // Twice what the paths hold: 750 kB and 1 MB.
      if (receiveTuning) assert(window > 1_500_000 && window <= 6 << 20, `${window}`);
      else assertEquals(window, 6 << 20);
      world.settle();
      running.assertDone();
      return running.server!.readAt / 1e6;
    });
    assert(seconds[0]! < 1.05 * seconds[1]!, `${seconds} s`);
  });
}

Deno.test("of what nobody reads no more is kept than the first window, whatever the buffer", () => {
  for (const [receiveTuning, most] of [[true, 65_536], [false, 6 << 20]] as const) {
    const [world, running] = start(2, { receiveTuning, sendBuffer: 16 << 20 }, 8_000_000, 1e9);
    world.until(10_000);
    const { readable } = running.server!.socket;
    assert(readable <= most && readable > 0.9 * most - 65_536, `${readable} bytes wait`);
  }
});

Deno.test("a buffer smaller than the first window is not exceeded", () => {
  const [world, running] = start(1, { receiveBuffer: 20_000 }, 500_000);
  for (let ms = 0; ms < 5000; ms += 50) {
    world.until(ms);
    if (running.server !== undefined) assertEquals(running.server.socket.reassembly.limit, 20_000);
  }
  world.settle();
  running.assertDone();
});

Deno.test("with send tuning a writer is held back to twice what the windows let leave", () => {
  for (const sendTuning of [true, false]) {
    const [world, running] = start(2, { sendTuning }, 50_000_000);
    const { socket } = running.client;
    let most = 0;
    let windows = 0;
    for (let ms = 0; ms < 2000; ms += 10) {
      world.until(ms);
      windows = Math.max(windows, socket.subflows.reduce((sum, { tcp }) => sum + tcp.recovery.controller.cwnd, 0));
      most = Math.max(most, socket.queue.buffered);
    }
    if (sendTuning) assert(most <= 2.2 * windows + 87_040 && most < 6 << 20, `${most} for ${windows}`);
    else assertEquals(most, 6 << 20);
    world.settle();
    running.assertDone();
  }
});

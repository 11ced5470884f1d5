import { assert } from "@std/assert";
import type { MetaSocket } from "../../core/mod.ts";
import { type PathOptions, World } from "../harness/mod.ts";

const SECONDS = 5;
/** Data of a full packet, and the packet. */
const [DATA_BYTES, PACKET_BYTES] = [1420, 1500];

/** Paths of some rate and delay, with queues of 50 ms and a burst, as a token bucket has. */
function paths(megabits: readonly number[], delays: readonly number[], extra: number): PathOptions[] {
  return megabits.map((rate, i) => {
    const queue = { bytes: rate * 1e6 / 8 * 0.05 + 16_384 + extra * (i + 1) };
    const link = { rate: rate * 1e6, delay: delays[i]! + 0.05, queue };
    return { client: `10.0.${i}.1`, server: "10.0.9.1", up: link, down: link };
  });
}

for (const [megabits, delays] of [[[10, 10], [0, 0]], [[15, 5], [25, 1]]] as [number[], number[]][]) {
  const what = `paths of ${megabits.join(" and ")} Mbit/s, ${delays.join(" and ")} ms long`;

  Deno.test(`${what}: a receiver that begins with a small window costs no path its slow start`, () => {
    for (const extra of [0, 731, 2200, 5000]) {
      const world = new World({
        paths: paths(megabits, delays, extra),
        server: { options: { receiveBuffer: 65_536, maximumWindow: 6 << 20 } },
      });
      const length = Math.round(megabits.reduce((a, b) => a + b) * 1e6 / 8 * DATA_BYTES / PACKET_BYTES * SECONDS);
      const [up, down] = [world.bytes(length, "up"), world.bytes(length, "down")];
      const running = world.transfer({ sends: up, expects: down }, { sends: down, expects: up });
      // As Linux does, the receiver makes room when it sees that the sender uses it.
      for (let at = 30; at < 1500; at += 30) {
        world.simulator.at(at, () => world.server.act((now) => grow(running.server?.socket, now)));
      }
      world.settle();
      running.assertDone();
      const share = SECONDS * 1e6 / running.server!.readAt;
      assert(share >= 0.8, `reached ${share.toFixed(3)} of the sum`);
    }
  });
}

function grow(socket: MetaSocket | undefined, now: number): void {
  if (socket === undefined) return;
  socket.setOptions({ receiveBuffer: Math.min(Math.ceil(socket.options.receiveBuffer * 1.15), 2e6) }, now);
}

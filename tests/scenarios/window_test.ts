import { assertEquals } from "@std/assert";
import { type Seen, TWO_PATHS, World } from "../harness/mod.ts";

for (const multipath of [true, false]) {
  const kind = multipath ? "Multipath TCP" : "plain TCP";
  for (const receiveBuffer of [1, 2, 100, 1420, 1460, 3000]) {
    Deno.test(`${kind} crosses a receive buffer of ${receiveBuffer} bytes`, () => {
      const size = Math.min(300 * receiveBuffer, 100_000);
      const world = new World({
        paths: TWO_PATHS,
        server: { options: { receiveBuffer } },
        client: { options: { multipath } },
      });
      const data = world.bytes(size, "up");
      const running = world.transfer({ sends: data }, { expects: data, readChunk: 10 });
      world.settle();
      running.assertDone();
    });

    Deno.test(`${kind} crosses a send buffer of ${receiveBuffer} bytes`, () => {
      const size = Math.min(100 * receiveBuffer, 100_000);
      const world = new World({ paths: TWO_PATHS, client: { options: { multipath, sendBuffer: receiveBuffer } } });
      const data = world.bytes(size, "up");
      const running = world.transfer({ sends: data }, { expects: data });
      world.settle();
      running.assertDone();
    });
  }

  Deno.test(`${kind} carries writes of one byte`, () => {
    for (const noDelay of [true, false]) {
      for (const writeEvery of [0, 1]) {
        const world = new World({ paths: TWO_PATHS, client: { options: { multipath, noDelay } } });
        const data = world.bytes(5000, "up");
        const running = world.transfer({ sends: data, writeChunk: 1, writeEvery }, { expects: data });
        world.settle();
        running.assertDone();
        if (!noDelay && writeEvery === 1) assertEquals(world.packets < 2000, true, "Nagle's algorithm gathers them");
      }
    }
  });

  Deno.test(`${kind} finds out that the window is open though every update was lost`, () => {
    const world = new World({
      paths: TWO_PATHS,
      server: { options: { receiveBuffer: 20_000 } },
      client: { options: { multipath } },
    });
    const data = world.bytes(100_000, "up");
    let isZero = false;
    let lost = 0;
    world.filter = ({ direction, header, payload, now }: Seen) => {
      if (direction === "up" || payload > 0) return;
      if (header.window === 0) isZero = true;
      // Bare acknowledgments that open the window again, for five seconds.
      if (isZero && header.window > 0 && now < 6e6) return !++lost;
    };
    const running = world.transfer({ sends: data }, { expects: data, readEvery: 1000, readChunk: 20_000 });
    world.settle();
    running.assertDone();
    assertEquals(lost > 0, true);
  });
}

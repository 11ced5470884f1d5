import { assertEquals } from "@std/assert";
import { ADD_ADDR } from "../../core/wire/mptcp.ts";
import { World } from "../harness/mod.ts";

/** A server with three addresses; the client sees each announcement and echo. */
function announcing(loses: (announcement: number) => boolean): string[] {
  const world = new World({
    paths: [1, 2, 3].map((i) => ({
      client: `10.${i}.0.1`,
      server: `10.${i}.0.2`,
      up: { delay: 10 },
      down: { delay: 10 },
    })),
    server: { options: { announceTimeout: 1_000_000 } },
  });
  const log: string[] = [];
  let announcements = 0;
  world.filter = ({ header: { options: { mptcp } }, direction }) => {
    if ((mptcp.present & ADD_ADDR) === 0) return;
    log.push(`${mptcp.addAddressEcho ? "echo" : "announce"} ${mptcp.addAddressId}`);
    return direction === "up" || !loses(announcements++);
  };
  // It writes slowly enough to outlast all announcements.
  const sends = world.bytes(5000, "client");
  const running = world.transfer({ sends, writeChunk: 1000, writeEvery: 500 }, { expects: sends });
  world.settle();
  running.assertDone();
  return log;
}

Deno.test("the next address is announced when the last one is echoed", () => {
  assertEquals(announcing(() => false), ["announce 2", "echo 2", "announce 3", "echo 3"]);
});

Deno.test("an announcement that is lost is repeated, and lets another go first", () => {
  const log = announcing((announcement) => announcement === 0);
  assertEquals(log, ["announce 2", "announce 3", "echo 3", "announce 2", "echo 2"]);
});

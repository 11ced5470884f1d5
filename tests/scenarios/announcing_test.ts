import { assertEquals } from "@std/assert";
import { ADD_ADDR } from "../../core/wire/mptcp.ts";
import { linuxEndpoints } from "../../pathmanagers/mod.ts";
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

Deno.test("an IPv6 address with a port, too long beside time stamps, is announced without them and joined", () => {
  const endpoints = [{ address: "fd00:2::2", signal: true, port: 5555 }];
  const world = new World({
    paths: [1, 2].map((i) => ({
      client: `fd00:${i}::1`,
      server: `fd00:${i}::2`,
      up: { delay: 10 },
      down: { delay: 10 },
    })),
    server: { pathManager: linuxEndpoints({ endpoints }) },
  });
  const ports = new Set<number>();
  let announcements = 0;
  world.filter = ({ header: { options, destinationPort }, direction }) => {
    if (direction === "up") ports.add(destinationPort);
    if ((options.mptcp.present & ADD_ADDR) === 0 || direction === "up") return;
    assertEquals([options.mptcp.addAddressPort, options.hasTimestamp], [5555, false]);
    announcements++;
  };
  const sends = world.bytes(5000, "client");
  const running = world.transfer({ sends, writeChunk: 1000, writeEvery: 100 }, { expects: sends });
  world.settle();
  running.assertDone();
  assertEquals([announcements, ports.has(5555)], [1, true]);
});

import { assert, assertEquals } from "@std/assert";
import { DSS } from "../../core/wire/mptcp.ts";
import { ACK, SYN } from "../../core/wire/tcp.ts";
import { losing, type Seen, TWO_PATHS, World } from "../harness/mod.ts";

/** The segments of both handshakes, each as its sender makes it. */
const SEGMENTS: { readonly [name: string]: (seen: Seen) => boolean } = {
  "SYN": ({ header, direction, path }) => path === 0 && direction === "up" && header.flags === SYN,
  "SYN/ACK": ({ header, direction, path }) => path === 0 && direction === "down" && header.flags === (SYN | ACK),
  "third ACK": (seen) => seen.path === 0 && hasCapable(seen, 20),
  "first data": (seen) => seen.path === 0 && hasCapable(seen, 22),
  "third ACK and first data": (seen) => seen.path === 0 && (hasCapable(seen, 20) || hasCapable(seen, 22)),
  "first DATA_ACK": ({ header, direction, path }) =>
    path === 0 && direction === "down" && (header.options.mptcp.present & DSS) !== 0,
  "SYN of the join": (seen) => hasJoin(seen, 12),
  "SYN/ACK of the join": (seen) => hasJoin(seen, 16),
  "third ACK of the join": (seen) => hasJoin(seen, 24),
  "fourth ACK of the join": ({ header, direction, path }) =>
    path === 1 && direction === "down" && (header.flags & SYN) === 0,
};

const SIZES = [[50_000, 0], [0, 50_000], [50_000, 50_000], [0, 0]] as const;

for (const [name, matches] of Object.entries(SEGMENTS)) {
  for (const count of [1, 2, 4]) {
    Deno.test(`a transfer survives the loss of ${count} × ${name} (RFC 8684 3.1-5)`, () => {
      for (const [upSize, downSize] of SIZES) {
        const world = new World({ paths: TWO_PATHS, client: { options: { capableRetries: count } } });
        world.filter = losing(count, matches);
        const up = world.bytes(upSize, "up");
        const down = world.bytes(downSize, "down");
        const slowly = { writeChunk: 500, writeEvery: 200 };
        const running = world.transfer({ ...slowly, sends: up, expects: down }, {
          ...slowly,
          sends: down,
          expects: up,
        });
        world.settle();
        running.assertDone();
        assertEquals(running.client.events[0], { type: "established", isMultipath: true });
        if (upSize + downSize === 0) continue;
        const subflows = [running.client, running.server!].map(({ events }) =>
          events.filter(({ type }) => type === "subflow-established").length
        );
        assertEquals(subflows, [2, 2]);
        assert(running.client.socket.isMultipath && running.server!.socket.isMultipath);
      }
    });
  }
}

Deno.test("a connection that is never answered ends with a timeout", () => {
  const world = new World({ paths: TWO_PATHS });
  world.filter = () => false;
  const { client, server } = world.transfer();
  world.settle();
  assertEquals([client.socket.state, client.socket.error?.code, server], ["closed", "timeout", undefined]);
});

function hasCapable({ header: { options: { mptcp } }, direction }: Seen, length: number): boolean {
  return direction === "up" && (mptcp.present & 1) !== 0 && mptcp.capableLength === length;
}

function hasJoin({ header: { options: { mptcp } } }: Seen, length: number): boolean {
  return (mptcp.present & 2) !== 0 && mptcp.joinLength === length;
}

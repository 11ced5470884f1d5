import { assertEquals } from "@std/assert";
import type { FallbackCause } from "../../core/mod.ts";
import { SYN } from "../../core/wire/tcp.ts";
import { type Seen, stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const isSyn = ({ header }: Seen) => (header.flags & SYN) !== 0;

/** What a box in the way does to options, and why each end falls back. */
const BOXES: readonly {
  readonly what: string;
  readonly strips: (seen: Seen) => boolean;
  readonly client: FallbackCause;
  readonly server: FallbackCause;
}[] = [
  {
    what: "SYN",
    strips: (seen) => isSyn(seen) && seen.direction === "up",
    client: "not-answered",
    server: "not-offered",
  },
  {
    what: "SYN/ACK",
    strips: (seen) => isSyn(seen) && seen.direction === "down",
    client: "not-answered",
    server: "no-keys",
  },
  { what: "every segment", strips: () => true, client: "not-answered", server: "not-offered" },
  {
    what: "every segment up",
    strips: ({ direction }) => direction === "up",
    client: "not-answered",
    server: "not-offered",
  },
  {
    what: "every segment down",
    strips: ({ direction }) => direction === "down",
    client: "not-answered",
    server: "no-keys",
  },
  { what: "all but the SYNs", strips: (seen) => !isSyn(seen), client: "no-dss", server: "no-keys" },
  {
    what: "what follows the client's SYN",
    strips: (seen) => !isSyn(seen) && seen.direction === "up",
    client: "no-dss",
    server: "no-keys",
  },
];

for (const { what, strips, client, server } of BOXES) {
  for (const first of ["client", "server"] as const) {
    Deno.test(`a box strips options from ${what}: plain TCP carries every byte, the ${first} begins (RFC 8684 3.1-20, 3.1-22, 3.7-1, 3.7-5)`, () => {
      const world = new World({ paths: TWO_PATHS });
      world.filter = (seen) => {
        if (strips(seen)) stripMptcp(seen);
      };
      const up = world.bytes(100_000, "up");
      const down = world.bytes(100_000, "down");
      const late = { endsAfter: "reading", writeChunk: 1000, writeEvery: 1 } as const;
      const running = world.transfer(
        { sends: up, expects: down, ...(first === "server" ? late : {}) },
        { sends: down, expects: up, ...(first === "client" ? late : {}) },
      );
      world.settle();
      running.assertDone();
      const causes = [running.client, running.server!].map(({ socket }) => socket.stats().fallbackCause);
      assertEquals(causes, [client, server]);
    });
  }
}

for (const [own, other] of [[true, false], [false, true], [false, false]] as const) {
  Deno.test(`Multipath TCP ${own ? "on" : "off"} at the client, ${other ? "on" : "off"} at the server: plain TCP`, () => {
    const world = new World({
      paths: TWO_PATHS,
      client: { options: { multipath: own } },
      server: { options: { multipath: other } },
    });
    const data = world.bytes(300_000, "both");
    const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
    world.settle();
    running.assertDone();
    const { client, server } = running;
    assertEquals([client.socket.isMultipath, server!.socket.isMultipath], [false, false]);
    const cause = [client.socket.stats().fallbackCause, server!.socket.stats().fallbackCause];
    assertEquals(cause, [own ? "not-answered" : "disabled", other ? "not-offered" : "disabled"]);
  });
}

Deno.test("a box strips options on one path only: the other carries the connection", () => {
  for (const path of [1]) {
    const world = new World({ paths: TWO_PATHS });
    world.filter = (seen) => {
      if (seen.path === path) stripMptcp(seen);
    };
    const data = world.bytes(300_000, "both");
    const running = world.transfer({ sends: data, expects: data }, { sends: data, expects: data });
    world.settle();
    running.assertDone();
    assertEquals(running.client.socket.isMultipath, true);
  }
});

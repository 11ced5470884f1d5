import { assert, assertEquals } from "@std/assert";
import type { SocketOptions } from "../../core/mod.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { MP_CAPABLE } from "../../core/wire/mptcp.ts";
import { type Seen, Transfer, World } from "../harness/mod.ts";

const PORT = 80;

/** A path that swallows what `swallows` says, and connections over it, one after another. */
class Hole {
  readonly world: World;
  swallows: (seen: Seen) => boolean = hasCapable;

  constructor(options: Partial<SocketOptions> = {}) {
    const link = { rate: 10e6, delay: 10 };
    this.world = new World({
      paths: [{ client: "10.0.0.1", server: "10.0.9.1", up: link, down: link }],
      client: { options: { timeWait: 1_000_000, ...options } },
      server: { options: { timeWait: 1_000_000 } },
    });
    this.world.filter = (seen) => !this.swallows(seen);
  }

  /** Sends some bytes; answers how it went and how long the first of them took, in seconds. */
  connect(): { isMultipath: boolean; cause: string | null; seconds: number } {
    const { world } = this;
    const bytes = world.bytes(10_000, "up");
    const begin = world.simulator.now();
    let server: Transfer | undefined;
    const listener = world.server.listen({ port: PORT }, (socket) => {
      return server = new Transfer(world.simulator, world.server, socket, { expects: bytes });
    });
    let client!: Transfer;
    world.client.connect({ remote: { address: IpAddress.parse("10.0.9.1"), port: PORT } }, (socket) => {
      return client = new Transfer(world.simulator, world.client, socket, { sends: bytes });
    });
    world.until(begin / 1000 + 120_000);
    world.server.act((now) => listener.close(now));
    assert(server?.hasAll && client.socket.error === null);
    const { isMultipath, fallbackCause } = client.socket;
    return { isMultipath, cause: fallbackCause, seconds: Math.floor((server.readAt - begin) / 1e6) };
  }

  get counts(): [dropped: number, holes: number, disabled: number] {
    const { MPTcpExtMPCapableSYNTXDrop, MPTcpExtBlackhole, MPTcpExtMPCapableSYNTXDisabled } =
      this.world.client.stack.counters;
    return [MPTcpExtMPCapableSYNTXDrop, MPTcpExtBlackhole, MPTcpExtMPCapableSYNTXDisabled];
  }
}

function hasCapable({ header, direction }: Seen): boolean {
  return direction === "up" && (header.options.mptcp.present & MP_CAPABLE) !== 0;
}

const PLAIN = { isMultipath: false, cause: "black-hole" };

Deno.test("where SYNs with MP_CAPABLE vanish, the third repetition goes without, and the connection is plain TCP (RFC 8684 3.9.3-1)", () => {
  const hole = new Hole();
  assertEquals(hole.connect(), { ...PLAIN, seconds: 1 + 2 + 4 });
  assertEquals(hole.counts, [1, 1, 0]);
  assertEquals(hole.world.client.stack.counters.MPTcpExtMPCapableSYNTX, 3);
});

Deno.test("the number of repetitions with MP_CAPABLE is an option", () => {
  assertEquals(new Hole({ capableRetries: 0 }).connect(), { ...PLAIN, seconds: 1 });
  assertEquals(new Hole({ capableRetries: 1 }).connect(), { ...PLAIN, seconds: 1 + 2 });
});

Deno.test("such a path is remembered: the next connections over it lose no time", () => {
  const hole = new Hole();
  hole.connect();
  for (let i = 1; i <= 3; i++) {
    assertEquals(hole.connect(), { ...PLAIN, seconds: 0 });
    assertEquals(hole.counts, [1, 1, i]);
  }
});

Deno.test("it is tried again after a time, which doubles as often as it is in vain, and forgotten when it is not", () => {
  const hole = new Hole({ blackHoleTimeout: 1000e6 });
  const waitUntil = (seconds: number) => hole.world.until(seconds * 1000);
  hole.connect();
  waitUntil(990);
  assertEquals(hole.connect().seconds, 0);
  // Each attempt, which takes 120 seconds here, begins when the time before is over.
  for (const [at, period] of [[1200, 2000], [3500, 4000]] as const) {
    waitUntil(at);
    assertEquals(hole.connect().seconds, 7);
    waitUntil(at + period - 10);
    assertEquals(hole.connect().seconds, 0);
  }
  waitUntil(8000);
  hole.swallows = () => false;
  assertEquals(hole.connect(), { isMultipath: true, cause: null, seconds: 0 });
  hole.swallows = hasCapable;
  assertEquals(hole.connect().seconds, 7, "it is forgotten");
  waitUntil(8240 + 1010);
  assertEquals(hole.connect().seconds, 7, "and the time begins anew");
});

Deno.test("an answer to the SYN without makes it such a path, silence does not", () => {
  const hole = new Hole();
  hole.swallows = ({ header, now }) => (header.flags & 2) !== 0 && now < 10e6;
  assertEquals(hole.connect(), { ...PLAIN, seconds: 15 });
  hole.swallows = () => false;
  assertEquals(hole.counts, [1, 1, 0]);
  const silent = new Hole({ synRetries: 4 });
  silent.swallows = ({ header }) => (header.flags & 2) !== 0;
  try {
    silent.connect();
  } catch {
    // Nobody answers at all.
  }
  assertEquals(silent.counts, [1, 0, 0]);
});

Deno.test("a peer that heard the SYN with MP_CAPABLE but was not heard falls back, too", () => {
  const hole = new Hole();
  hole.swallows = ({ header, direction, now }) => direction === "down" && now < 5e6 && (header.flags & 2) !== 0;
  assertEquals(hole.connect(), { ...PLAIN, seconds: 7 });
});

/**
 * What the properties of `tests/properties/transfer_test.ts` have found, each cut down to what matters.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ADD_ADDR, DSS } from "../../core/wire/mptcp.ts";
import { SYN } from "../../core/wire/tcp.ts";
import { fullMesh, ndiffports } from "../../pathmanagers/mod.ts";
import { begin, bothWays, type Case, type Seen, strike, stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const ONE_PATH = TWO_PATHS.slice(0, 1);

/** Options of the cases that were found with a small buffer and without selective acknowledgments. */
const SMALL_BUFFER = {
  receiveBuffer: 20_000,
  noDelay: false,
  multipath: true,
  selectiveAcknowledgments: false,
  closeTimeout: 60e6,
  keepAlive: true,
  keepAliveTime: 60e6,
};

Deno.test("a stream without data ends as soon as the keys have left", () => {
  const world = new World({ paths: ONE_PATH });
  const running = world.transfer({}, { endsAfter: "reading" });
  world.settle();
  running.assertDone();
  assert(running.client.closedAt < 100_000);
});

Deno.test("an announcement that arrives before any DSS is echoed, and does not start a storm", () => {
  // An IPv6 address with its HMAC leaves no room for a DSS.
  const link = bothWays(20, 10);
  const world = new World({
    paths: [{ client: "fd00::1", server: "fd00:9::1", ...link }, { client: "fd00:1::1", server: "fd00:9::2", ...link }],
  });
  const isBareAnnouncement = ({ header: { options: { mptcp: { present } } } }: Seen) =>
    (present & ADD_ADDR) !== 0 && (present & DSS) === 0;
  let isAnnounced = false;
  world.filter = (seen) => {
    const { present } = seen.header.options.mptcp;
    if (seen.direction === "up" || seen.header.flags & SYN) return;
    isAnnounced ||= isBareAnnouncement(seen);
    // Everything with a DSS is lost until the announcement has arrived alone.
    return seen.now > 3e6 || !(present & DSS) || isBareAnnouncement(seen);
  };
  const data = world.bytes(1000, "down");
  const running = world.transfer({ expects: data, endsAfter: "reading" }, { sends: data });
  world.settle();
  running.assertDone();
  assert(isAnnounced && world.packets < 500);
});

Deno.test("a connection that this end has closed takes bytes that it knows once more", () => {
  const world = new World({ paths: TWO_PATHS });
  const up = world.bytes(1000, "up");
  const down = world.bytes(50_000, "down");
  // The client sends its last bytes again, on the other path, when the server has read them and closed.
  world.filter = ({ direction, now }) => direction === "up" || now < 200_000 || now > 800_000;
  const slowly = { writeChunk: 500, writeEvery: 230 };
  const running = world.transfer({ ...slowly, sends: up, expects: down }, {
    sends: down,
    expects: up,
    endsAfter: "reading",
    closes: true,
  });
  world.settle();
  running.assertDone();
});

Deno.test("a receive buffer that shrinks does not lose what was promised", () => {
  for (const multipath of [true, false]) {
    for (const at of [1, 30, 60, 100]) {
      const world = new World({ paths: TWO_PATHS, client: { options: { multipath } } });
      const data = world.bytes(300_000, "down");
      const running = world.transfer({ expects: data, readChunk: 1000, readEvery: 2 }, { sends: data });
      world.simulator.at(at, () => {
        world.client.act((now) => running.client.socket.setOptions({ receiveBuffer: 3000 }, now));
      });
      world.settle();
      running.assertDone();
    }
  }
});

Deno.test("a receive buffer that shrinks below one step of the window scale goes on (seed 593772030)", () => {
  const world = new World({ paths: ONE_PATH, client: { options: { receiveBuffer: 200_000 } } });
  const data = world.bytes(250_000, "down");
  const running = world.transfer({ expects: data }, { sends: data });
  world.simulator.at(60, () => {
    world.client.act((now) => running.client.socket.setOptions({ receiveBuffer: 1 }, now));
  });
  world.settle();
  running.assertDone();
});

Deno.test("keep-alive finds out that the peer went right after the handshake", () => {
  const keepAlive = { keepAlive: true, keepAliveTime: 10e6, keepAliveInterval: 1e6 };
  for (const multipath of [true, false]) {
    const end = { options: { ...keepAlive, multipath } };
    const world = new World({ paths: ONE_PATH, client: end, server: end });
    const running = world.transfer({ endsAfter: "reading" }, { endsAfter: "reading" });
    world.simulator.at(40, () => world.setPath(0, { up: false }));
    world.settle();
    const { client, server } = running;
    assertEquals([client.socket.state, server!.socket.state], ["closed", "closed"]);
    world.assertClean();
  }
});

Deno.test("a peer that vanishes behind a closed window, or before it acknowledges DATA_FIN, is given up", () => {
  for (const [size, at] of [[5000, 200], [0, 25]] as const) {
    const world = new World({ paths: ONE_PATH, server: { options: { receiveBuffer: 1000 } } });
    const data = world.bytes(size, "up");
    const running = world.transfer({ sends: data }, { expects: data, readEvery: 10_000, endsAfter: "reading" });
    world.simulator.at(at, () => world.setPath(0, { up: false }));
    world.until(2 * 3600e3);
    assertEquals([running.client.socket.state, running.client.socket.error?.code], ["closed", "timeout"]);
  }
});

for (const from of ["the handshake on", "100 ms on", "1000 ms on"]) {
  for (const direction of ["up", "down"] as const) {
    Deno.test(`a box strips options ${direction} from ${from}: every byte once, or an error`, () => {
      for (const sizes of [[5000, 0], [0, 5000], [100_000, 100_000]] as const) {
        const world = new World({ paths: [{ ...ONE_PATH[0]!, ...bothWays(5, 20, { loss: 0.02 }) }] });
        const start = from.startsWith("the") ? 0 : 1000 * parseInt(from);
        world.filter = (seen) => {
          if (seen.direction === direction && seen.now >= start && !(seen.header.flags & SYN)) stripMptcp(seen);
        };
        const up = world.bytes(sizes[0], "up");
        const down = world.bytes(sizes[1], "down");
        const running = world.transfer(
          { sends: up, expects: down, writeChunk: 500, writeEvery: 20 },
          { sends: down, expects: up, writeChunk: 500, writeEvery: 20 },
        );
        world.settle();
        running.assertOver();
      }
    });
  }
}

Deno.test("what was to be sent again before a fallback is not sent twice as plain TCP (seed -1058416660)", () => {
  const world = new World({ paths: ONE_PATH });
  world.filter = (seen) => {
    if (seen.direction === "down" || seen.header.flags & SYN) return;
    if (seen.now < 200_000) return false;
    stripMptcp(seen);
  };
  const data = world.bytes(2000, "up");
  const running = world.transfer({ sends: data }, { expects: data });
  world.settle();
  running.assertDone();
});

Deno.test("a peer that refused a join and is plain TCP now is not told of an end that is none (seed 881725700)", () => {
  const link = { rate: Infinity, delay: 0, loss: 0, jitter: 0, reorder: { probability: 0, delay: 1 }, duplicate: 0 };
  const slow = { rate: 128_000, delay: 1, queue: { codel: {} }, loss: 0.01, jitter: 1, duplicate: 0, corrupt: 0.01 };
  const program = { writeChunk: 1, readChunk: 1, readEvery: 0, endsAfter: "writing", closes: false } as const;
  const plugins = { scheduler: "min-rtt", congestion: "balia" } as const;
  const options = { ...SMALL_BUFFER, timestamps: false };
  const given: Case = {
    seed: 955572365,
    mtu: 1500,
    paths: [{
      family: 4,
      hasOwnServer: false,
      up: {
        ...link,
        queue: { bytes: 1500 },
        loss: { goodToBad: 0.001, badToGood: 0.1, lossInBad: 0.5 },
        reorder: { probability: 0.01, delay: 1 },
        corrupt: 0,
      },
      down: { ...link, queue: { packets: 1 }, jitter: 3, duplicate: 0.01, corrupt: 0.07 },
      outages: [],
      backup: false,
    }, {
      family: 4,
      hasOwnServer: false,
      up: { ...link, queue: { codel: {} }, jitter: 1, corrupt: 0 },
      down: { ...slow, reorder: { probability: 0.01, delay: 1 } },
      outages: [],
      backup: false,
    }],
    client: {
      ...plugins,
      pathManager: "ndiffports",
      options: { ...options, sendBuffer: 2 },
      size: 4,
      program: { ...program, writeEvery: 50 },
    },
    server: {
      ...plugins,
      pathManager: "full-mesh",
      options: { ...options, sendBuffer: 20_000 },
      size: 1,
      program: { ...program, writeEvery: 0 },
    },
  };
  const begun = begin(given);
  strike(begun, given, [
    { type: "strip", at: 5, path: 0, direction: "up" },
    { type: "withdraw", at: 1, side: "client", address: 0 },
  ]);
  begun.world.settle();
  begun.running.assertOver();
});

Deno.test("bytes held since before a fallback that are out of line end the connection (seed 8684, path 1964)", () => {
  const link = { rate: 128_000, jitter: 0, reorder: { probability: 0.01, delay: 1 }, duplicate: 0.01 };
  const program = {
    writeChunk: 1,
    writeEvery: 0,
    readChunk: 1,
    readEvery: 0,
    endsAfter: "writing",
    closes: false,
  } as const;
  const plugins = { scheduler: "min-rtt", congestion: "lia", pathManager: "full-mesh" } as const;
  const options = { ...SMALL_BUFFER, timestamps: true };
  const lossUp = { goodToBad: 0.001, badToGood: 0.1, lossInBad: 0.5 };
  const given: Case = {
    seed: 0,
    mtu: 1500,
    paths: [{
      family: 4,
      hasOwnServer: false,
      up: {
        ...link,
        delay: 0,
        jitter: 1,
        queue: { bytes: 1500 },
        loss: lossUp,
        reorder: { probability: 0, delay: 1 },
        corrupt: 0,
      },
      down: { ...link, delay: 1, queue: { packets: 1 }, loss: 0.01, corrupt: 0.01 },
      outages: [],
      backup: false,
    }],
    client: { ...plugins, options: { ...options, sendBuffer: 1 }, size: 0, program },
    server: { ...plugins, options: { ...options, sendBuffer: 20_000 }, size: 19_931, program },
  };
  const begun = begin(given);
  strike(begun, given, [{ type: "strip", at: 1562, path: 0, direction: "down" }]);
  begun.world.settle();
  begun.running.assertOver();
});

Deno.test("what the only subflow carries is left to it: nothing goes twice over one path", () => {
  const world = new World({ paths: ONE_PATH });
  const data = world.bytes(200_000, "up");
  world.simulator.at(300, () => world.setPath(0, { up: false }));
  world.simulator.at(2300, () => world.setPath(0, { up: true }));
  const running = world.transfer({ sends: data, writeChunk: 2000, writeEvery: 20 }, { expects: data });
  world.settle();
  running.assertDone();
  assertEquals(running.client.socket.stats().bytesReinjected, 0);
});

Deno.test("subflows that come up again and again and carry nothing end the connection, though there is always one (seed -1815365533)", () => {
  const options = { keepAlive: true, keepAliveTime: 60e6 };
  const link = { jitter: 0, loss: 0, duplicate: 0, queue: { packets: 100 } };
  // What is acknowledged comes in another order, so that subflows do not end all at once.
  const world = new World({
    seed: 0,
    paths: [{
      client: "10.0.0.1",
      server: "10.0.9.1",
      up: { ...link, delay: 10, reorder: { probability: 0.25, delay: 33 } },
      down: { ...link, delay: 1 },
    }],
    client: { pathManager: ndiffports({ subflows: 3 }), options },
    server: { options },
  });
  // A box damages all that carries bytes.
  world.filter = ({ direction, payload }) => direction === "up" || payload === 0;
  const data = world.bytes(1, "down");
  const running = world.transfer({ expects: data, isTolerant: true }, { sends: data, isTolerant: true });
  world.settle();
  assertEquals([running.server!.socket.error?.code, running.client.socket.error?.code], ["timeout", "reset"]);
  running.assertOver();
});

Deno.test("where handshakes come through and data never does, opening subflows anew comes to an end (seed 8684)", () => {
  for (const paths of [ONE_PATH, TWO_PATHS]) {
    for (const pathManager of [fullMesh(), ndiffports()]) {
      const world = new World({ paths, client: { pathManager, options: { keepAlive: true, keepAliveTime: 60e6 } } });
      // What has data is kept back from some moment on.
      world.filter = ({ direction, now, header }) =>
        direction === "up" || now < 100_000 || header.payloadEnd === header.payloadStart;
      const data = world.bytes(10_000, "down");
      const running = world.transfer({ expects: data }, { sends: data, writeChunk: 500, writeEvery: 20 });
      world.until(2 * 3600e3);
      const { client, server } = running;
      assertEquals([server!.socket.state, server!.socket.error?.code], ["closed", "timeout"]);
      assertEquals(client.socket.state, "closed");
      world.assertClean();
    }
  }
});

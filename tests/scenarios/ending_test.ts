/**
 * The end of one subflow is not the end of the stream.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MP_CAPABLE } from "../../core/wire/mptcp.ts";
import { FIN, RST, SYN } from "../../core/wire/tcp.ts";
import { type Seen, stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const ONE_PATH = TWO_PATHS.slice(0, 1);

/** A transfer whose client ends its first subflow after `at` milliseconds; `change` sees what follows. */
function ending(paths: typeof TWO_PATHS, at: number, change: (seen: Seen) => void = () => {}) {
  const world = new World({ paths });
  const ends = { fin: 0, reset: 0 };
  world.filter = (seen) => {
    const { flags } = seen.header;
    if (seen.direction === "up" && seen.path === 0 && seen.now < at * 1000 + 1000) {
      ends.fin += flags & FIN ? 1 : 0;
      ends.reset += flags & RST ? 1 : 0;
    }
    change(seen);
  };
  const data = world.bytes(2000, "up");
  const slowly = { writeChunk: 500, writeEvery: 100 };
  const running = world.transfer({ ...slowly, sends: data }, { expects: data });
  world.simulator.at(at, () => {
    world.client.act((now) => {
      const { subflows, subflowSet } = running.client.socket;
      subflowSet.end(subflows[0]!, now);
    });
  });
  world.settle();
  return { running, ends };
}

Deno.test("a subflow that is one of two to the peer ends with a FIN, and the other carries on (RFC 8684 3.4.2-5)", () => {
  const { running, ends } = ending(TWO_PATHS, 250);
  running.assertDone();
  assertEquals(ends, { fin: 1, reset: 0 });
});

Deno.test("the only subflow ends with a reset before the peer has shown the keys (seed -108277084)", () => {
  const { running, ends } = ending(ONE_PATH, 30, (seen) => {
    // What the peer sees of it is plain TCP.
    if (!(seen.header.flags & SYN)) stripMptcp(seen);
  });
  assertEquals(ends, { fin: 0, reset: 1 });
  assert(running.client.socket.error !== null && running.server?.socket.error !== null);
  running.assertOver();
});

Deno.test("the only subflow ends with a reset: to a peer that loses the options a FIN would end the stream", () => {
  const { running, ends } = ending(ONE_PATH, 45, (seen) => {
    const { present } = seen.header.options.mptcp;
    // Of all that follows the handshake only MP_CAPABLE with the first data comes through.
    if (seen.direction === "up" && (present & MP_CAPABLE) === 0) stripMptcp(seen);
  });
  assertEquals(ends, { fin: 0, reset: 1 });
  assert(running.client.socket.error !== null && running.server?.socket.error !== null);
  running.assertOver();
});

Deno.test("plain TCP has no subflow to end", () => {
  const { running, ends } = ending(ONE_PATH, 250, stripMptcp);
  running.assertDone();
  assertEquals(ends, { fin: 0, reset: 0 });
});

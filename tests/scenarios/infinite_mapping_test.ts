/**
 * What comes after a wrong checksum: plain TCP for good on the only path, a new subflow where there was another
 * (RFC 8684 section 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DSS, MP_FAIL } from "../../core/wire/mptcp.ts";
import { RST, SYN } from "../../core/wire/tcp.ts";
import { type Seen, TWO_PATHS, World } from "../harness/mod.ts";

const CHECKED = { options: { checksum: true } };

/** Flips a bit of the first payload that goes up on path 0 after `at` milliseconds; told where on the subflow. */
function flippingOnce(at: number, onFlip: (offset: number) => void = () => {}): (seen: Seen) => void {
  let isDone = false;
  let initial = 0;
  return ({ frame, header, payload, direction, path, now }) => {
    if (path !== 0 || direction !== "up") return;
    if (header.flags & SYN) initial = header.sequence;
    if (isDone || payload === 0 || now < 1000 * at) return;
    isDone = true;
    onFlip((header.sequence - initial - 1) >>> 0);
    frame.bytes[header.payloadStart] = frame.bytes[header.payloadStart]! ^ 1;
  };
}

Deno.test("after an infinite mapping there is no DATA_ACK, and nothing else of Multipath TCP, ever (RFC 8684 3.7-15, 3.7-16)", () => {
  const [first, second] = TWO_PATHS;
  const world = new World({ paths: [first!, { ...second!, isThere: false }], client: CHECKED });
  const data = world.bytes(1_500_000, "up");
  const expected = data.slice();
  const flip = flippingOnce(300, (offset) => expected[offset]! ^= 1);
  const after = { up: 0, down: 0 };
  world.filter = (seen) => {
    flip(seen);
    // The sender of the mapping repeats it until it is answered, so its peer is the first without options.
    if (world.server.stack.counters.MPTcpExtInfiniteMapRx === 0) return;
    const { present } = seen.header.options.mptcp;
    if (seen.direction === "down" && present & DSS) after.down++;
    if (seen.direction === "up" && present !== 0 && seen.now > 3e6) after.up++;
  };
  const seen = world.transfer({ sends: data, writeChunk: 5000, writeEvery: 20 }, { expects: expected });
  world.simulator.at(3000, () => world.client.addressUp("10.0.1.1", 1500));
  world.until(5500);
  const { client, server } = seen;
  assertEquals([client.socket.isMultipath, server!.socket.isMultipath], [false, false]);
  assertEquals(client.socket.stats().fallbackCause, "checksum-failed");
  assertEquals(after, { up: 0, down: 0 });
  assertEquals([client.socket.subflows.length, client.socket.state], [1, "established"]);
});

Deno.test("where another subflow has carried data a wrong checksum resets the only one left, with MP_FAIL (RFC 8684 3.7-12)", () => {
  const world = new World({ paths: TWO_PATHS, client: CHECKED });
  const flip = flippingOnce(1000);
  let fails = 0;
  world.filter = (seen) => {
    flip(seen);
    const { flags, options: { mptcp } } = seen.header;
    if (mptcp.present & MP_FAIL) {
      assert((flags & RST) !== 0 && seen.path === 0 && (flags & SYN) === 0);
      fails++;
    }
  };
  const data = world.bytes(2_000_000, "up");
  const running = world.transfer({ sends: data, writeChunk: 30_000, writeEvery: 20 }, { expects: data });
  world.simulator.at(600, () => world.client.addressDown("10.0.1.1"));
  world.settle();
  running.assertDone();
  assertEquals([fails, running.client.socket.isMultipath], [1, true]);
});

/**
 * Bytes that go a second time over the only subflow, while something on the path takes options away: a peer that falls back
 * takes whatever comes without a mapping as the continuation of its stream (RFC 8684 section 3.7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DSS, MP_CAPABLE } from "../../core/wire/mptcp.ts";
import { SYN } from "../../core/wire/tcp.ts";
import { bothWays, mptcpOptions, type PathOptions, type Seen, stripMptcp, World } from "../harness/mod.ts";

/** The server announces a second address of a family that leaves no room for a DSS beside it. */
const ANNOUNCING: readonly PathOptions[] = [
  { client: "fd00::1", server: "fd00:9::1", ...bothWays(20, 10) },
  { client: "fd00:1::1", server: "fd00:9::2", ...bothWays(20, 10), isThere: false },
];
const ONE_PATH: readonly PathOptions[] = [{ client: "10.0.0.1", server: "10.0.9.1", ...bothWays(20, 10) }];

/** The client's second piece of data is mapped to where the first one was, so that it arrives and is not delivered. */
function misdirecting(world: World): Seen[] {
  const copies: Seen[] = [];
  let mapped: number[] | null = null;
  let isDone = false;
  world.filter = (seen) => {
    const { direction, frame, payload, header: { flags, options: { mptcp } } } = seen;
    if (flags & SYN || direction === "down" || payload === 0) return;
    if ((mptcp.present & DSS) === 0) return;
    const at = mptcpOptions(frame)[0]! + 4 + mptcp.dataAckBytes;
    const number = [...frame.bytes.subarray(at, at + 8)];
    if (isDone) copies.push(seen);
    else if (mapped === null) mapped = number;
    else {
      frame.bytes.set(mapped, at);
      isDone = true;
    }
  };
  return copies;
}

Deno.test("what DATA_ACK did not reach is not sent again to a peer that fell back (seed 1765764802)", () => {
  const world = new World({ paths: ANNOUNCING });
  // Up, nothing but the keys with the first data comes through with its options; down, no DATA_ACK for seconds.
  world.filter = (seen) => {
    const { direction, now, payload, header: { flags, options: { mptcp: { present } } } } = seen;
    if (flags & SYN) return;
    if (direction === "down") return now > 3e6 || (present & DSS) === 0;
    if (present & MP_CAPABLE) return payload > 0;
    stripMptcp(seen);
  };
  const data = world.bytes(10, "up");
  const running = world.transfer({ sends: data, writeChunk: 5, writeEvery: 5000 }, { expects: data });
  world.settle();
  running.assertOver();
});

Deno.test("a DATA_ACK that is lost is asked for: nothing goes twice over the only subflow", () => {
  const world = new World({ paths: ANNOUNCING });
  let lost = 0;
  world.filter = ({ direction, now, payload, header: { flags, options: { mptcp: { present } } } }) => {
    if (flags & SYN) return;
    if (direction === "up") return payload > 0 || (present & MP_CAPABLE) === 0;
    if (now > 500_000 || (present & DSS) === 0) return;
    lost++;
    return false;
  };
  const data = world.bytes(10, "up");
  const running = world.transfer({ sends: data, writeChunk: 5, writeEvery: 5000 }, { expects: data });
  world.settle();
  running.assertDone();
  assert(lost > 0);
  assertEquals([running.client.socket.isMultipath, running.client.socket.stats().bytesReinjected], [true, 0]);
});

Deno.test("what arrived over the only subflow and was not delivered goes again once the peer has said so", () => {
  const world = new World({ paths: ONE_PATH });
  const copies = misdirecting(world);
  const data = world.bytes(2000, "up");
  const running = world.transfer({ sends: data, writeChunk: 500, writeEvery: 100 }, { expects: data });
  world.settle();
  running.assertDone();
  assert(copies.length > 0);
  assertEquals(running.client.socket.isMultipath, true);
  assert(running.client.socket.stats().bytesReinjected >= 500);
});

Deno.test("what goes again over the only subflow and loses its mapping on the way is not taken for new", () => {
  const world = new World({ paths: ONE_PATH });
  misdirecting(world);
  const misdirect = world.filter!;
  world.filter = (seen) => {
    misdirect(seen);
    if (seen.direction === "up" && seen.now > 450_000) stripMptcp(seen);
  };
  const data = world.bytes(2000, "up");
  const running = world.transfer({ sends: data, writeChunk: 500, writeEvery: 100 }, { expects: data });
  world.settle();
  running.assertOver();
  assert(running.client.socket.stats().bytesReinjected > 0);
});

Deno.test("an end whose join the peer may know of does not take the connection for plain TCP", () => {
  const world = new World({ paths: ANNOUNCING.map((path) => ({ ...path, isThere: true })) });
  // Down, no DSS comes through: on the first path it is taken out, the second loses what has one.
  world.filter = (seen) => {
    const { direction, path, payload, header: { flags, options: { mptcp: { present } } } } = seen;
    if (direction === "up" || flags & SYN || (present & DSS) === 0) return;
    if (path === 1 || payload === 0) return false;
    stripMptcp(seen);
  };
  const data = world.bytes(100_000, "down");
  const silent = { endsAfter: "reading" } as const;
  const running = world.transfer({ ...silent, expects: data }, silent);
  world.until(200);
  assertEquals(running.server!.socket.subflows.filter(({ usable }) => usable).length, 4);
  world.server.act((now) => running.server!.socket.write(data, now));
  world.until(20_000);
  assertEquals(running.client.read, 0);
});

/**
 * Subflows that are reset without MP_FASTCLOSE: the connection goes on over what is left, or over a new one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DSS, MP_TCPRST, RESET_MIDDLEBOX } from "../../core/wire/mptcp.ts";
import { RST, SYN } from "../../core/wire/tcp.ts";
import { roundRobin } from "../../schedulers/mod.ts";
import { stripMptcp, TWO_PATHS, World } from "../harness/mod.ts";

const ONE_PATH = TWO_PATHS.slice(0, 1);

for (const [what, paths] of [["the only path", ONE_PATH], ["one of two paths", TWO_PATHS]] as const) {
  for (const direction of ["up", "down"] as const) {
    Deno.test(`a box takes the options from data ${direction} ${what}: reset, opened again, and no byte lost (RFC 8684 3.3.1-6, 3.7-6, 3.7-7)`, () => {
      const world = new World({ paths });
      const path = paths.length - 1;
      let resets = 0;
      let seen = 0;
      world.filter = (segment) => {
        const { flags, options: { mptcp } } = segment.header;
        if (flags & RST && mptcp.present & MP_TCPRST) {
          assertEquals(mptcp.resetReason, RESET_MIDDLEBOX);
          resets++;
        }
        if (segment.path !== path || segment.direction !== direction || segment.payload === 0) return;
        // Until it has gone wrong: one segment alone may be told about by the next.
        if (++seen >= 100 && resets === 0) stripMptcp(segment);
      };
      const data = world.bytes(8_000_000, "both");
      // One way only, so that nothing is lost that the reset could overtake.
      const [client, server] = direction === "up"
        ? [{ sends: data }, { expects: data }]
        : [{ expects: data }, { sends: data }];
      const running = world.transfer(client, server);
      world.settle();
      running.assertDone();
      const [receiver, sender] = direction === "up" ? [world.server, world.client] : [world.client, world.server];
      assertEquals(resets, 1);
      assertEquals([receiver.stack.counters.MPTcpExtMPRstTx, sender.stack.counters.MPTcpExtMPRstRx], [1, 1]);
      assertEquals(running.client.socket.stats().subflowsTotal, paths.length + 1);
    });
  }
}

Deno.test("the only subflow is reset, and the first attempt at another refused: the next one saves the connection", () => {
  const world = new World({ paths: ONE_PATH });
  let seen = 0;
  let joins = 0;
  let isReset = false;
  world.filter = (segment) => {
    const { flags } = segment.header;
    isReset ||= (flags & RST) !== 0;
    if (segment.direction === "down" && segment.payload > 0 && ++seen >= 100 && !isReset) stripMptcp(segment);
    // Without its option the SYN is for a port where nobody listens.
    if (segment.direction === "up" && flags & SYN && seen >= 100 && ++joins === 1) stripMptcp(segment);
  };
  const data = world.bytes(1_000_000, "down");
  const running = world.transfer({ expects: data }, { sends: data });
  world.settle();
  running.assertDone();
  assert(joins >= 2, `${joins} attempts`);
});

Deno.test("a joined subflow whose data is acknowledged without DATA_ACK is reset, and the other carries on (RFC 8684 3.7-3, 3.7-4)", () => {
  const world = new World({ paths: TWO_PATHS, client: { scheduler: roundRobin() } });
  const reasons: number[] = [];
  let answers = 0;
  world.filter = (segment) => {
    const { flags, options: { mptcp } } = segment.header;
    if (segment.path !== 1 || flags & SYN) return;
    if (flags & RST && mptcp.present & MP_TCPRST) reasons.push(mptcp.resetReason);
    // The fourth segment of the join comes through.
    if (segment.direction === "down" && mptcp.present & DSS && ++answers > 1 && reasons.length === 0) {
      stripMptcp(segment);
    }
  };
  const data = world.bytes(3_000_000, "up");
  const running = world.transfer({ sends: data, writeChunk: 20_000, writeEvery: 20 }, { expects: data });
  world.settle();
  running.assertDone();
  assertEquals([reasons[0], running.client.socket.isMultipath], [RESET_MIDDLEBOX, true]);
});

import { assert, assertEquals } from "@std/assert";
import { Subflow } from "../../core/mod.ts";
import { MP_JOIN, MP_TCPRST, RESET_MPTCP_ERROR } from "../../core/wire/mptcp.ts";
import { flipInMptcp, TWO_PATHS, World } from "../harness/mod.ts";

/** Where each handshake option of a join has what is to be damaged, and who must notice. */
const DAMAGES = [
  { what: "a token that nobody has", length: 12, index: 4, side: "server", counter: "MPTcpExtMPJoinNoTokenFound" },
  {
    what: "a wrong HMAC of the server",
    length: 16,
    index: 4,
    side: "client",
    counter: "MPTcpExtMPJoinSynAckHMacFailure",
  },
  {
    what: "a wrong nonce of the server",
    length: 16,
    index: 12,
    side: "client",
    counter: "MPTcpExtMPJoinSynAckHMacFailure",
  },
  { what: "a wrong HMAC of the client", length: 24, index: 4, side: "server", counter: "MPTcpExtMPJoinAckHMacFailure" },
  {
    what: "a wrong nonce of the client",
    length: 12,
    index: 8,
    side: "client",
    counter: "MPTcpExtMPJoinSynAckHMacFailure",
  },
] as const;

for (const { what, length, index, side, counter } of DAMAGES) {
  Deno.test(`a join with ${what} is reset, and the connection goes on (RFC 8684 3.2-6, 3.2-7, 3.2-10)`, () => {
    const world = new World({ paths: TWO_PATHS });
    const reasons = new Set<number>();
    world.filter = (seen) => {
      const { mptcp } = seen.header.options;
      if (seen.path !== 1) return;
      if (mptcp.present & MP_TCPRST) reasons.add(mptcp.resetReason);
      if (mptcp.present & MP_JOIN && mptcp.joinLength === length) flipInMptcp(seen, index);
    };
    const data = world.bytes(100_000, "up");
    const running = world.transfer({ sends: data, writeChunk: 1000, writeEvery: 100 }, { expects: data });
    world.settle();
    running.assertDone();
    assert(world[side].stack.counters[counter] >= 1);
    assertEquals([...reasons], [RESET_MPTCP_ERROR]);
    // Who was reset knows why.
    const heard = (side === "client" ? running.server! : running.client).events.flatMap((event) =>
      event.type === "subflow-closed" && event.subflow instanceof Subflow && event.subflow.isJoin
        ? [event.subflow.resetReason]
        : []
    );
    assertEquals(new Set(heard), new Set([RESET_MPTCP_ERROR]));
    const established = [running.client, running.server!].map(({ events }) =>
      events.filter(({ type }) => type === "subflow-established").length
    );
    assertEquals(established, [1, 1]);
  });
}

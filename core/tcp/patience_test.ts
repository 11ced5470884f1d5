import { assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";

/** A socket with data under way whose peer answers whatever it sends, for `seconds`, with an empty window or another. */
function answered(window: number, seconds: number): SocketUnderTest {
  const under = SocketUnderTest.established({ retries: 3, mtuProbing: "never" });
  under.sends("x".repeat(3000));
  under.leaves();
  under.controller.cwnd = 1000;
  for (let second = 0; second < seconds; second++) {
    if (under.pass(1_000_000).length > 0) under.arrives({ window });
    under.leaves();
  }
  return under;
}

Deno.test("a window that shrinks to nothing behind what was sent is probed by it, and times nothing out (RFC 9293 MUST-34, MUST-35, SHLD-16, SHLD-17)", () => {
  const under = answered(0, 3600);
  assertEquals([under.state, under.told.includes("closed: timeout")], ["established", false]);
  assertEquals(under.pass(121_000_000).map(({ sequence }) => sequence), [1], "the first segment goes again and again");
  under.arrives({ window: 60_000, acknowledgment: 1001 });
  under.leaves();
  under.arrives({ window: 60_000, acknowledgment: 3001 });
  assertEquals([under.socket.recovery.board.una, under.segments.inUse], [3001, 0]);
});

Deno.test("a peer that answers with an open window, or falls silent behind a closed one, is given up", () => {
  assertEquals(answered(5000, 120).told.at(-1), "closed: timeout");
  const under = answered(0, 120);
  under.pass(500_000_000);
  assertEquals(under.told.at(-1), "closed: timeout");
});

Deno.test("a peer that was heard of but said nothing of its window since it closed it is given up (found by the properties)", () => {
  const under = answered(0, 10);
  for (let minute = 0; minute < 30; minute++) {
    under.pass(60_000_000);
    // A keep-alive probe is beside the window, so that what it says of that counts for nothing.
    under.arrives({ sequence: 0, window: 60_000 });
    under.leaves();
  }
  assertEquals(under.told.at(-1), "closed: timeout");
});

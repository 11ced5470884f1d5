import { assertEquals } from "@std/assert";
import { type OurSegment, type PeerSegment, SocketUnderTest } from "../../tests/harness/segments.ts";

/** Established with marks in use. */
function marking(): SocketUnderTest {
  return SocketUnderTest.established({ ecn: "ask" }, { flags: "SAE" });
}

/** What leaves, as flags and ECN field. */
function marks(segments: readonly OurSegment[]): [string, number][] {
  return segments.map(({ flags, ecn = 0 }) => [flags, ecn]);
}

function answers(under: SocketUnderTest, segment: PeerSegment): [string, number][] {
  under.arrives(segment);
  return marks(under.leaves());
}

// ------------------------------------------------------------------------------------- agreement (RFC 3168 section 6.1.1)

Deno.test("a SYN asks for congestion marks with ECE and CWR, and an answer with ECE alone agrees (RFC 9293 SHLD-8)", () => {
  for (const [flags, isUsed] of [["SAE", true], ["SA", false], ["SAEC", false]] as const) {
    const under = new SocketUnderTest({ ecn: "ask" });
    under.socket.connect(under.now);
    assertEquals(marks(under.leaves()), [["SEC", 0]]);
    under.arrives({ flags, sequence: 0 });
    assertEquals(marks(under.leaves()), [["A", 0]]);
    assertEquals(under.socket.ecn.isUsed, isUsed, flags);
  }
});

Deno.test("who does not ask takes no answer for one", () => {
  for (const ecn of ["answer", "never"] as const) {
    const under = SocketUnderTest.established({ ecn }, { flags: "SAE" });
    assertEquals(under.socket.ecn.isUsed, false);
    under.sends("x");
    assertEquals(marks(under.leaves()), [["PA", 0]]);
  }
});

Deno.test("a SYN that asks in vain goes again without, and an answer to the first still counts", () => {
  const under = new SocketUnderTest({ ecn: "ask" });
  under.socket.connect(under.now);
  under.leaves();
  assertEquals(marks(under.pass(1_000_000)), [["S", 0]]);
  under.arrives({ flags: "SAE", sequence: 0 });
  assertEquals(under.socket.ecn.isUsed, true);
});

Deno.test("a peer that asks is answered, unless that is not wanted or something marks its SYN", () => {
  for (
    const [ecn, syn, answer] of [
      ["answer", { flags: "SEC" }, "SAE"],
      ["ask", { flags: "SEC" }, "SAE"],
      ["never", { flags: "SEC" }, "SA"],
      ["answer", { flags: "SEC", ecn: 2 }, "SA"],
      ["answer", { flags: "SEC", ecn: 3 }, "SA"],
      ["answer", { flags: "SE" }, "SA"],
      ["answer", { flags: "S" }, "SA"],
    ] as const
  ) {
    const under = SocketUnderTest.passive(syn, { ecn });
    assertEquals(marks(under.leaves()), [[answer, 0]]);
    assertEquals(under.socket.ecn.isUsed, answer === "SAE");
  }
});

// --------------------------------------------------------------------------------------- sending (section 6.1.2 and 6.1.5)

Deno.test("new data may be marked; what goes again, acknowledgments and the end may not", () => {
  const under = marking();
  under.sends("x".repeat(2000));
  assertEquals(marks(under.leaves()), [["A", 2], ["PA", 2]]);
  assertEquals(marks(under.pass(1_000_000)).every(([, ecn]) => ecn === 0), true, "the loss probe and the timeout");
  assertEquals(under.socket.figures.retransmissions > 0, true);
  under.arrives({ acknowledgment: 2001, payload: "y" });
  under.socket.requestAck();
  assertEquals(marks(under.leaves()), [["A", 0]]);
  under.socket.shutdown(under.now);
  assertEquals(marks(under.leaves()), [["FA", 0]]);
});

Deno.test("an echo reduces the window once for a window of data, which the next new data tells (RFC 9293 SHLD-8)", () => {
  const under = marking();
  under.sends("x".repeat(6000));
  under.leaves();
  under.arrives({ flags: "AE", acknowledgment: 1001 });
  under.arrives({ flags: "AE", acknowledgment: 3001 });
  assertEquals(under.controller.losses, ["ecn"]);
  assertEquals([under.socket.recovery.state, under.counters.TcpExtTCPDeliveredCE], ["open", 3]);
  under.sends("x".repeat(2000));
  assertEquals(marks(under.leaves()), [["AC", 2], ["PA", 2]]);
  under.arrives({ flags: "AE", acknowledgment: 6001 });
  assertEquals(under.controller.losses, ["ecn"], "the peer does not know of the reduction");
  under.arrives({ flags: "AE", acknowledgment: 7001 });
  assertEquals(under.controller.losses, ["ecn", "ecn"], "sent after it");
});

Deno.test("an echo says nothing where marks were not agreed on", () => {
  const under = SocketUnderTest.established();
  under.sends("x".repeat(2000));
  under.leaves();
  under.arrives({ flags: "AE", acknowledgment: 1001 });
  assertEquals([under.controller.losses, under.counters.TcpExtTCPDeliveredCE], [[], 0]);
});

/** Of what is in flight the first segment is found lost by an acknowledgment with `flags`. */
function lose(under: SocketUnderTest, flags: string): void {
  for (const right of [2001, 3001]) under.arrives({ acknowledgment: 1, sack: [[1001, right]] });
  under.arrives({ flags, acknowledgment: 1, sack: [[1001, 4001]] });
  assertEquals(under.socket.recovery.state, "recovery");
}

Deno.test("a loss in the window of an echo is the same congestion: it is repaired, and the window stays", () => {
  const under = marking();
  under.sends("x".repeat(10_000));
  under.leaves();
  under.arrives({ flags: "AE", acknowledgment: 1 });
  lose(under, "A");
  assertEquals([under.controller.losses, under.leaves()[0]?.sequence], [["ecn"], 1]);
});

Deno.test("an echo during recovery from a loss is the same congestion, and the next new data tells of the reduction", () => {
  const under = marking();
  under.sends("x".repeat(10_000));
  under.leaves();
  lose(under, "AE");
  assertEquals(under.controller.losses, ["fast"]);
  assertEquals(marks(under.leaves()), [["A", 0]], "again: neither marked nor telling");
  under.arrives({ acknowledgment: 10_001 });
  under.sends("y");
  assertEquals(marks(under.leaves()), [["PAC", 2]]);
});

// --------------------------------------------------------------------------------------------- receiving (section 6.1.3)

Deno.test("a mark is echoed by every acknowledgment until the sender says that it has answered (RFC 9293 SHLD-8)", () => {
  const under = marking();
  under.socket.receiver.onAckSent();
  assertEquals(answers(under, { sequence: 1, payload: "a", ecn: 2 }), [["A", 0]]);
  assertEquals(answers(under, { sequence: 2, payload: "b", ecn: 3 }), [["AE", 0]]);
  under.sends("x");
  assertEquals(marks(under.leaves()), [["PAE", 2]]);
  assertEquals(answers(under, { sequence: 3, payload: "c", ecn: 2, acknowledgment: 2 }), [["AE", 0]]);
  assertEquals(answers(under, { flags: "AC", sequence: 4, payload: "d", ecn: 2, acknowledgment: 2 }), [["A", 0]]);
  assertEquals(answers(under, { flags: "AC", sequence: 5, payload: "e", ecn: 3, acknowledgment: 2 }), [["AE", 0]]);
});

Deno.test("marks are acknowledged without delay, and nothing is echoed where they were not agreed on", () => {
  for (const [under, expected] of [[marking(), ["AE"]], [SocketUnderTest.established(), []]] as const) {
    for (let i = 0; i < 20; i++) under.socket.receiver.onAckSent();
    assertEquals(answers(under, { sequence: 1, payload: "a", ecn: 2 }), []);
    const left = answers(under, { sequence: 2, payload: "b", ecn: 3 });
    assertEquals(left.map(([flags]) => flags), [...expected]);
  }
});

import { assert, assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";
import type { IcmpErrorKind } from "../wire/icmp.ts";

/** What leaves, as pairs of offset and length. */
function pieces(segments: readonly { readonly sequence: number; readonly payload?: string }[]): [number, number][] {
  return segments.filter(({ payload }) => payload !== undefined).map((s) => [s.sequence, s.payload!.length]);
}

/** Established with segments of 1000 bytes; MTU 1040. */
function sending(segments: number): SocketUnderTest {
  const under = SocketUnderTest.established();
  under.sends("x".repeat(1000 * segments));
  assertEquals(pieces(under.leaves()).length, segments);
  return under;
}

Deno.test("what was too big is sent again at once in pieces that fit, and the window stays (RFC 8201 section 5.4)", () => {
  const under = sending(3);
  const { recovery } = under.socket;
  under.hears("too-big", 1, 640);
  assertEquals(pieces(under.leaves()), [[1, 600], [601, 400], [1001, 600], [1601, 400], [2001, 600], [2601, 400]]);
  assertEquals([recovery.state, under.controller.losses, under.controller.cwnd], ["open", [], 10_000]);
  assertEquals([recovery.board.pipe, recovery.board.lostSegments, under.socket.mss], [3000, 0, 600]);
  under.hears("too-big", 1001, 640);
  assertEquals(under.leaves(), [], "the same answer to the other segments is no news");
  under.sends("y".repeat(700));
  assertEquals(pieces(under.leaves()), [[3001, 600], [3601, 100]]);
  under.arrives({ acknowledgment: 3701 });
  assertEquals([under.segments.inUse, under.controller.losses], [0, []]);
});

Deno.test("only what is too long goes again, whatever of it has arrived", () => {
  const under = SocketUnderTest.established();
  for (const length of [1000, 300, 1000, 1000]) {
    under.sends("x".repeat(length));
    under.leaves();
  }
  under.arrives({ acknowledgment: 1, sack: [[1301, 2301]] });
  under.hears("too-big", 2301, 640);
  assertEquals(pieces(under.leaves()), [[1, 600], [601, 400], [2301, 600], [2901, 400]]);
});

Deno.test("the timeout counts from the retransmission", () => {
  const under = sending(1);
  under.pass(150_000);
  under.hears("too-big", 1, 640);
  assertEquals(pieces(under.leaves()).length, 2);
  assertEquals(under.pass(150_000), [], "200 ms after the first transmission, but not after the second");
  assertEquals(under.told, []);
});

Deno.test("what was learned is doubted after ten minutes: full segments leave again", () => {
  const under = SocketUnderTest.established({ mtuProbing: "never" });
  under.hears("too-big", 1, 640);
  under.pass(599_000_000);
  under.sends("x".repeat(1000));
  assertEquals(pieces(under.leaves()), [[1, 600], [601, 400]]);
  under.arrives({ acknowledgment: 1001 });
  under.pass(1_000_000);
  under.sends("x".repeat(1000));
  assertEquals(pieces(under.leaves()), [[1001, 1000]]);
});

Deno.test("an error about what is not in flight is ignored and counted (RFC 5927 section 4.1)", () => {
  const under = sending(2);
  under.arrives({ acknowledgment: 1001 });
  under.leaves();
  for (const sequence of [1000, 2002, 0, 1 << 30]) {
    under.hears("too-big", sequence, 640);
    under.hears("host-unreachable", sequence);
  }
  assertEquals([under.socket.mss, under.socket.networkError, under.counters.TcpExtOutOfWindowIcmps], [1000, null, 8]);
  under.hears("too-big", 1001, 640);
  assertEquals([under.socket.mss, under.counters.TcpExtOutOfWindowIcmps], [600, 8]);
});

const REASONS: readonly [IcmpErrorKind, string][] = [
  ["network-unreachable", "unreachable"],
  ["host-unreachable", "unreachable"],
  ["protocol-unreachable", "refused"],
  ["port-unreachable", "refused"],
  ["prohibited", "unreachable"],
  ["time-exceeded", "unreachable"],
  ["parameter-problem", "unreachable"],
];

for (const [kind, reason] of REASONS) {
  Deno.test(`${kind} ends an attempt to connect at once: ${reason} (RFC 9293 SHLD-26)`, () => {
    const under = new SocketUnderTest();
    under.socket.connect(under.now);
    under.leaves();
    under.hears(kind, 2);
    assertEquals([under.state, under.counters.TcpExtOutOfWindowIcmps], ["syn-sent", 1], "not if it is forged");
    under.hears(kind, 0);
    assertEquals([under.state, under.told], ["closed", [`closed: ${reason}`]]);
    assertEquals(under.leaves(), [], "nobody is there to be told");
  });

  Deno.test(`${kind} is only noted once the connection is established, and explains a timeout (RFC 9293 MUST-56; RFC 1122)`, () => {
    const under = SocketUnderTest.established({ retries: 2 });
    under.sends("x");
    under.leaves();
    under.hears(kind, 1);
    assertEquals([under.state, under.socket.networkError], ["established", kind]);
    under.pass(60_000_000);
    assertEquals([under.state, under.told.at(-1)], ["closed", "closed: unreachable"]);
  });
}

Deno.test("an acknowledgment shows that the network has got over its error", () => {
  const under = SocketUnderTest.established({ retries: 2 });
  under.sends("x");
  under.leaves();
  under.hears("host-unreachable", 1);
  under.arrives({ acknowledgment: 2 });
  assertEquals(under.socket.networkError, null);
  under.sends("x");
  under.leaves();
  under.pass(60_000_000);
  assertEquals(under.told.at(-1), "closed: timeout");
});

Deno.test("an unreachable peer that asked for a connection is forgotten", () => {
  const under = SocketUnderTest.passive();
  under.leaves();
  under.hears("host-unreachable", 0);
  assertEquals([under.state, under.told], ["closed", ["closed: unreachable"]]);
});

Deno.test("who never answers a SYN is unreachable if the network ever said so, not if it said it of something else", () => {
  const under = new SocketUnderTest({ synRetries: 1 });
  under.socket.connect(under.now);
  under.leaves();
  under.hears("too-big", 0, 600);
  under.pass(10_000_000);
  assertEquals(under.told, ["closed: timeout"]);
});

Deno.test("after the end errors mean nothing", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  under.leaves();
  under.arrives({ flags: "FA", acknowledgment: 2 });
  assertEquals(under.state, "time-wait");
  under.hears("port-unreachable", 1);
  under.hears("too-big", 1, 600);
  assertEquals([under.state, under.counters.TcpExtOutOfWindowIcmps], ["time-wait", 0]);
  under.pass(120_000_000);
  assert(under.isReleased);
});

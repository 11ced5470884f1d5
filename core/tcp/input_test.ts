import { assertEquals } from "@std/assert";
import { type OurSegment, type PeerSegment, SocketUnderTest } from "../../tests/harness/segments.ts";

const ACKNOWLEDGES_SYN: OurSegment = { flags: "A", sequence: 1, acknowledgment: 1 };

function active(): SocketUnderTest {
  const under = new SocketUnderTest();
  under.socket.connect(under.now);
  assertEquals(under.leaves(), [{ flags: "S", sequence: 0 }]);
  return under;
}

/** Lets `segments` arrive and returns what leaves. */
function answer(under: SocketUnderTest, ...segments: PeerSegment[]): OurSegment[] {
  const left: OurSegment[] = [];
  for (const segment of segments) {
    under.arrives(segment);
    left.push(...under.leaves());
  }
  return left;
}

// --------------------------------------------------------------------------------------------- opening (3.10.7.3)

Deno.test("a SYN/ACK that acknowledges our SYN establishes (RFC 7323 2.2-1)", () => {
  const under = active();
  assertEquals(answer(under, { flags: "SA", sequence: 0, window: 1000, windowScale: 7 }), [ACKNOWLEDGES_SYN]);
  assertEquals([under.state, under.told], ["established", ["established"]]);
  assertEquals(under.edges, [1001], "the window of a SYN is not scaled (RFC 7323 section 2.2)");
  under.arrives({ window: 1000 });
  assertEquals(under.edges.at(-1), 1 + 1000 * 128);
});

for (const acknowledgment of [0, 2, -5]) {
  Deno.test(`in SYN-SENT an acknowledgment of ${acknowledgment} is answered with a reset and changes nothing`, () => {
    for (const flags of ["A", "SA"]) {
      const under = active();
      assertEquals(answer(under, { flags, sequence: 700, acknowledgment }), [{ flags: "R", sequence: acknowledgment }]);
      assertEquals([under.state, under.told], ["syn-sent", []]);
      assertEquals(answer(under, { flags: "RA", acknowledgment }), [], "a reset is not answered");
      assertEquals(under.state, "syn-sent");
      assertEquals(answer(under, { flags: "SA", sequence: 0 }), [ACKNOWLEDGES_SYN], "the attempt goes on");
    }
  });
}

Deno.test("in SYN-SENT a reset counts only if it acknowledges our SYN", () => {
  const under = active();
  assertEquals(answer(under, { flags: "R" }), []);
  assertEquals(under.state, "syn-sent");
  assertEquals(answer(under, { flags: "RA", acknowledgment: 1 }), []);
  assertEquals([under.state, under.told], ["closed", ["closed: reset"]]);
});

Deno.test("in SYN-SENT a segment with neither SYN nor RST is dropped", () => {
  const under = active();
  assertEquals(answer(under, { flags: "A" }, { flags: "AF", payload: "x" }), []);
  assertEquals([under.state, under.received], ["syn-sent", ""]);
});

Deno.test("both ends open at once (RFC 9293 figure 7, MUST-10)", () => {
  const under = active();
  assertEquals(answer(under, { flags: "S", sequence: 0 }), [{ flags: "SA", sequence: 0, acknowledgment: 1 }]);
  assertEquals(under.state, "syn-received");
  assertEquals(answer(under, { flags: "SA", sequence: 0 }), [ACKNOWLEDGES_SYN]);
  assertEquals([under.state, under.told], ["established", ["established"]]);
});

Deno.test("both ends open at once and the peer's SYN/ACK is lost: its acknowledgment is enough", () => {
  const under = active();
  answer(under, { flags: "S", sequence: 0 });
  assertEquals(answer(under, { payload: "hi" }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 3 }]);
  assertEquals([under.state, under.received], ["established", "hi"]);
});

Deno.test("both ends open at once and one ends before the other has answered", () => {
  const under = active();
  answer(under, { flags: "S", sequence: 0 });
  under.socket.shutdown(under.now);
  assertEquals(answer(under, { flags: "SA", sequence: 0 }), [{ flags: "FA", sequence: 1, acknowledgment: 1 }]);
  assertEquals(under.state, "fin-wait-1");
});

Deno.test("a SYN opens passively, a repeated one is answered again", () => {
  const under = SocketUnderTest.passive();
  const synAck: OurSegment = { flags: "SA", sequence: 0, acknowledgment: 1 };
  assertEquals(under.leaves(), [synAck]);
  assertEquals(answer(under, { flags: "S", sequence: 0 }), [synAck]);
  assertEquals(answer(under, {}), []);
  assertEquals([under.state, under.told], ["established", ["established"]]);
});

for (const acknowledgment of [0, 2]) {
  Deno.test(`in SYN-RECEIVED an acknowledgment of ${acknowledgment} is answered with a reset and changes nothing`, () => {
    const under = SocketUnderTest.passive();
    under.leaves();
    assertEquals(answer(under, { acknowledgment }), [{ flags: "R", sequence: acknowledgment }]);
    assertEquals([under.state, under.told], ["syn-received", []]);
    answer(under, {});
    assertEquals(under.state, "established");
  });
}

Deno.test("a SYN and its answer are repeated with growing distance, then given up (RFC 9293 MUST-22)", () => {
  const under = new SocketUnderTest({ synRetries: 2 });
  under.socket.connect(under.now);
  under.leaves();
  const at: number[] = [];
  while (under.state !== "closed") {
    const start = under.now;
    if (under.pass(under.socket.deadline - start).length > 0) at.push((under.now - 1_000_000) / 1e6);
  }
  assertEquals([at, under.now], [[1, 3], 8_000_000]);
  assertEquals(under.told, ["closed: timeout"]);
});

Deno.test("a subflow that is ended before it is established sends its FIN after that", () => {
  const under = SocketUnderTest.passive();
  under.leaves();
  under.socket.shutdown(under.now);
  assertEquals(under.pass(1_000_000), [{ flags: "SA", sequence: 0, acknowledgment: 1 }]);
  assertEquals(answer(under, {}), [{ flags: "FA", sequence: 1, acknowledgment: 1 }]);
  assertEquals(under.state, "fin-wait-1");
});

// --------------------------------------------------------------------------------- acceptability (3.10.7.4, first)

const ACCEPTABILITY: [string, PeerSegment, number, boolean][] = [
  ["an empty segment at the next byte", { sequence: 1 }, 100, true],
  ["an empty segment before it", { sequence: 0 }, 100, false],
  ["an empty segment at the last byte of the window", { sequence: 100 }, 100, true],
  ["an empty segment behind the window", { sequence: 101 }, 100, false],
  ["an empty segment at the next byte of a closed window", { sequence: 1 }, 0, true],
  ["an empty segment behind the next byte of a closed window", { sequence: 2 }, 0, false],
  ["data that begins before and ends in the window", { sequence: 0, payload: "abc" }, 100, true],
  ["data that ends before the window", { sequence: -2, payload: "abc" }, 100, false],
  ["data that begins at the last byte", { sequence: 100, payload: "abc" }, 100, true],
  ["data that begins behind the window", { sequence: 101, payload: "abc" }, 100, false],
  ["data that meets a closed window", { sequence: 1, payload: "abc" }, 0, false],
  ["a FIN in the window", { flags: "AF", sequence: 50 }, 100, true],
  ["a FIN behind the window", { flags: "AF", sequence: 101 }, 100, false],
  ["data 2^31 away", { sequence: 2 ** 31, payload: "abc" }, 100, false],
];

for (const [what, segment, window, isAcceptable] of ACCEPTABILITY) {
  Deno.test(`${what} is ${isAcceptable ? "taken" : "answered with where we are"}`, () => {
    const under = SocketUnderTest.established();
    under.window = window;
    const before = under.optionsSeen;
    const left = answer(under, segment);
    if (isAcceptable) assertEquals(under.optionsSeen, before + 1);
    else assertEquals(left.map(({ flags, acknowledgment }) => [flags, acknowledgment]), [["A", 1]]);
    assertEquals(under.received, segment.sequence === 0 && isAcceptable && segment.payload ? "bc" : "");
    assertEquals(under.state, "established");
  });
}

Deno.test("the acknowledgment of an unacceptable segment is not taken, nor are its options (RFC 9293 section 3.10.7.4; RFC 8684 3-3, 3.4.1-1, 3.4.2-3)", () => {
  for (const old of [{ sequence: -50, payload: "old" }, { sequence: -50 }, { sequence: -50, flags: "FA" }]) {
    const under = SocketUnderTest.established();
    under.sends("abc");
    under.leaves();
    const seen = under.optionsSeen;
    const left = answer(under, { ...old, acknowledgment: 4 });
    assertEquals(left.map(({ flags, sequence, acknowledgment }) => [flags, sequence, acknowledgment]), [["A", 4, 1]]);
    assertEquals([under.socket.recovery.board.una, under.optionsSeen - seen], [1, 0]);
  }
});

Deno.test("behind a closed window the acknowledgment of a probe is taken, with or without its byte, but no byte", () => {
  for (const probe of [{ payload: "x" }, { sequence: 2 }]) {
    const under = SocketUnderTest.established();
    under.sends("abc");
    under.leaves();
    under.window = 0;
    answer(under, { ...probe, acknowledgment: 4 });
    assertEquals([under.socket.recovery.board.una, under.received], [4, ""]);
  }
});

Deno.test("an unacceptable reset is dropped (RFC 5961 3.2-1)", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { flags: "R", sequence: 0 }, { flags: "R", sequence: 60_001 }), []);
  assertEquals(under.state, "established");
});

Deno.test("what is outside of the window is cut off on both sides", () => {
  const under = SocketUnderTest.established();
  under.window = 4;
  assertEquals(answer(under, { sequence: -1, payload: "SabcdX" }), [
    { ...ACKNOWLEDGES_SYN, acknowledgment: 5, sack: [[-1, 1]] },
  ]);
  assertEquals(under.received, "bcdX", "the window begins at the next byte, which is the b");
});

// ------------------------------------------------------------------------------------ resets and SYNs (RFC 5961)

Deno.test("a reset at the next expected number closes (RFC 9293 3.10.7.4-1; RFC 5961 3.2-2)", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { flags: "R", sequence: 1 }), []);
  assertEquals([under.state, under.told, under.counters.TcpEstabResets], ["closed", ["closed: reset"], 1]);
});

Deno.test("a reset elsewhere in the window is challenged (RFC 9293 3.10.7.4-2; RFC 5961 3.2-3)", () => {
  for (const sequence of [2, 60_000]) {
    const under = SocketUnderTest.established();
    assertEquals(answer(under, { flags: "R", sequence }), [ACKNOWLEDGES_SYN]);
    assertEquals([under.state, under.counters.TcpExtTCPChallengeACK], ["established", 1]);
  }
});

Deno.test("a SYN on an open connection is challenged whatever its number (RFC 9293 3.10.7.4-3; RFC 5961 4.2-1)", () => {
  for (const sequence of [0, 1, 500, 100_000, -5000]) {
    for (const flags of ["S", "SA"]) {
      const under = SocketUnderTest.established();
      assertEquals(answer(under, { flags, sequence }), [ACKNOWLEDGES_SYN]);
      assertEquals([under.state, under.counters.TcpExtTCPChallengeACK], ["established", 1]);
    }
  }
});

Deno.test("an acknowledgment of what was never sent is challenged and its payload not taken (RFC 5961 5.2-1)", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { acknowledgment: 2, payload: "forged" }), [ACKNOWLEDGES_SYN]);
  assertEquals([under.received, under.counters.TcpExtTCPChallengeACK], ["", 1]);
});

Deno.test("an acknowledgment older than the largest window is challenged and its payload not taken (RFC 5961 5.2-1)", () => {
  const under = SocketUnderTest.established({}, { window: 5000 });
  assertEquals(answer(under, { acknowledgment: 1 - 5001, payload: "forged" }), [ACKNOWLEDGES_SYN]);
  assertEquals([under.received, under.counters.TcpExtTCPChallengeACK], ["", 1]);
  answer(under, { acknowledgment: 1 - 5000, payload: "old but possible", window: 5000 });
  assertEquals(under.received, "old but possible");
});

Deno.test("challenges come at most twice a second (RFC 5961 7-1)", () => {
  const under = SocketUnderTest.established();
  const reset: PeerSegment = { flags: "R", sequence: 2 };
  assertEquals(answer(under, reset, reset, { flags: "S", sequence: 0 }, { acknowledgment: 9 }), [ACKNOWLEDGES_SYN]);
  under.pass(499_999);
  assertEquals(answer(under, reset), []);
  under.pass(1);
  assertEquals(answer(under, reset, reset), [ACKNOWLEDGES_SYN]);
});

Deno.test("a segment without ACK is dropped", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { flags: "P", payload: "x" }, { flags: "F" }), []);
  assertEquals([under.received, under.state], ["", "established"]);
});

// ------------------------------------------------------------------------------------ timestamps (RFC 7323)

const stamped = () => SocketUnderTest.established({ timestamps: true }, { timestamps: [1000, 1000] });

Deno.test("an older timestamp is refused, an equal one is not (RFC 7323 section 5.3)", () => {
  const under = stamped();
  assertEquals(answer(under, { payload: "old", timestamps: [999, 1000] }), [{
    ...ACKNOWLEDGES_SYN,
    timestamps: [1000, 1000],
  }]);
  assertEquals([under.received, under.counters.TcpExtPAWSEstab], ["", 1]);
  answer(under, { payload: "same", timestamps: [1000, 1000] });
  assertEquals(under.received, "same");
});

Deno.test("after 24 idle days a timestamp is taken as it comes (RFC 7323 section 5.5)", () => {
  for (const [days, received] of [[23.9, ""], [25, "again"]] as const) {
    const under = stamped();
    under.now += days * 86_400_000_000;
    answer(under, { payload: "again", timestamps: [(1000 + 25 * 86_400_000) >>> 0, 1000] });
    assertEquals([days, under.received], [days, received]);
  }
});

Deno.test("timestamps are compared modulo 2^32", () => {
  const under = SocketUnderTest.established({ timestamps: true }, { timestamps: [0xffffffff, 1000] });
  answer(under, { payload: "a", timestamps: [1, 1000] });
  answer(under, { sequence: 2, payload: "b", timestamps: [0xffffffff, 1000] });
  assertEquals([under.received, under.counters.TcpExtPAWSEstab], ["a", 1]);
});

Deno.test("a reset is not refused by its timestamp", () => {
  const under = stamped();
  answer(under, { flags: "R", timestamps: [1, 1] });
  assertEquals(under.state, "closed");
});

Deno.test("the timestamp that an acknowledgment echoes is that of the segment which it answers (RFC 7323 section 4.3)", () => {
  const under = stamped();
  const echo = () => under.leaves().at(-1)?.timestamps?.[1];
  under.arrives({ payload: "aa", timestamps: [1010, 1000] });
  assertEquals(echo(), 1010);
  under.arrives({ sequence: 5, payload: "cc", timestamps: [1020, 1000] });
  assertEquals(echo(), 1010, "a segment out of order leaves it");
  under.arrives({ sequence: 3, payload: "bb", timestamps: [1030, 1000] });
  assertEquals(echo(), 1030, "the one that fills the gap sets it");
});

Deno.test("timestamps and SACK are used only if the SYN offered them", () => {
  const under = SocketUnderTest.passive({ timestamps: [7, 0] });
  assertEquals(under.leaves(), [{ flags: "SA", sequence: 0, acknowledgment: 1 }], "this end does not offer them");
  const other = SocketUnderTest.established({ timestamps: true }, {});
  assertEquals(answer(other, { payload: "x" })[0]!.timestamps?.[1], 1);
});

// ----------------------------------------------------------------------------------------------------- payload

Deno.test("bytes out of order wait and are reported with SACK (RFC 9293 SHLD-31)", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { sequence: 4, payload: "def" }), [{ ...ACKNOWLEDGES_SYN, sack: [[4, 7]] }]);
  assertEquals(answer(under, { sequence: 10, payload: "jk" }), [{ ...ACKNOWLEDGES_SYN, sack: [[10, 12], [4, 7]] }]);
  assertEquals(answer(under, { payload: "abc" }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 7, sack: [[10, 12]] }]);
  assertEquals(answer(under, { sequence: 7, payload: "ghi" }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 12 }]);
  assertEquals([under.received, under.blocks.inUse], ["abcdefghijk", 0]);
});

Deno.test("bytes that came twice are reported with D-SACK, once (RFC 2883 section 4.1.1)", () => {
  const under = SocketUnderTest.established();
  answer(under, { payload: "abcdef" });
  const duplicate: PeerSegment = { sequence: 2, payload: "bcd" };
  assertEquals(answer(under, duplicate), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 7, sack: [[2, 5]] }]);
  assertEquals(answer(under, { sequence: 100 }, { sequence: 0 }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 7 }]);
  assertEquals(under.received, "abcdef");
});

Deno.test("without SACK permission nothing is reported", () => {
  const under = SocketUnderTest.established({}, { sackPermitted: false });
  assertEquals(answer(under, { sequence: 4, payload: "def" }), [ACKNOWLEDGES_SYN]);
});

Deno.test("every second segment is acknowledged at once, a lone one after 40 ms (RFC 9293 SHLD-18, SHLD-19, MUST-40; RFC 1122 section 4.2.3.2)", () => {
  const under = SocketUnderTest.established();
  let next = 1;
  const arrive = () => {
    under.arrives({ sequence: next, payload: "x".repeat(1000) });
    next += 1000;
    return under.leaves().length;
  };
  for (let i = 0; i < 15; i++) assertEquals(arrive(), 1, "the first are acknowledged at once");
  assertEquals([arrive(), arrive(), arrive(), arrive()], [0, 1, 0, 1]);
  assertEquals(arrive(), 0);
  assertEquals(under.pass(39_999), []);
  assertEquals(under.pass(1), [{ ...ACKNOWLEDGES_SYN, acknowledgment: next }]);
});

Deno.test("the layer above may close the socket while it is handed bytes", () => {
  const under = SocketUnderTest.established();
  for (let at = 1001; at < 40_000; at += 1000) under.arrives({ sequence: at, payload: "x".repeat(1000) });
  under.leaves();
  let calls = 0;
  under.onData = () => void (++calls === 2 && under.socket.abort("closed", under.now));
  under.arrives({ sequence: 1, flags: "AF", payload: "y".repeat(1000) });
  assertEquals(under.leaves().map(({ flags }) => flags), ["RA"]);
  assertEquals([under.state, under.told, under.blocks.inUse], ["closed", ["closed: closed"], 0]);
  assertEquals([calls, under.socket.deadline], [2, Infinity]);
});

// ------------------------------------------------------------------------------------------------ FIN and closing

Deno.test("the peer ends first: CLOSE-WAIT, LAST-ACK, closed", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { flags: "AF", payload: "end" }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 5 }]);
  assertEquals([under.state, under.received, under.told], ["close-wait", "end", ["fin"]]);
  under.socket.shutdown(under.now);
  assertEquals([under.state, under.leaves()], ["last-ack", [{ flags: "FA", sequence: 1, acknowledgment: 5 }]]);
  assertEquals(answer(under, { sequence: 5, acknowledgment: 2 }), []);
  assertEquals([under.state, under.told], ["closed", ["fin", "closed: finished"]]);
});

Deno.test("this end ends first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, closed after twice the segment lifetime (RFC 9293 MUST-13)", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  assertEquals([under.state, under.leaves()], ["fin-wait-1", [{ flags: "FA", sequence: 1, acknowledgment: 1 }]]);
  assertEquals(answer(under, { acknowledgment: 2 }), []);
  assertEquals(under.state, "fin-wait-2");
  const acknowledged: OurSegment = { flags: "A", sequence: 2, acknowledgment: 5 };
  assertEquals(answer(under, { flags: "AF", acknowledgment: 2, payload: "bye" }), [acknowledged]);
  assertEquals([under.state, under.told], ["time-wait", ["fin", "closed: finished"]]);
  assertEquals(under.pass(59_999_999), []);
  assertEquals([under.state, under.isReleased], ["time-wait", false]);
  under.pass(1);
  assertEquals([under.state, under.isReleased], ["closed", true]);
});

Deno.test("a FIN in TIME-WAIT is acknowledged and starts the wait again", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  under.leaves();
  answer(under, { acknowledgment: 2 }, { flags: "AF", acknowledgment: 2 });
  under.pass(50_000_000);
  const acknowledged: OurSegment = { flags: "A", sequence: 2, acknowledgment: 2 };
  assertEquals(answer(under, { flags: "AF", acknowledgment: 2 }), [acknowledged]);
  under.pass(59_999_999);
  assertEquals(under.state, "time-wait");
  under.pass(1);
  assertEquals(under.state, "closed");
});

Deno.test("both ends end at once: CLOSING, TIME-WAIT (RFC 9293 figure 13)", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  under.leaves();
  assertEquals(answer(under, { flags: "AF", acknowledgment: 1 }), [{ flags: "A", sequence: 2, acknowledgment: 2 }]);
  assertEquals(under.state, "closing");
  answer(under, { sequence: 2, acknowledgment: 2 });
  assertEquals([under.state, under.told], ["time-wait", ["fin", "closed: finished"]]);
});

Deno.test("a FIN that also acknowledges ours leads straight to TIME-WAIT", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  under.leaves();
  answer(under, { flags: "AF", acknowledgment: 2 });
  assertEquals(under.state, "time-wait");
});

Deno.test("a half-closed connection goes on receiving", () => {
  const under = SocketUnderTest.established();
  under.socket.shutdown(under.now);
  under.leaves();
  answer(under, { payload: "a" }, { sequence: 2, acknowledgment: 2, payload: "b" });
  assertEquals([under.received, under.state], ["ab", "fin-wait-2"]);
});

Deno.test("an orphan waits for the peer's FIN only so long, another for ever", () => {
  for (const isOrphan of [true, false]) {
    const under = SocketUnderTest.established();
    under.socket.shutdown(under.now);
    if (isOrphan) under.socket.orphan(under.now);
    under.leaves();
    answer(under, { acknowledgment: 2 });
    under.pass(60_000_000);
    assertEquals(under.state, isOrphan ? "closed" : "fin-wait-2");
  }
});

Deno.test("a FIN out of order waits for the bytes before it", () => {
  const under = SocketUnderTest.established();
  assertEquals(answer(under, { flags: "AF", sequence: 4 }).length, 1);
  assertEquals(under.state, "established");
  assertEquals(answer(under, { payload: "abc" }), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 5 }]);
  assertEquals([under.state, under.received], ["close-wait", "abc"]);
});

Deno.test("bytes behind a FIN are not taken", () => {
  const first = SocketUnderTest.established();
  answer(first, { flags: "AF" }, { sequence: 2, payload: "ghost" });
  assertEquals([first.state, first.received], ["close-wait", ""]);

  const second = SocketUnderTest.established();
  answer(second, { flags: "AF", sequence: 4 }, { sequence: 5, payload: "ghost" }, { payload: "abcdef" });
  assertEquals([second.state, second.received], ["close-wait", "abc"]);
});

Deno.test("nothing is heard after the end", () => {
  const under = SocketUnderTest.established();
  under.socket.abort("closed", under.now);
  assertEquals(under.leaves(), [{ flags: "RA", sequence: 1, acknowledgment: 1 }]);
  assertEquals([under.told, under.blocks.inUse, under.segments.inUse], [["closed: closed"], 0, 0]);
});

Deno.test("an abort resets at the next number to be sent, whatever is still queued", () => {
  const under = SocketUnderTest.established();
  under.controller.cwnd = 1000;
  under.sends("x".repeat(3000));
  assertEquals(under.leaves().map(({ sequence }) => sequence), [1]);
  under.socket.abort("closed", under.now);
  assertEquals(under.leaves(), [{ flags: "RA", sequence: 1001, acknowledgment: 1 }]);
  assertEquals(under.segments.inUse, 0);
});

Deno.test("the layer above can refuse or ignore a segment by its options", () => {
  const ignored = SocketUnderTest.established();
  ignored.verdict = "drop";
  assertEquals(answer(ignored, { payload: "x" }), []);
  assertEquals([ignored.received, ignored.state], ["", "established"]);
  const refused = SocketUnderTest.established();
  refused.verdict = "reset";
  assertEquals(answer(refused, { payload: "x" }).map(({ flags }) => flags), ["RA"]);
  assertEquals([refused.received, refused.state], ["", "closed"]);
});

import { assert, assertEquals } from "@std/assert";
import { type OurSegment, SocketUnderTest } from "../../tests/harness/segments.ts";

/** Sequence number and length of each segment with payload. */
function pieces(left: readonly OurSegment[]): [number, number][] {
  return left.filter(({ payload }) => payload !== undefined).map((
    { sequence, payload },
  ) => [sequence, payload!.length]);
}

/** A socket that has sent 5000 bytes, all acknowledged, and was granted `window` more. */
function granted(window: number): SocketUnderTest {
  const under = SocketUnderTest.established();
  under.controller.cwnd = 100_000;
  under.sends("x".repeat(5000));
  under.leaves();
  under.arrives({ acknowledgment: 5001, window });
  under.leaves();
  return under;
}

Deno.test("nothing leaves for the first time beyond the window, and what it takes leaves in whole segments (RFC 9293 MUST-38, SHLD-15)", () => {
  const under = granted(2500);
  under.sends("x".repeat(6000));
  assertEquals(pieces(under.leaves()), [[5001, 1000], [6001, 1000]]);
  assertEquals(pieces(under.pass(1000)), [], "half a segment is a silly window while answers are to come");
  under.arrives({ acknowledgment: 7001, window: 4500 });
  assertEquals(pieces(under.leaves()), [[7001, 1000], [8001, 1000], [9001, 1000], [10_001, 1000]]);
});

Deno.test("what the end of the stream needs less than a segment for leaves if it fits", () => {
  const under = granted(2500);
  under.sends("x".repeat(2400));
  assertEquals(pieces(under.leaves()), [[5001, 1000], [6001, 1000], [7001, 400]]);
});

Deno.test("a window that shrinks stops what is new, not what goes again (RFC 9293 SHLD-15, SHLD-16)", () => {
  const under = granted(60_000);
  under.controller.cwnd = 3000;
  under.sends("x".repeat(6000));
  assertEquals(pieces(under.leaves()).length, 3);
  under.controller.cwnd = 100_000;
  under.arrives({ acknowledgment: 6001, window: 1000 });
  assertEquals(pieces(under.leaves()), []);
  const again = pieces(under.pass(5_000_000));
  assert(again.length > 1 && again.every(([sequence]) => sequence < 8001), `${again}`);
});

Deno.test("a window of less than a segment, and than half of the largest, is left alone for a while, then used (RFC 9293 MUST-38)", () => {
  const under = granted(300);
  under.sends("x".repeat(2000));
  assertEquals(pieces(under.leaves()), []);
  const { timeout } = under.socket.recovery.rtt;
  assertEquals(pieces(under.pass(timeout - 1)), []);
  assertEquals(pieces(under.pass(2)), [[5001, 300]]);
  under.arrives({ acknowledgment: 5301, window: 60_000 });
  assertEquals(pieces(under.leaves()), [[5301, 1000], [6301, 700]]);
});

Deno.test("half of the largest window is none too small for who never offers more", () => {
  const under = SocketUnderTest.established({}, { window: 800 });
  under.arrives({ window: 800 });
  under.sends("x".repeat(2000));
  assertEquals(pieces(under.leaves()), [[1, 800]]);
  under.arrives({ acknowledgment: 801, window: 399 });
  assertEquals(pieces(under.leaves()), []);
  under.arrives({ acknowledgment: 801, window: 400 });
  assertEquals(pieces(under.leaves()), [[801, 400]]);
});

Deno.test("a closed window is asked for, at once where it is old, and ever more seldom (RFC 9293 MUST-36)", () => {
  const under = granted(0);
  under.sends("x".repeat(2000));
  under.leaves();
  const asked: number[] = [];
  const begin = under.now;
  while (asked.length < 5) {
    const left = under.pass(10_000);
    if (left.length > 0) {
      asked.push(under.now - begin);
      assertEquals(left, [{ flags: "A", sequence: 5000, acknowledgment: 1 }]);
      under.arrives({ acknowledgment: 5001, window: 0 });
      under.leaves();
    }
  }
  const distances = asked.slice(1).map((at, i) => at - asked[i]!);
  for (let i = 1; i < distances.length; i++) assert(distances[i]! > 1.8 * distances[i - 1]!, `${distances}`);
  assertEquals(under.counters.TcpExtTCPWinProbe, 5);

  const idle = granted(0);
  idle.pass(60_000_000);
  idle.sends("x".repeat(2000));
  idle.leaves();
  assertEquals(idle.pass(1).length, 1);
});

Deno.test("a peer that answers none of the questions is given up, one that does never", () => {
  const silent = granted(0);
  silent.sends("x".repeat(2000));
  silent.leaves();
  silent.pass(4 * 3600e6);
  assertEquals(silent.told.at(-1), "closed: timeout");

  const patient = granted(0);
  patient.sends("x".repeat(2000));
  patient.leaves();
  for (let minute = 0; minute < 240; minute++) {
    if (patient.pass(60_000_000).length > 0) patient.arrives({ acknowledgment: 5001, window: 0 });
    patient.leaves();
  }
  assertEquals(patient.state, "established");
});

Deno.test("a window in a segment that was overtaken says nothing (RFC 9293 section 3.10.7.4)", () => {
  const under = granted(60_000);
  under.arrives({ acknowledgment: 5001, sequence: 11, payload: "later", window: 40_000 });
  under.arrives({ acknowledgment: 5001, sequence: 1, payload: "earlier...", window: 10 });
  assertEquals(under.socket.sendWindow.size, 40_000);
});

import { assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";

/** Established without timestamps, a round trip of 100 ms known, with `segments` of 1000 bytes on their way. */
function under(segments: number): SocketUnderTest {
  const tcp = SocketUnderTest.established();
  const { rtt } = tcp.socket.recovery;
  rtt.smoothed = rtt.minimum = 0;
  for (let i = 0; i < 60; i++) rtt.update(100_000, 100_000, tcp.now);
  tcp.controller.cwnd = 20_000;
  tcp.controller.governsRecovery = true;
  tcp.sends("x".repeat(1000 * segments));
  tcp.leaves();
  tcp.pass(100_000);
  return tcp;
}

/** The peer acknowledges below segment `ack` and segments [from, to) selectively; answers which segments leave then. */
function ack(tcp: SocketUnderTest, ack: number, ...sack: [number, number][]): number[] {
  tcp.arrives({
    acknowledgment: 1 + 1000 * ack,
    sack: sack.map(([from, to]) => [1 + 1000 * from, 1 + 1000 * to] as const),
  });
  return tcp.leaves().filter(({ payload }) => payload !== undefined).map(({ sequence }) => (sequence - 1) / 1000);
}

const undone = ({ controller, counters, socket: { recovery } }: SocketUnderTest) => [
  controller.spurious,
  counters.TcpExtTCPDSACKUndo,
  recovery.state,
];

Deno.test("a reduction is given back when the peer reports all that went again as duplicates, in recovery (RFC 3708)", () => {
  const tcp = under(10);
  assertEquals(ack(tcp, 0, [2, 5]), [0, 1]);
  assertEquals(undone(tcp), [0, 0, "recovery"]);
  // The originals were late.
  ack(tcp, 5);
  ack(tcp, 5, [0, 1]);
  assertEquals(undone(tcp), [0, 0, "recovery"]);
  ack(tcp, 5, [1, 2]);
  assertEquals(undone(tcp), [1, 1, "open"]);
  assertEquals(tcp.socket.recovery.board.lostSegments, 0);
});

Deno.test("that may be known only after it, and no later than what was sent next is acknowledged", () => {
  for (const isLate of [false, true]) {
    const tcp = under(10);
    assertEquals(ack(tcp, 0, [1, 4]), [0]);
    ack(tcp, 10);
    assertEquals(undone(tcp), [0, 0, "open"]);
    if (isLate) {
      tcp.sends("x".repeat(1000));
      tcp.leaves();
      ack(tcp, 11);
    }
    ack(tcp, isLate ? 11 : 10, [0, 1]);
    assertEquals(undone(tcp), isLate ? [0, 0, "open"] : [1, 1, "open"]);
    // Once is enough.
    ack(tcp, isLate ? 11 : 10, [0, 1]);
    assertEquals(tcp.controller.spurious, isLate ? 0 : 1);
  }
});

Deno.test("what was lost is not given back, nor what the network duplicates that was sent once", () => {
  const tcp = under(10);
  assertEquals(ack(tcp, 0, [2, 5]), [0, 1]);
  ack(tcp, 5, [3, 4]);
  ack(tcp, 10, [1, 2]);
  ack(tcp, 10, [4, 5]);
  assertEquals(undone(tcp), [0, 0, "open"]);
});

Deno.test("of what went again several times each copy wants a report of its own", () => {
  const tcp = under(1);
  while (tcp.counters.TcpExtTCPTimeouts < 2) tcp.pass(10_000);
  const copies = tcp.counters.TcpRetransSegs;
  assertEquals(copies >= 2, true);
  for (let i = 1; i <= copies; i++) {
    ack(tcp, 1, [0, 1]);
    assertEquals(tcp.controller.spurious, i === copies ? 1 : 0, `${i} of ${copies}`);
  }
});

import { assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";

/** Established, with timestamps off and a round trip of 100 ms known; segments of 1000 bytes. */
function under(segments = 0): SocketUnderTest {
  const under = SocketUnderTest.established();
  const { rtt } = under.socket.recovery;
  rtt.smoothed = rtt.minimum = 0;
  for (let i = 0; i < 60; i++) rtt.update(100_000, 100_000, under.now);
  if (segments > 0) send(under, segments);
  return under;
}

function send(under: SocketUnderTest, segments: number): number[] {
  under.sends("x".repeat(1000 * segments));
  return left(under.leaves());
}

/** Which segments: 0 is the first one. */
function left(segments: readonly { readonly sequence: number; readonly payload?: string }[]): number[] {
  return segments.filter(({ payload }) => payload !== undefined).map(({ sequence }) => (sequence - 1) / 1000);
}

/** The peer acknowledges below segment `ack` and segments [from, to) selectively. */
function ack(under: SocketUnderTest, ack: number, ...sack: [number, number][]): number[] {
  under.arrives({
    acknowledgment: 1 + 1000 * ack,
    sack: sack.map(([from, to]) => [1 + 1000 * from, 1 + 1000 * to] as const),
  });
  return left(under.leaves());
}

Deno.test("the window lets so much leave and no more; acknowledgments let the rest follow", () => {
  const tcp = under();
  tcp.controller.cwnd = 3500;
  assertEquals(send(tcp, 6), [0, 1, 2]);
  tcp.pass(50_000);
  assertEquals(ack(tcp, 2), [3, 4]);
  assertEquals([tcp.socket.recovery.board.pipe, tcp.socket.room], [3000, 0]);
});

Deno.test("what is lost is sent again once, when the next acknowledgments show it (RFC 8985)", () => {
  const tcp = under(10);
  tcp.pass(100_000);
  assertEquals(ack(tcp, 0, [1, 2]), []);
  assertEquals(ack(tcp, 0, [1, 3]), []);
  assertEquals(ack(tcp, 0, [1, 4]), [0]);
  assertEquals([tcp.socket.recovery.state, tcp.controller.losses], ["recovery", ["fast"]]);
  assertEquals(ack(tcp, 0, [1, 5]), []);
  assertEquals(tcp.counters.TcpExtTCPSackRecovery, 1);
  tcp.pass(100_000);
  ack(tcp, 10);
  assertEquals([tcp.socket.recovery.state, tcp.controller.recovered, tcp.segments.inUse], ["open", 1, 0]);
});

Deno.test("fewer duplicates wait a quarter round trip for reordering (RFC 8985 section 6.2)", () => {
  const tcp = under(2);
  tcp.pass(100_000);
  assertEquals(ack(tcp, 0, [1, 2]), []);
  assertEquals([tcp.socket.recovery.timer.kind, tcp.pass(24_999)], ["reordering", []]);
  assertEquals(left(tcp.pass(1)), [0]);
});

Deno.test("a window that duplicates have widened is narrow again after sixteen recoveries, of either kind (RFC 8985)", () => {
  const tcp = under(2);
  tcp.pass(50_000);
  ack(tcp, 2);
  ack(tcp, 2, [0, 1]);
  let acked = 2;
  const patience = () => {
    send(tcp, 2);
    tcp.pass(100_000);
    ack(tcp, acked, [acked + 1, acked + 2]);
    const waited = tcp.socket.recovery.timer.at - tcp.now;
    tcp.pass(100_000);
    ack(tcp, acked += 2);
    return Math.round(waited / 1000);
  };
  const { rtt } = tcp.socket.recovery;
  rtt.minimum = 100_000;
  assertEquals(patience(), 50, "the first recovery");
  for (let i = 0; i < 14; i++) {
    send(tcp, 1);
    const { TcpExtTCPTimeouts } = tcp.counters;
    while (tcp.counters.TcpExtTCPTimeouts === TcpExtTCPTimeouts) tcp.pass(10_000);
    tcp.pass(100_000);
    ack(tcp, ++acked);
  }
  assertEquals([patience(), patience()], [50, 25], "the sixteenth and the one after it");
});

Deno.test("the end of a flight that is not acknowledged is probed after two round trips (RFC 8985 section 7)", () => {
  const tcp = under(3);
  assertEquals([tcp.socket.recovery.timer.kind, tcp.pass(201_999)], ["loss-probe", []]);
  assertEquals([left(tcp.pass(1)), tcp.counters.TcpExtTCPLossProbes], [[2], 1]);
  assertEquals(tcp.socket.recovery.timer.kind, "retransmission");
});

Deno.test("a lone segment is given the time of a delayed acknowledgment more", () => {
  const tcp = under(1);
  assertEquals([left(tcp.pass(299_999)), left(tcp.pass(1))], [[], [0]], "but no more than the timeout of 300 ms");
});

Deno.test("a probe prefers new data, whatever the window (RFC 8985 section 7.3)", () => {
  const tcp = under();
  tcp.controller.cwnd = 3000;
  assertEquals(send(tcp, 5), [0, 1, 2]);
  assertEquals(left(tcp.pass(202_000)), [3]);
});

Deno.test("a probe that repaired a loss counts as one, two that arrived do not (RFC 8985 section 7.4.2)", () => {
  for (const hasArrivedTwice of [false, true]) {
    const tcp = under(3);
    assertEquals(left(tcp.pass(202_000)), [2]);
    tcp.pass(50_000);
    ack(tcp, 3);
    assertEquals(tcp.controller.losses, [], "one copy arrived; was it the first?");
    if (hasArrivedTwice) ack(tcp, 3, [2, 3]);
    send(tcp, 1);
    tcp.pass(50_000);
    ack(tcp, 4);
    assertEquals(tcp.controller.losses, hasArrivedTwice ? [] : ["fast"]);
    assertEquals(tcp.counters.TcpExtTCPLossProbeRecovery, hasArrivedTwice ? 0 : 1);
  }
});

Deno.test("without an answer the first segment goes again after the timeout, which doubles (RFC 9293 MUST-19; RFC 6298 section 5)", () => {
  const tcp = under(3);
  tcp.pass(202_000);
  const at: number[] = [];
  let before = tcp.now;
  for (let i = 0; i < 3; i++) {
    while (left(tcp.pass(1000)).length === 0);
    at.push(Math.round((tcp.now - before) / 1000));
    before = tcp.now;
    tcp.controller.cwnd = 1000;
  }
  assertEquals(at, [300, 600, 1200]);
  assertEquals([tcp.controller.losses, tcp.counters.TcpExtTCPTimeouts], [["timeout", "timeout", "timeout"], 3]);
  assertEquals([tcp.socket.recovery.state, tcp.told], ["loss", ["timeout", "timeout", "timeout"]]);
  tcp.pass(10_000);
  ack(tcp, 3);
  assertEquals([tcp.socket.recovery.state, tcp.socket.recovery.rtt.backoff], ["open", 0]);
});

Deno.test("a subflow without any answer fails after its retries (RFC 9293 MUST-20)", () => {
  const tcp = SocketUnderTest.established({ retries: 2 });
  send(tcp, 1);
  tcp.pass(60_000_000);
  assertEquals([tcp.state, tcp.told.at(-1), tcp.segments.inUse], ["closed", "closed: timeout", 0]);
});

Deno.test("a timeout that was for nothing is undone: the echo tells of the first copy (RFC 3522, RFC 4015)", () => {
  const tcp = SocketUnderTest.established({ timestamps: true }, { timestamps: [500, 1000] });
  const first = tcp.now;
  tcp.sends("x".repeat(2000));
  tcp.leaves();
  const again = tcp.pass(2_500_000);
  assertEquals(again.length > 0, true);
  const echo = Math.floor(first / 1000);
  tcp.arrives({ acknowledgment: 1001, timestamps: [501, echo] });
  assertEquals([tcp.controller.spurious, tcp.counters.TcpExtTCPFullUndo], [1, 1]);
  assertEquals([tcp.socket.recovery.state, tcp.socket.recovery.board.lostSegments], ["open", 0]);
});

Deno.test("a timeout that was for something is not undone", () => {
  const tcp = SocketUnderTest.established({ timestamps: true }, { timestamps: [500, 1000] });
  tcp.sends("x".repeat(2000));
  tcp.leaves();
  tcp.pass(2_500_000);
  tcp.arrives({ acknowledgment: 1001, timestamps: [501, Math.floor(tcp.now / 1000)] });
  assertEquals([tcp.controller.spurious, tcp.socket.recovery.state], [0, "loss"]);
});

Deno.test("an acknowledgment that reports a duplicate echoes an older segment: no sample, no undo (RFC 3522 section 3.2)", () => {
  const tcp = SocketUnderTest.established({ timestamps: true }, { timestamps: [500, 1000] });
  const first = Math.floor(tcp.now / 1000);
  tcp.sends("x".repeat(1000));
  tcp.leaves();
  // It arrives, and the acknowledgment is lost.
  tcp.pass(2_500_000);
  const { smoothed, variation } = tcp.socket.recovery.rtt;
  tcp.arrives({ acknowledgment: 1001, sack: [[1, 1001]], timestamps: [501, first] });
  const { rtt, state } = tcp.socket.recovery;
  assertEquals([rtt.smoothed, rtt.variation], [smoothed, variation]);
  assertEquals([tcp.controller.spurious, state, rtt.backoff], [0, "open", 0]);
});

Deno.test("segments sent again give no round-trip sample: Karn's rule (RFC 9293 MUST-18)", () => {
  const tcp = under(1);
  tcp.pass(300_000);
  const { smoothed } = tcp.socket.recovery.rtt;
  tcp.pass(1000);
  ack(tcp, 1);
  assertEquals(tcp.socket.recovery.rtt.smoothed, smoothed);
});

Deno.test("a controller hears what was delivered, selectively or not, once", () => {
  const tcp = under(5);
  tcp.pass(100_000);
  ack(tcp, 1, [3, 4]);
  ack(tcp, 1, [3, 4]);
  ack(tcp, 5);
  assertEquals(tcp.controller.acked, [2000, 3000]);
  assertEquals(tcp.socket.recovery.bytesDelivered, 5000);
});

Deno.test("what a peer acknowledged selectively and then gave up counts when it is delivered at last, once (RFC 2018 section 8)", () => {
  const tcp = under(3);
  tcp.pass(100_000);
  ack(tcp, 0, [0, 1]);
  assertEquals(tcp.socket.recovery.bytesDelivered, 1000);
  while (tcp.counters.TcpExtTCPTimeouts === 0) tcp.pass(10_000);
  assertEquals(tcp.socket.recovery.bytesDelivered, 0);
  tcp.pass(100_000);
  ack(tcp, 3);
  assertEquals(tcp.socket.recovery.bytesDelivered, 3000);
});

Deno.test("a controller hears of idleness when nothing was sent for longer than the timeout (RFC 5681 section 4.1)", () => {
  const tcp = under(1);
  tcp.pass(100_000);
  ack(tcp, 1);
  tcp.pass(200_000);
  send(tcp, 1);
  assertEquals(tcp.controller.idle, 0);
  tcp.pass(100_000);
  ack(tcp, 2);
  tcp.pass(250_000);
  send(tcp, 1);
  assertEquals(tcp.controller.idle, 1);
});

Deno.test("nothing in flight, nothing to wait for", () => {
  const tcp = under(2);
  tcp.pass(100_000);
  ack(tcp, 2);
  assertEquals([tcp.socket.recovery.timer.kind, tcp.socket.recovery.timer.at, tcp.socket.deadline], [
    "none",
    Infinity,
    Infinity,
  ]);
});

Deno.test("the acknowledgment that begins recovery counts for what may leave (RFC 6937 section 3)", () => {
  const tcp = under();
  send(tcp, 20);
  tcp.pass(100_000);
  tcp.controller.cwnd = 5000;
  // Three of ten delivered let one and a half go, each two more another one, until five are in flight, which holds.
  assertEquals(ack(tcp, 0, [1, 4]), [0]);
  assertEquals([5, 6, 7, 8].map((to) => ack(tcp, 0, [1, to])), [[10], [], [], [11]]);
});

Deno.test("what was delivered before recovery is no part of the flight that it reduces", () => {
  const tcp = under();
  tcp.controller.cwnd = 20_000;
  send(tcp, 40);
  tcp.pass(100_000);
  tcp.controller.cwnd = 9000;
  // Two are delivered before. Of the eighteen left nine shall remain: one leaves at once, then one for each two.
  assertEquals([ack(tcp, 0, [2, 3]), ack(tcp, 0, [2, 4]), ack(tcp, 0, [2, 5])], [[], [], [0]]);
  assertEquals([6, 7, 8, 9, 10, 11].map((to) => ack(tcp, 0, [2, to]).length), [0, 0, 1, 0, 1, 0]);
});

Deno.test("a controller that governs recovery sets the window in it, others approach theirs (RFC 6937)", () => {
  for (const governsRecovery of [false, true]) {
    const tcp = under(10);
    tcp.controller.governsRecovery = governsRecovery;
    tcp.controller.cwnd = 4000;
    tcp.pass(100_000);
    ack(tcp, 0, [1, 4]);
    assertEquals(tcp.socket.recovery.state, "recovery");
    const { window, board } = tcp.socket.recovery;
    // Six are in flight beside what is lost. Three of ten delivered let 1.2 go.
    assertEquals([board.pipe, window], governsRecovery ? [6000, 4000] : [7000, 7200]);
  }
});

Deno.test("a controller hears of each segment that is lost, before the loss that it amounts to", () => {
  const tcp = under(10);
  tcp.pass(100_000);
  ack(tcp, 0, [2, 3], [4, 5], [6, 7]);
  const samples = tcp.controller.lost.map(({ start, sentInFlight, lost }) => [start, sentInFlight, lost]);
  assertEquals(samples, [[1, 1000, 1000], [1001, 2000, 2000], [3001, 4000, 3000], [5001, 6000, 4000]]);
  assertEquals([tcp.controller.losses, tcp.controller.lost[0]?.bytes], [["fast"], 1000]);
});

Deno.test("all that is in flight when the timeout expires is lost, segment by segment", () => {
  const tcp = under(3);
  tcp.pass(202_000);
  while (tcp.controller.losses.length === 0) tcp.pass(1000);
  assertEquals(tcp.controller.lost.map(({ start, lost }) => [start, lost]), [[1, 1000], [1001, 2000], [2001, 3000]]);
  assertEquals(tcp.controller.losses, ["timeout"]);
});

Deno.test("a sample tells of the flight that its newest segment joined, and what was lost since", () => {
  const tcp = under(10);
  tcp.pass(100_000);
  ack(tcp, 0, [1, 4]);
  const [sample] = tcp.controller.samples;
  assertEquals([sample!.acked, sample!.sentInFlight, sample!.lost], [3000, 4000, 1000]);
});

Deno.test("what is delivered while the controller holds back is marked like what a lack of data holds back", () => {
  const tcp = under();
  tcp.controller.cwnd = 2000;
  send(tcp, 12);
  const limits: boolean[] = [];
  for (let acked = 2; acked <= 10; acked += 2) {
    tcp.controller.holdsBack = acked === 4;
    tcp.pass(50_000);
    ack(tcp, acked);
    limits.push(tcp.controller.samples.at(-1)!.appLimited);
  }
  assertEquals(limits, [false, false, true, false, false]);
});

Deno.test("a scheduler's penalty counts once a round trip, and not while recovery reduces the window already", () => {
  const tcp = under(10);
  const { recovery } = tcp.socket;
  tcp.pass(100_000);
  recovery.penalise(tcp.now);
  recovery.penalise(tcp.now);
  assertEquals(tcp.controller.losses, ["penalty"]);
  tcp.pass(100_000);
  recovery.penalise(tcp.now);
  ack(tcp, 0, [1, 4]);
  tcp.pass(150_000);
  recovery.penalise(tcp.now);
  assertEquals([recovery.state, tcp.controller.losses], ["recovery", ["penalty", "penalty", "fast"]]);
});

Deno.test("a repair of the recovery before does not make the next one look spurious", () => {
  const tcp = SocketUnderTest.established({ timestamps: true }, { timestamps: [500, 1000] });
  const { mss } = tcp.socket;
  const arrive = (ack: number, echo: number, ...sack: [number, number][]): void => {
    tcp.arrives({
      acknowledgment: 1 + mss * ack,
      sack: sack.map(([from, to]) => [1 + mss * from, 1 + mss * to] as const),
      timestamps: [501, Math.floor(echo / 1000)],
    });
    tcp.leaves();
  };
  const { rtt } = tcp.socket.recovery;
  for (let i = 0; i < 60; i++) rtt.update(100_000, 100_000, tcp.now);
  tcp.controller.governsRecovery = true;
  tcp.controller.cwnd = 20_000;
  const sentAt = tcp.now;
  tcp.sends("x".repeat(10 * mss));
  tcp.leaves();
  tcp.pass(100_000);
  arrive(0, sentAt, [1, 4]);
  const firstRepairAt = tcp.now;
  tcp.sends("x".repeat(5 * mss));
  tcp.leaves();
  tcp.pass(50_000);
  arrive(0, sentAt, [1, 10], [11, 15]);
  const secondRepairAt = tcp.now;
  tcp.pass(50_000);
  // All of the first recovery is acknowledged, but the second repair is still on its way.
  arrive(10, firstRepairAt, [11, 15]);
  assertEquals(tcp.socket.recovery.state, "open");
  tcp.sends("x".repeat(5 * mss));
  tcp.leaves();
  tcp.pass(40_000);
  arrive(10, firstRepairAt, [11, 15], [16, 20]);
  assertEquals(tcp.socket.recovery.state, "recovery");
  tcp.pass(10_000);
  arrive(15, secondRepairAt, [16, 20]);
  assertEquals([tcp.controller.spurious, tcp.counters.TcpExtTCPFullUndo], [0, 0]);
});

Deno.test("new data now and then does not put off the loss probe beyond the timeout (RFC 8985 section 7.2)", () => {
  const tcp = under(1);
  tcp.controller.cwnd = 1e6;
  const { timeout } = tcp.socket.recovery.rtt;
  const wait = 50_000;
  for (let at = wait; at < timeout; at += wait) {
    tcp.pass(wait);
    send(tcp, 1);
    assertEquals(tcp.counters.TcpExtTCPLossProbes, 0, "each comes before the probe for the one before it is due");
  }
  for (let i = 0; i < 2; i++) {
    tcp.pass(wait);
    send(tcp, 1);
  }
  assertEquals(tcp.counters.TcpExtTCPLossProbes, 1);
  for (let at = 0; at < timeout; at += wait) {
    tcp.pass(wait);
    send(tcp, 1);
  }
  assertEquals(tcp.counters.TcpExtTCPTimeouts, 1, "and the timeout comes after the probe");
});

/** A timeout, after which the first of `segments` went again, and more bytes that wait. */
function timedOut(segments: number, waiting: number): SocketUnderTest {
  const tcp = under(segments);
  tcp.controller.cwnd = 1000;
  while (tcp.counters.TcpExtTCPTimeouts === 0) tcp.pass(1000);
  assertEquals(tcp.socket.recovery.state, "loss");
  if (waiting > 0) tcp.sends("y".repeat(1000 * waiting));
  tcp.leaves();
  return tcp;
}

Deno.test("without timestamps new data leaves after a timeout, and more acknowledgments of originals undo it (RFC 5682)", () => {
  const tcp = timedOut(6, 4);
  const isSpurious = () => [tcp.controller.spurious, tcp.counters.TcpExtTCPSpuriousRTOs, tcp.socket.recovery.state];
  tcp.controller.cwnd = 2000;
  assertEquals(ack(tcp, 1), [6, 7], "new data, not what is taken for lost");
  assertEquals(isSpurious(), [0, 0, "loss"]);
  ack(tcp, 2);
  assertEquals(isSpurious(), [1, 1, "open"]);
  assertEquals(tcp.socket.recovery.board.lostSegments, 0);
  assertEquals(tcp.counters.TcpRetransSegs, 2, "the probe and the timeout");
});

Deno.test("a timeout was for something if new data is acknowledged before the originals, or nothing is (RFC 5682 step 3)", () => {
  for (const sack of [[[6, 7]], []] as [number, number][][]) {
    const tcp = timedOut(6, 4);
    tcp.controller.cwnd = 2000;
    assertEquals(ack(tcp, 1), [6, 7]);
    tcp.controller.cwnd = 3000;
    assertEquals(ack(tcp, 1, ...sack)[0], 1, "the retransmissions go on");
    assertEquals([tcp.controller.spurious, tcp.socket.recovery.state], [0, "loss"]);
  }
});

Deno.test("without new data the retransmissions go on after a timeout, at once (RFC 5682 step 2b)", () => {
  const tcp = timedOut(4, 0);
  tcp.controller.cwnd = 2000;
  assertEquals([ack(tcp, 1), left(tcp.pass(1))], [[], [1, 2]]);
  assertEquals(tcp.controller.spurious, 0);
});

Deno.test("a second timeout of a recovery that makes progress asks no more (RFC 5682 step 1)", () => {
  const tcp = timedOut(6, 4);
  tcp.controller.cwnd = 1000;
  assertEquals(ack(tcp, 1), [6]);
  while (tcp.counters.TcpExtTCPTimeouts === 1) tcp.pass(1000);
  assertEquals(ack(tcp, 2), [2], "a retransmission, though there is new data");
});

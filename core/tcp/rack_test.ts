import { assertEquals } from "@std/assert";
import { BlockPool } from "../buffer/blocks.ts";
import { Rack } from "./rack.ts";
import { Scoreboard } from "./scoreboard.ts";
import { type Segment, SegmentPool } from "./segment.ts";

const RTT = 40_000;
const NOTHING = {
  sackEdges: new Float64Array(0),
  sackCount: 0,
  timestampRtt: 0,
  echoedMillis: NaN,
  isCongestionEcho: false,
};

/** Ten segments of 100 bytes, sent a millisecond apart from 0 on, with RACK watching. */
class Flight {
  readonly rack = new Rack();
  readonly lost: number[] = [];
  readonly board: Scoreboard;
  readonly segments: Segment[] = [];
  now = 0;
  /** Acknowledgments have no room for SACK blocks. */
  isBlind = false;

  constructor(count = 10, apart = 1000) {
    const pool = new SegmentPool(new BlockPool());
    this.board = new Scoreboard(pool, {
      onDelivered: (segment) => this.rack.onDelivered(segment, RTT, this.now),
      onReneged: () => {},
      onLost: () => {},
      onAcknowledged: () => true,
    });
    const block = new BlockPool().take(0);
    for (let i = 0; i < count; i++) {
      this.board.append(100, block, i * 100);
      this.segments.push(this.board.queue.last!);
      this.board.markSent(this.board.queue.last!, i * apart);
    }
  }

  /** Acknowledges below segment `ack` and segments [from, to) selectively; returns when the next is overdue. */
  ack(now: number, ack: number, sack: [number, number] | null = null, isRecovering = false, echo = NaN): number {
    this.now = now;
    this.rack.startAck({ ...NOTHING, isBlind: this.isBlind, echoedMillis: echo }, this.board.una);
    if (sack !== null) this.board.applySack(sack[0] * 100, sack[1] * 100, 0);
    this.board.acknowledge(ack * 100);
    return this.detect(now, isRecovering);
  }

  detect(now: number, isRecovering = false): number {
    const window = this.rack.reorderingWindow(this.board.sackedSegments, isRecovering, RTT, RTT);
    return this.rack.detectLoss(this.board.queue, window, RTT / 4, now, (segment) => {
      this.lost.push(segment.start / 100);
      this.board.markLost(segment);
    });
  }
}

Deno.test("a segment is overdue when one sent later was delivered a quarter round trip ago (RFC 8985 section 6.2)", () => {
  const flight = new Flight();
  // The second arrives, the first does not: sent at 0, round trip 40 ms, window 10 ms.
  assertEquals(flight.ack(41_000, 0, [1, 2]), 50_000);
  assertEquals(flight.lost, []);
  assertEquals([flight.detect(49_999), flight.lost.length], [50_000, 0]);
  assertEquals([flight.detect(50_000), flight.lost], [Infinity, [0]]);
});

Deno.test("three selectively acknowledged segments leave no window without reordering (section 6.2 step 4)", () => {
  const flight = new Flight();
  flight.ack(43_000, 0, [1, 4]);
  assertEquals(flight.lost, [0]);
});

Deno.test("in recovery there is no window without reordering", () => {
  const flight = new Flight();
  flight.ack(41_000, 0, [1, 2], true);
  assertEquals(flight.lost, [0]);
});

Deno.test("once reordering was seen, three duplicates are no sign of loss", () => {
  const flight = new Flight();
  flight.ack(41_000, 0, [1, 2]);
  flight.ack(41_500, 2);
  assertEquals(flight.rack.isReorderingSeen, true);
  flight.ack(46_000, 2, [3, 7]);
  assertEquals(flight.lost, []);
});

Deno.test("an acknowledgment that tells of many segments at once is no sign of reordering", () => {
  const flight = new Flight();
  // One acknowledgment for a burst: 0 and 1 arrived, 2 did not, 3 did.
  flight.ack(43_000, 2, [3, 4]);
  assertEquals(flight.rack.isReorderingSeen, false);
  const blocks = new Flight();
  blocks.now = 45_000;
  blocks.rack.startAck({ ...NOTHING, isBlind: false }, 0);
  // The most recent block comes first (RFC 2018 section 4), the lower one is as new.
  blocks.board.applySack(500, 600, 0);
  blocks.board.applySack(200, 300, 1);
  assertEquals(blocks.rack.isReorderingSeen, false);
});

Deno.test("beyond a hole the echo is that of what came before the hole, and says nothing (RFC 7323 section 4.3)", () => {
  const flight = new Flight(3);
  flight.board.markLost(flight.segments[2]!);
  flight.board.markSent(flight.segments[2]!, 50_000);
  flight.ack(90_000, 0, [2, 3], true, 0);
  assertEquals(flight.lost, [0, 1]);
});

Deno.test("what echoes a clock from before a retransmission says nothing of what was sent before it (section 6.2 step 2)", () => {
  for (const [echo, lost] of [[0, []], [50, [1, 2]]] as const) {
    const flight = new Flight(3);
    flight.board.markLost(flight.segments[0]!);
    flight.board.markSent(flight.segments[0]!, 50_000);
    // Long enough after the retransmission to be its answer.
    flight.ack(90_000, 1, null, true, echo);
    assertEquals(flight.lost, [...lost]);
  }
});

Deno.test("a segment that was sent again and arrives is no sign of reordering", () => {
  const flight = new Flight();
  flight.ack(43_000, 0, [1, 4]);
  flight.board.markSent(flight.segments[0]!, 43_000);
  flight.ack(83_000, 4);
  assertEquals(flight.rack.isReorderingSeen, false);
});

Deno.test("an acknowledgment too early for the second copy is of the first (section 6.2 step 2)", () => {
  const flight = new Flight();
  flight.ack(43_000, 0, [1, 4]);
  flight.board.markSent(flight.segments[0]!, 43_000);
  // 10 ms after it left again: it acknowledges the first copy, so nothing sent before 43 ms is late for it.
  flight.ack(53_000, 4);
  assertEquals(flight.lost, [0]);
});

Deno.test("a second copy is lost when something sent after it is delivered", () => {
  const flight = new Flight();
  flight.ack(43_000, 0, [1, 4], true);
  flight.board.markSent(flight.segments[0]!, 43_000);
  flight.board.append(100, new BlockPool().take(0), 1000);
  flight.board.markSent(flight.board.queue.last!, 44_000);
  flight.ack(49_000, 0, [4, 10], true);
  assertEquals(flight.lost, [0], "all of these left before it");
  flight.ack(84_000, 0, [10, 11], true);
  assertEquals(flight.lost, [0, 0]);
});

Deno.test("what left at one instant is ordered by sequence number", () => {
  const flight = new Flight(4, 0);
  flight.ack(40_000, 0, [2, 3], true);
  assertEquals(flight.lost, [0, 1]);
});

Deno.test("each round trip with a duplicate widens the window by a quarter, sixteen recoveries narrow it again", () => {
  const { rack } = new Flight();
  rack.isReorderingSeen = true;
  const window = () => rack.reorderingWindow(0, false, RTT, 100_000);
  assertEquals(window(), RTT / 4);
  rack.onDuplicateReported(100, 1000);
  rack.onDuplicateReported(900, 1500);
  assertEquals(window(), 2 * RTT / 4, "once a round trip");
  rack.onDuplicateReported(1000, 2000);
  assertEquals(window(), 3 * RTT / 4);
  for (let i = 0; i < 15; i++) rack.onRecovered();
  assertEquals(window(), 3 * RTT / 4);
  rack.onRecovered();
  assertEquals(window(), RTT / 4);
  for (let i = 1; i < 20; i++) rack.onDuplicateReported(i * 10_000, i * 10_000 + 5000);
  assertEquals(window(), 100_000, "never more than the smoothed round trip");
});

Deno.test("after data without room for SACK blocks one that tells is awaited a quarter round trip, and not longer", () => {
  for (const isTold of [true, false]) {
    const flight = new Flight();
    flight.board.markLost(flight.segments[0]!);
    flight.board.markSent(flight.segments[0]!, 60_000);
    flight.isBlind = true;
    // The second copy of the first segment arrives; of those that left before it this acknowledgment cannot tell.
    assertEquals([flight.ack(101_000, 1, null, true), flight.lost], [101_000 + RTT / 4, []]);
    assertEquals([flight.ack(105_000, 1, null, true), flight.lost], [101_000 + RTT / 4, []], "which is no news");
    if (isTold) {
      flight.isBlind = false;
      assertEquals([flight.ack(106_000, 1, [2, 10], true), flight.lost], [Infinity, [1]]);
    } else {
      flight.detect(101_000 + RTT / 4, true);
      assertEquals(flight.lost, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  }
});

import { assertEquals } from "@std/assert";
import { fakeAck } from "../tests/kit/mod.ts";
import { HyStart } from "./hystart.ts";

const MSS = 1000;

/** Rounds of acknowledgments of one segment each. */
class SlowStart {
  readonly hystart: HyStart;
  #delivered = 0;

  constructor(isPaced = true) {
    this.hystart = new HyStart(isPaced);
  }

  /** One round trip with these samples in milliseconds; returns what each adds to the window. */
  round(...samples: readonly number[]): number[] {
    const priorDelivered = this.#delivered;
    return samples.map((rtt) => {
      this.#delivered += MSS;
      const sample = fakeAck(MSS, { rtt: 1000 * rtt, delivered: this.#delivered, priorDelivered });
      return this.hystart.growth(sample, MSS);
    });
  }
}

/** As many samples as a round needs to be judged. */
function eight(rtt: number): number[] {
  return new Array(8).fill(rtt);
}

Deno.test("slow start turns conservative when the shortest round trip is an eighth longer than in the round before", () => {
  for (const [longer, expected] of [[112.4, 1000], [112.5, 250]] as const) {
    const start = new SlowStart();
    assertEquals(start.round(...eight(100)), new Array(8).fill(1000));
    start.round(...eight(longer));
    assertEquals(start.round(longer), [expected]);
  }
});

Deno.test("the threshold is at least 4 ms and at most 16 (RFC 9406 section 4.3)", () => {
  for (const [rtt, threshold] of [[8, 4], [1000, 16]] as const) {
    for (const part of [0.99, 1]) {
      const start = new SlowStart();
      start.round(...eight(rtt));
      start.round(...eight(rtt + part * threshold));
      assertEquals(start.round(rtt + threshold), [part === 1 ? 250 : 1000]);
    }
  }
});

Deno.test("fewer than eight samples say nothing", () => {
  const start = new SlowStart();
  start.round(...eight(100));
  start.round(200, 200, 200, 200, 200, 200, 200);
  assertEquals(start.round(200), [1000]);
});

Deno.test("five conservative rounds, the one in which it began included, end slow start", () => {
  const start = new SlowStart();
  start.round(...eight(100));
  start.round(...eight(120));
  for (let round = 2; round <= 5; round++) {
    assertEquals(start.hystart.isDone, false, `round ${round}`);
    start.round(...eight(120));
  }
  start.round(120);
  assertEquals(start.hystart.isDone, true);
});

Deno.test("a delay that goes away was none of our making: slow start goes on", () => {
  const start = new SlowStart();
  start.round(...eight(100));
  start.round(...eight(120));
  assertEquals(start.round(...eight(119)).at(-1), 250);
  assertEquals(start.round(119), [1000]);
});

Deno.test("without pacing one acknowledgment counts for eight segments at most", () => {
  const growth = (isPaced: boolean): number => new HyStart(isPaced).growth(fakeAck(20_000), MSS);
  assertEquals([growth(true), growth(false)], [20_000, 8000]);
});

import { assertEquals } from "@std/assert";
import { DeliveryRate } from "./delivery_rate.ts";
import { Segment } from "./segment.ts";

/** A connection whose segments of 1000 bytes a test sends and acknowledges. */
class Flow {
  readonly rate = new DeliveryRate();
  pipe = 0;
  #end = 0;

  send(now: number): Segment {
    const segment = new Segment();
    segment.start = this.#end;
    segment.end = this.#end += 1000;
    this.rate.onSent(segment, this.pipe, now);
    segment.sentAt = now;
    this.pipe += 1000;
    return segment;
  }

  ack(now: number, ...segments: Segment[]): number {
    this.rate.startAck();
    for (const segment of segments) {
      this.rate.onDelivered(segment, 1000, now);
      this.pipe -= 1000;
    }
    this.rate.finishAck(1000);
    return this.rate.sample;
  }
}

Deno.test("the rate is what was delivered between sending and acknowledgment, per second", () => {
  const flow = new Flow();
  const first = flow.send(0);
  const second = flow.send(0);
  assertEquals(flow.ack(10_000, first), 100_000);
  assertEquals(flow.ack(20_000, second), 100_000, "2000 bytes in 20 ms");
  assertEquals([flow.rate.rate, flow.rate.delivered, flow.rate.priorDelivered], [100_000, 2000, 0]);
});

Deno.test("acknowledgments that were compressed do not count faster than the segments left", () => {
  const flow = new Flow();
  const segments = [0, 10_000, 20_000, 30_000].map((now) => flow.send(now));
  flow.ack(40_000, segments[0]!);
  assertEquals(flow.ack(40_001, segments[1]!, segments[2]!, segments[3]!), 4000 * 1e6 / 40_001);
  const next = [50_000, 60_000].map((now) => flow.send(now));
  assertEquals(flow.ack(61_000, next[0]!), 1000 * 1e6 / 11_000);
});

Deno.test("a sample over less than the shortest round trip is none", () => {
  const flow = new Flow();
  const segment = flow.send(0);
  assertEquals(flow.ack(999, segment), 0);
  assertEquals(flow.rate.delivered, 1000);
});

Deno.test("an acknowledgment of nothing gives no sample and leaves the rate", () => {
  const flow = new Flow();
  flow.ack(10_000, flow.send(0));
  assertEquals([flow.ack(20_000), flow.rate.rate], [0, 100_000]);
});

Deno.test("segments sent while there was too little to send are marked until what was in flight is delivered", () => {
  const flow = new Flow();
  const first = flow.send(0);
  flow.rate.markAppLimited(flow.pipe);
  const second = flow.send(1000);
  assertEquals([first.appLimited, second.appLimited], [false, true]);
  flow.ack(10_000, first);
  assertEquals(flow.rate.isAppLimited, false);
  flow.ack(11_000, second);
  assertEquals(flow.rate.isAppLimited, true);
  assertEquals(flow.send(12_000).appLimited, false);
});

Deno.test("a segment remembers the flight that it joined and what had been lost until then", () => {
  const flow = new Flow();
  flow.send(0);
  const second = flow.send(0);
  flow.rate.lost += 1000;
  const third = flow.send(1000);
  flow.ack(10_000, second);
  assertEquals([flow.rate.sentInFlight, flow.rate.priorLost], [2000, 0]);
  flow.ack(11_000, third);
  assertEquals([flow.rate.sentInFlight, flow.rate.priorLost], [3000, 1000]);
});

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { throughBottleneck } from "../../tests/harness/bottleneck.ts";
import { fakeAck, fakeEnv, FakeSubflow } from "../../tests/kit/mod.ts";
import { bbr } from "../bbr.ts";
import { BbrController } from "./controller.ts";

/** 20 Mbit/s, round trips of 40 ms: 67 packets. */
const LINK = { rate: 20e6, delay: 20, queue: { packets: 1000 } };
const PAYLOAD = 1420 / 1500;

/** A stay in a state: from when on, in seconds. */
type Stay = readonly [state: string, since: number];

/** The states that a sender goes through in `seconds`. */
async function stays(seconds: number, link = {}): Promise<Stay[]> {
  const all: Stay[] = [];
  await throughBottleneck<BbrController>({
    congestion: bbr(),
    link: { ...LINK, ...link },
    seconds,
    every: 0.001,
    onLook: ({ controller: { state }, seconds }) => {
      if (state !== all.at(-1)?.[0]) all.push([state, seconds]);
    },
  });
  return all;
}

Deno.test("it starts up, drains, and goes round in a cycle", async () => {
  // The first "down" is over with the acknowledgment that ends it: nothing is in the queue then.
  const states = (await stays(5)).map(([state]) => state);
  assertEquals(states.slice(0, 7), ["startup", "drain", "cruise", "refill", "up", "down", "cruise"]);
});

Deno.test("it probes for bandwidth every two to three seconds (section 5.3.3.5), a round after the pipe is filled again", async () => {
  const all = await stays(30);
  const refills = all.filter(([state]) => state === "refill").map(([, since]) => since);
  const ups = all.filter(([state]) => state === "up").map(([, since]) => since);
  const downs = all.filter(([state], i) => state === "down" && all[i - 1]![0] === "up").map(([, since]) => since);
  assert(refills.length > 6);
  for (const [i, down] of downs.entries()) {
    const next = refills.find((time) => time > down);
    if (next === undefined || all.some(([state, at]) => state === "probe-rtt" && at > down && at < next)) continue;
    assert(next - down > 1.9 && next - down < 3.1, `${next - down} s after probe ${i}`);
  }
  for (const [i, up] of ups.entries()) assertAlmostEquals(up - refills[i]!, 0.041, 0.01);
});

Deno.test("with a small bandwidth-delay product it probes as often as Reno would (section 5.3.3.5.2)", async () => {
  // 1 Mbit/s and 40 ms: 3.3 packets, and so as many rounds between two probes.
  const all = await stays(6, { rate: 1e6 });
  const downs = all.filter(([state], i) => state === "down" && all[i - 1]![0] === "up").map(([, since]) => since);
  const waits = downs.slice(0, -1).map((down) => all.find(([state, at]) => state === "refill" && at > down)![1] - down);
  assert(downs.length >= 4, `${downs.length} probes`);
  for (const wait of waits) assert(wait < 0.8, `${wait} s`);
});

Deno.test("it looks for the shortest round trip every five seconds, for 200 ms with half of the flight (section 5.3.4)", async () => {
  let least = Infinity;
  const all: Stay[] = [];
  await throughBottleneck<BbrController>({
    congestion: bbr(),
    link: LINK,
    seconds: 17,
    every: 0.001,
    onLook: ({ controller: { state }, view, seconds }) => {
      if (state !== all.at(-1)?.[0]) all.push([state, seconds]);
      if (seconds > 4 && state === "probe-rtt") least = Math.min(least, view.inFlight / view.mss);
    },
  });
  const probes = all.flatMap(([state, since], i) => state === "probe-rtt" ? [[since, all[i + 1]?.[1] ?? 17]] : []);
  assertEquals(probes.length, 3);
  for (const [from, to] of probes) assert(to! - from! > 0.2 && to! - from! < 0.4, `${to! - from!} s`);
  assertAlmostEquals(probes[1]![0]! - probes[0]![1]!, 5, 0.1);
  assertAlmostEquals(least, 33, 3);
});

Deno.test("it finds twice the bandwidth within three probes, and half of it when two cycles are over", async () => {
  const rates: number[] = [];
  await throughBottleneck({
    congestion: bbr(),
    link: { ...LINK, rate: 10e6, queue: { packets: 100 } },
    seconds: 32,
    every: 1,
    onLook: ({ view, link, seconds }) => {
      if (seconds === 8) link.set({ rate: 20e6 });
      if (seconds === 18) link.set({ rate: 5e6 });
      rates[seconds] = view.pacingRate * 8;
    },
  });
  assertAlmostEquals(rates.slice(2, 8).sort((a, b) => a - b)[2]!, 10e6 * PAYLOAD * 0.99, 3e5);
  assert(Math.max(...rates.slice(8, 17)) > 0.9 * 20e6 * PAYLOAD, `${Math.max(...rates.slice(8, 17))}`);
  assert(rates[30]! < 1.3 * 5e6, `${rates[30]}`);
});

Deno.test("a shallow queue ends startup by its losses, and bounds what is in flight from then on", async () => {
  let most = 0;
  const { rate } = await throughBottleneck<BbrController>({
    congestion: bbr(),
    link: { ...LINK, queue: { packets: 20 } },
    seconds: 20,
    warmUp: 5,
    onLook: ({ view, seconds, controller }) => {
      if (seconds > 2 && controller.state === "cruise") most = Math.max(most, view.inFlight / view.mss);
    },
  });
  assert(rate > 0.85 * 20e6 * PAYLOAD, `${rate}`);
  assert(most < 87, `${most} packets in flight where 87 fit`);
});

Deno.test("before the bandwidth is known it paces the initial window, 2.77 times per round trip (section 5.6.2)", () => {
  const view = new FakeSubflow(0, { srtt: 0 });
  const controller = new BbrController(view, fakeEnv(0), 10);
  assertAlmostEquals(controller.pacingRate, 2.77 * 10_000 / 0.001, 1);
  view.srtt = 100_000;
  assertAlmostEquals(controller.pacingRate, 2.77 * 10_000 / 0.1, 1);
});

Deno.test("a timeout leaves one segment, recovery brings the window back (section 5.6.4.4)", () => {
  const controller = new BbrController(new FakeSubflow(0), fakeEnv(0), 10);
  controller.onLoss("fast", 1000, 10_000, 0);
  assertEquals(controller.cwnd, 10_000);
  controller.onLoss("timeout", 10_000, 10_000, 0);
  assertEquals(controller.cwnd, 1000);
  controller.onAck(fakeAck(1000, { inRecovery: true }), 20_000);
  assertEquals(controller.cwnd, 4000, "four segments are enough for any path");
  controller.onRecovered();
  assertEquals(controller.cwnd, 10_000);
});

Deno.test("a scheduler's penalty halves the window", () => {
  const controller = new BbrController(new FakeSubflow(0), fakeEnv(0), 10);
  controller.onLoss("penalty", 0, 10_000, 0);
  assertEquals(controller.cwnd, 5000);
});

Deno.test("it cruises once the flight fits the bandwidth, whatever bounds that in the short term (section 5.3.3.6)", () => {
  const view = new FakeSubflow(0, { srtt: 40_000 });
  const controller = new BbrController(view, fakeEnv(0), 10);
  let delivered = 0;
  let now = 0;
  /** A round trip of 40 ms that ends with `inFlight` bytes in flight. */
  const round = (deliveryRate: number, inFlight: number): void => {
    const priorDelivered = delivered;
    delivered += 40_000;
    const sentInFlight = inFlight + 40_000;
    const sample = { rtt: 40_000, delivered, priorDelivered, deliveryRate, inFlight, sentInFlight };
    controller.onAck(fakeAck(40_000, sample), now += 40_000);
  };
  // A megabyte a second, 40 kB in a round trip, and more than that in flight all the time.
  while (controller.state !== "down") round(1e6, 60_000);
  const lost = { start: 0, bytes: 1000, sentInFlight: 60_000, lost: 1000, delivered, appLimited: false };
  round(7e5, 60_000);
  controller.onSegmentLost(lost, now);
  round(7e5, 60_000);
  round(7e5, 60_000);
  assertEquals(controller.state, "down");
  assertAlmostEquals(controller.pacingRate, 0.9 * 0.99 * 7e5, 1);
  round(7e5, 35_000);
  assertEquals(controller.state, "cruise");
});

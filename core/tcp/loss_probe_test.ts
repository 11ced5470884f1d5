import { assertEquals } from "@std/assert";
import { LossProbe, probeTimeout } from "./loss_probe.ts";
import { RttEstimator } from "./rtt.ts";

function sent(isRetransmission: boolean): LossProbe {
  const probe = new LossProbe();
  probe.onSent(1000, isRetransmission);
  return probe;
}

Deno.test("a retransmission as probe repaired a loss if more is acknowledged and no duplicate reported (RFC 8985)", () => {
  const probe = sent(true);
  assertEquals([probe.onAck(999, false, false), probe.isOutstanding], [false, true]);
  assertEquals([probe.onAck(1000, false, false), probe.isOutstanding], [false, true]);
  assertEquals([probe.onAck(1001, false, false), probe.isOutstanding], [true, false]);
  assertEquals(probe.onAck(1002, false, false), false);
});

Deno.test("a probe whose two copies arrived repaired nothing", () => {
  const reported = sent(true);
  assertEquals([reported.onAck(1000, true, false), reported.isOutstanding], [false, false]);
  const bare = sent(true);
  bare.onAck(1000, false, false);
  assertEquals([bare.onAck(1000, false, true), bare.isOutstanding], [false, false]);
});

Deno.test("new data as probe repairs nothing, and its acknowledgment ends the episode", () => {
  const probe = sent(false);
  assertEquals([probe.onAck(1001, false, false), probe.isOutstanding], [false, false]);
});

Deno.test("a probe leaves after two round trips, for a lone segment with time for a delayed acknowledgment", () => {
  const rtt = new RttEstimator();
  for (let i = 0; i < 60; i++) rtt.update(20_000, 20_000, 0);
  assertEquals([probeTimeout(rtt, false), probeTimeout(rtt, true)].map(Math.round), [42_000, 220_000]);
});

import { assertEquals } from "@std/assert";
import { PeerClock } from "./peer_clock.ts";

const DAY = 86_400_000_000;

Deno.test("a timestamp is past if it is below the most recent one, modulo 2^32", () => {
  const clock = new PeerClock();
  clock.take(5, 0);
  assertEquals([4, 5, 6, 0xffffffff].map((timestamp) => clock.isPast(timestamp, 1000)), [true, false, false, true]);
  assertEquals(clock.recent, 5);
});

Deno.test("a timestamp tells nothing after 24 idle days, in which the clock can pass half of its range (RFC 7323)", () => {
  const clock = new PeerClock();
  const later = 25 * DAY / 1000;
  clock.take(1000, DAY);
  assertEquals(clock.isPast(1000 + later, 24 * DAY), true, "looks old, since 2^31 milliseconds are 24.8 days");
  assertEquals(clock.isPast(1000 + later, 26 * DAY), false);
  clock.take(1000 + later, 26 * DAY);
  assertEquals([clock.isPast(1000, 26 * DAY), clock.isPast(1000 + later, 26 * DAY)], [false, false]);
  assertEquals(clock.isPast(999 + later, 26 * DAY), true);
});

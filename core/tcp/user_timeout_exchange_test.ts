import { assertEquals } from "@std/assert";
import { TcpOptions } from "../wire/options.ts";
import { DEFAULT_TCP_SETTINGS, type TcpSettings } from "./settings.ts";
import { UserTimeoutExchange } from "./user_timeout_exchange.ts";

const SECOND = 1_000_000;

function settings(seconds: number, exchangeUserTimeout = true): TcpSettings {
  return { ...DEFAULT_TCP_SETTINGS, userTimeout: seconds * SECOND, exchangeUserTimeout };
}

function saying(seconds: number): TcpOptions {
  const options = new TcpOptions();
  options.userTimeout = seconds;
  return options;
}

Deno.test("the more patient end decides, within limits (RFC 5482 section 3.1)", () => {
  const exchange = new UserTimeoutExchange();
  assertEquals(exchange.of(settings(30)), 30 * SECOND, "a peer that says nothing changes nothing");
  for (
    const [own, remote, inForce] of [[300, 600, 600], [300, 200, 300], [30, 40, 100], [0, 200, 200], [10, 9999, 3600]]
  ) {
    exchange.take(saying(remote!));
    assertEquals(exchange.of(settings(own!)), inForce! * SECOND, `${own} and ${remote}`);
    assertEquals(exchange.of(settings(own!, false)), own! * SECOND);
  }
  exchange.take(saying(0));
  assertEquals(exchange.of(settings(10)), 3600 * SECOND, "what was said holds until something else is");
});

Deno.test("it is told on each SYN and on one acknowledgment, and again when it changes (section 3.3)", () => {
  const exchange = new UserTimeoutExchange();
  const write = (kind: "syn" | "syn-ack" | "ack" | "data", given: TcpSettings, options = new TcpOptions()) => {
    exchange.writeOption(given, options, kind);
    return options.userTimeout;
  };
  const own = settings(250);
  assertEquals([write("syn", own), write("syn", own), write("syn-ack", own)], [250, 250, 250]);
  const crowded = new TcpOptions();
  crowded.sackCount = 3;
  crowded.hasTimestamp = true;
  assertEquals([write("data", own), write("ack", own, crowded)], [0, 0], "where there is room");
  assertEquals([write("ack", own), write("ack", own)], [250, 0]);
  const changed = { ...own, userTimeout: 10.2 * SECOND };
  assertEquals([exchange.changes(own, own), exchange.changes(own, changed)], [false, true]);
  assertEquals([write("ack", changed), write("ack", changed)], [11, 0]);
  assertEquals([exchange.changes(settings(5, false), settings(5)), write("ack", settings(5))], [true, 5]);
  assertEquals(write("syn", settings(0)), 0, "no limit cannot be told");
});

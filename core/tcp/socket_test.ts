import { assert, assertEquals } from "@std/assert";
import { SocketUnderTest } from "../../tests/harness/segments.ts";
import { IpAddress } from "../wire/address.ts";
import { HEADROOM, Packet } from "../wire/packet.ts";
import { SYN, TcpHeader } from "../wire/tcp.ts";
import { Path } from "./path.ts";
import { DEFAULT_TCP_SETTINGS } from "./settings.ts";
import { TcpSocket } from "./socket.ts";

/** The header of the next segment and the packet that carries it. */
function next(socket: TcpSocket, now: number): { header: TcpHeader; packet: Packet } | null {
  const packet = new Packet(HEADROOM + 70_000);
  if (!socket.pollTransmit(packet, now)) return null;
  const header = new TcpHeader();
  assert(header.parse(packet.view, packet.start, packet.end));
  return { header, packet };
}

function socketOver(under: SocketUnderTest, path: Path): TcpSocket {
  const socket = new TcpSocket(under, path, DEFAULT_TCP_SETTINGS, under, 7, 1000);
  socket.recovery.controller = under.controller;
  socket.sendWindow.begin(65_535, 1, 0);
  return socket;
}

const [a, b] = [IpAddress.parse("2001:db8::1"), IpAddress.parse("2001:db8::2")];

Deno.test("a SYN offers the MSS of the interface, a scale for the largest window, SACK and timestamps (RFC 9293 MUST-14, SHLD-5)", () => {
  const under = new SocketUnderTest();
  under.window = 500_000;
  const socket = socketOver(under, new Path(a, 1, b, 2, 9000, 0));
  socket.connect(2_000_000);
  const { header, packet } = next(socket, 2_000_000)!;
  assertEquals([header.flags, header.sequence, header.window], [SYN, 7, 65535]);
  assertEquals([`${packet.source}`, `${packet.destination}`], ["2001:db8::1", "2001:db8::2"]);
  const { options } = header;
  assertEquals([options.maximumSegmentSize, options.sackPermitted], [8940, true]);
  // 6 MiB in 16 bits: 6291456 >> 7 = 49152.
  assertEquals([options.windowScale, options.timestampValue, options.timestampEcho], [7, 3000, 0]);
});

Deno.test("segments are no longer than both ends' MSS less the options, and the last one pushes (RFC 9293 MUST-14, MUST-16, MUST-61, SHLD-27, SHLD-28)", () => {
  const under = SocketUnderTest.established();
  under.sends("x".repeat(2500));
  assertEquals(under.leaves().map(({ flags, sequence, payload }) => [flags, sequence, payload?.length]), [
    ["A", 1, 1000],
    ["A", 1001, 1000],
    ["PA", 2001, 500],
  ]);
  const stamped = SocketUnderTest.established({ timestamps: true }, { timestamps: [1, 1] });
  assertEquals(stamped.socket.mss, 988);
});

Deno.test("what is sent is what the layer above handed over, whatever the cuts", () => {
  const under = SocketUnderTest.established();
  under.controller.cwnd = 1_000_000;
  const text = Array.from({ length: 9000 }, (_, i) => `${i},`).join("");
  for (let at = 0; at < text.length; at += 7001) under.sends(text.slice(at, at + 7001));
  const left = under.leaves();
  assertEquals(left.map(({ payload }) => payload).join(""), text);
  let sequence = 1;
  for (const segment of left) {
    assertEquals(segment.sequence, sequence);
    sequence += segment.payload!.length;
  }
});

Deno.test("a super-segment is whole segments, and the packet says how long they are", () => {
  const under = new SocketUnderTest();
  const socket = socketOver(under, new Path(a, 1, b, 2, 1500, 10_000));
  socket.state = "established";
  socket.usesTimestamps = false;
  socket.updateMss();
  under.controller.cwnd = 100_000;
  const block = under.blocks.take(0);
  socket.append(12_000, block, 0);
  const sizes: [number, number][] = [];
  for (let sent = next(socket, 0); sent !== null; sent = next(socket, 0)) {
    sizes.push([sent.header.payloadEnd - sent.header.payloadStart, sent.packet.segmentSize]);
  }
  assertEquals(sizes, [[8640, 1440], [3360, 1440]], "six segments of 1440 fit, and the rest is another");
});

Deno.test("a super-segment is no longer than what leaves in a millisecond, but for two segments", () => {
  for (const [rate, longest] of [[100_000, 2880], [1e7, 8640], [Infinity, 10_080]] as const) {
    const under = new SocketUnderTest();
    const socket = socketOver(under, new Path(a, 1, b, 2, 1500, 10_500));
    socket.state = "established";
    socket.usesTimestamps = false;
    socket.updateMss();
    under.controller.cwnd = 100_000;
    under.controller.pacingRate = rate;
    socket.append(15_000, under.blocks.take(0), 0);
    const { header } = next(socket, 1e6)!;
    assertEquals(header.payloadEnd - header.payloadStart, longest, `${rate} bytes a second`);
  }
});

Deno.test("the FIN follows what is queued, and is sent again if it is lost", () => {
  const under = SocketUnderTest.established();
  under.sends("abc");
  under.socket.shutdown(under.now);
  assertEquals(under.leaves().map(({ flags, sequence }) => [flags, sequence]), [["A", 1], ["FA", 4]]);
  under.arrives({ acknowledgment: 4 });
  under.leaves();
  const again = under.pass(5_000_000);
  assertEquals(again[0], { flags: "FA", sequence: 4, acknowledgment: 1 });
  under.arrives({ acknowledgment: 5 });
  assertEquals([under.state, under.segments.inUse], ["fin-wait-2", 0]);
});

Deno.test("pacing spreads segments over time, after a burst of a millisecond", () => {
  const under = SocketUnderTest.established();
  under.controller.cwnd = 100_000;
  under.controller.pacingRate = 1_000_000;
  under.sends("x".repeat(10_000));
  const first = under.leaves().length;
  assert(first >= 1 && first <= 2, `${first}`);
  const start = under.now;
  while (under.socket.recovery.board.queue.unsent !== null) under.pass(100);
  const took = under.now - start;
  assert(took >= (10 - first - 1) * 1000 && took <= 10_000, `${took} µs for ${10 - first} ms of data`);
});

Deno.test("a sender that pacing holds back and that wakes late makes up for it, by half a round trip at most", () => {
  for (const [late, bytes] of [[10_000, 10_000], [200_000, 50_000]] as const) {
    const under = SocketUnderTest.established();
    const { rtt } = under.socket.recovery;
    rtt.smoothed = rtt.minimum = 0;
    rtt.update(100_000, 100_000, under.now);
    under.controller.cwnd = 100_000;
    under.controller.pacingRate = 1_000_000;
    under.sends("x".repeat(90_000));
    under.leaves();
    under.now += late;
    under.socket.handleTimeout(under.now);
    const left = under.leaves().length * 1000;
    assert(left >= bytes && left <= bytes + 2000, `${left} bytes after ${late} µs`);
    // What was not sent for lack of data is not made up for.
    under.pass(200_000);
    under.now += 50_000;
    under.sends("x".repeat(9000));
    assert(under.leaves().length <= 2);
  }
});

Deno.test("a gap or a duplicate is told without data, before data leaves (RFC 5681 section 2)", () => {
  const under = SocketUnderTest.established({ selectiveAcknowledgments: true }, { sackPermitted: true });
  under.sends("data");
  under.arrives({ sequence: 11, payload: "late" });
  assertEquals(under.leaves(), [
    { flags: "A", sequence: 1, acknowledgment: 1, sack: [[11, 15]] },
    { flags: "PA", sequence: 1, acknowledgment: 1, payload: "data", sack: [[11, 15]] },
  ]);
  under.sends("more");
  under.arrives({ sequence: 1, payload: "inthegap.." });
  under.arrives({ sequence: 1, payload: "inthegap.." });
  assertEquals(under.leaves(), [
    { flags: "A", sequence: 5, acknowledgment: 15, sack: [[1, 11]] },
    { flags: "PA", sequence: 5, acknowledgment: 15, payload: "more" },
  ]);
});

Deno.test("beside data there are as many SACK blocks as the packet has room for", () => {
  const under = SocketUnderTest.established({ selectiveAcknowledgments: true }, { sackPermitted: true });
  under.arrives({ sequence: 11, payload: "late" });
  under.arrives({ sequence: 21, payload: "late" });
  for (const [length, blocks] of [[1000, 0], [989, 0], [988, 1], [981, 1], [980, 2], [10, 2]] as const) {
    under.sends("x".repeat(length));
    const data = under.leaves().find(({ payload }) => payload !== undefined);
    assertEquals([data!.payload!.length, data!.sack?.length ?? 0], [length, blocks]);
    under.arrives({ acknowledgment: under.socket.recovery.board.nxt });
  }
});

Deno.test("where the path forgets, a silent peer is asked without a program wanting it, and soon when data stops coming", () => {
  const under = SocketUnderTest.established({}, {}, 15_000_000);
  under.arrives({});
  assertEquals(under.pass(14_999_999), []);
  assertEquals(under.pass(1), [{ flags: "A", sequence: 0, acknowledgment: 1 }]);
  under.arrives({});
  assertEquals(under.pass(14_999_999), []);
  under.arrives({ payload: "data" });
  under.leaves();
  assertEquals(under.pass(2 * under.socket.recovery.rtt.timeout - 1), []);
  assertEquals(under.pass(1), [{ flags: "A", sequence: 0, acknowledgment: 5 }]);
  assertEquals(under.pass(14_999_999), [], "once, and then as seldom as ever");
});

Deno.test("an idle peer is asked whether it is there, and given up after so many questions (RFC 9293 MUST-26, MUST-27, MUST-29, SHLD-12; RFC 1122)", () => {
  const settings = { keepAlive: true, keepAliveTime: 10_000_000, keepAliveInterval: 1_000_000, keepAliveProbes: 3 };
  const under = SocketUnderTest.established(settings);
  under.arrives({});
  assertEquals(under.pass(9_999_999), []);
  assertEquals(under.pass(1), [{ flags: "A", sequence: 0, acknowledgment: 1 }], "a number that the peer has");
  under.arrives({});
  assertEquals(under.pass(9_999_999), [], "an answer starts the wait again");
  assertEquals(under.pass(2_000_002).length, 3);
  assertEquals(under.state, "established");
  under.pass(1_000_000);
  assertEquals([under.state, under.told], ["closed", ["closed: timeout"]]);
});

Deno.test("a probe repeats a number that the peer has, so that it must answer (RFC 9293 section 3.8.6.1)", () => {
  const under = SocketUnderTest.established();
  under.socket.requestProbe();
  assertEquals(under.leaves(), [{ flags: "A", sequence: 0, acknowledgment: 1 }]);
  assertEquals(under.leaves(), []);
});

Deno.test("the window that is advertised is scaled, but not in a SYN (RFC 7323 2.2-1)", () => {
  const under = SocketUnderTest.established();
  under.window = 300_000;
  under.socket.requestAck();
  assertEquals(next(under.socket, under.now)!.header.window, Math.floor(300_000 / 2 ** 7));
});

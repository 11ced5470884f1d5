/** What RFC 9293 and others ask of single segments, where no other test says it. */

import { assertEquals } from "@std/assert";
import { type OurSegment, SocketUnderTest } from "../../tests/harness/segments.ts";
import { IpAddress } from "../wire/address.ts";
import { HEADROOM, Packet } from "../wire/packet.ts";
import { SYN, TcpHeader } from "../wire/tcp.ts";
import { Path } from "./path.ts";
import { DEFAULT_TCP_SETTINGS } from "./settings.ts";
import { TcpSocket } from "./socket.ts";

const ACKNOWLEDGES_SYN: OurSegment = { flags: "A", sequence: 1, acknowledgment: 1 };

Deno.test("a window is an unsigned number, scaled beyond 16 bits (RFC 9293 MUST-1, REC-1)", () => {
  const under = SocketUnderTest.established({}, { windowScale: 14 });
  for (const window of [0x7fff, 0x8000, 0xffff]) {
    under.arrives({ window });
    assertEquals(under.edges.at(-1), 1 + window * 2 ** 14);
  }
  assertEquals(under.socket.sendWindow.largest, 0xffff * 2 ** 14);
});

Deno.test("without an MSS option segments carry 536 bytes over IPv4, 1220 over IPv6 (RFC 9293 MUST-15)", () => {
  for (const [text, expected] of [["192.0.2.1", 536], ["2001:db8::1", 1220]] as const) {
    const under = new SocketUnderTest();
    const address = IpAddress.parse(text);
    const settings = { ...DEFAULT_TCP_SETTINGS, timestamps: false };
    const socket = new TcpSocket(under, new Path(address, 1, address, 2, 9000, 0), settings, under, 7, 0);
    socket.recovery.controller = under.controller;
    const syn = new TcpHeader();
    syn.flags = SYN;
    socket.accept(syn, under.now);
    assertEquals(socket.mss, expected);
  }
});

Deno.test("the MSS option goes with SYN and SYN/ACK, and with nothing else (RFC 9293 MUST-65)", () => {
  const sizes = ({ socket }: SocketUnderTest, now: number): [number, number][] => {
    const packet = new Packet(HEADROOM + 2000);
    const header = new TcpHeader();
    const seen: [number, number][] = [];
    for (packet.start = HEADROOM; socket.pollTransmit(packet, now); packet.start = HEADROOM) {
      header.parse(packet.view, packet.start, packet.end);
      seen.push([header.flags & SYN, header.options.maximumSegmentSize]);
    }
    return seen;
  };
  assertEquals(sizes(SocketUnderTest.passive(), 0), [[SYN, 1460]]);
  const under = SocketUnderTest.established();
  under.sends("data");
  under.arrives({ payload: "x" });
  under.arrives({ sequence: 9, payload: "x" });
  under.socket.shutdown(under.now);
  const seen = sizes(under, under.now);
  assertEquals([seen.length > 2, new Set(seen.map(String))], [true, new Set(["0,0"])]);
});

Deno.test("a reset in SYN-RECEIVED ends an active attempt, and one of the peer without a word (RFC 9293 MUST-11)", () => {
  const passive = SocketUnderTest.passive();
  passive.leaves();
  passive.arrives({ flags: "R", sequence: 1 });
  assertEquals([passive.state, passive.socket.isPassive, passive.leaves()], ["closed", true, []]);
  const active = new SocketUnderTest();
  active.socket.connect(active.now);
  active.leaves();
  active.arrives({ flags: "S", sequence: 0 });
  active.leaves();
  assertEquals([active.state, active.socket.isPassive], ["syn-received", false]);
  active.arrives({ flags: "R", sequence: 1 });
  assertEquals([active.state, active.told], ["closed", ["closed: reset"]]);
});

Deno.test("a reset counts whatever data it carries (RFC 9293 SHLD-2)", () => {
  const under = SocketUnderTest.established();
  under.arrives({ flags: "R", sequence: 1, payload: "because of this" });
  assertEquals([under.state, under.received, under.told], ["closed", "", ["closed: reset"]]);
});

Deno.test("behind a closed window resets are taken, and challenged if they are not exact (RFC 9293 MUST-66)", () => {
  const under = SocketUnderTest.established();
  under.window = 0;
  under.arrives({ flags: "R", sequence: 2 });
  assertEquals([under.state, under.leaves()], ["established", []]);
  under.arrives({ flags: "R", sequence: 1 });
  assertEquals(under.state, "closed");
});

Deno.test("what has arrived is acknowledged at once, by one segment (RFC 9293 MUST-58, MUST-59)", () => {
  const under = SocketUnderTest.established();
  for (let at = 1; at <= 5000; at += 1000) under.arrives({ sequence: at, payload: "x".repeat(1000) });
  assertEquals(under.leaves(), [{ ...ACKNOWLEDGES_SYN, acknowledgment: 5001 }]);
  under.sends("answer");
  under.arrives({ sequence: 5001, payload: "x".repeat(1000) });
  under.arrives({ sequence: 6001, payload: "x".repeat(1000) });
  const left = under.leaves().map(({ flags, acknowledgment }) => [flags, acknowledgment]);
  assertEquals(left, [["PA", 7001]], "and by data where there is some");
});

Deno.test("bytes that a peer marks urgent are bytes like others (RFC 8684 3.3.1-4)", () => {
  const under = SocketUnderTest.established();
  under.arrives({ flags: "UA", payload: "now" });
  under.arrives({ sequence: 4, payload: " or later" });
  assertEquals(under.received, "now or later");
});

Deno.test("duplicate acknowledgments alone, such as those that carry options, are no sign of loss (RFC 8684 3-1)", () => {
  for (const sackPermitted of [true, false]) {
    const under = SocketUnderTest.established({}, { sackPermitted });
    under.sends("x".repeat(5000));
    under.leaves();
    for (let i = 0; i < 10; i++) under.arrives({});
    assertEquals([under.leaves(), under.controller.losses], [[], []]);
  }
});

Deno.test("timestamps that were agreed on go with every segment, resets too; one without them ends nothing (RFC 7323 3.2-1, 3.2-2, 3.2-4)", () => {
  const under = SocketUnderTest.established({ timestamps: true }, { timestamps: [1000, 1000] });
  under.sends("x".repeat(3000));
  const left = under.leaves();
  under.arrives({ payload: "bare" });
  left.push(...under.leaves());
  assertEquals([under.state, under.received], ["established", "bare"]);
  left.push(...under.pass(5_000_000));
  under.socket.shutdown(under.now);
  under.socket.abort("closed", under.now);
  left.push(...under.leaves());
  assertEquals([left.length > 5, left.at(-1)!.flags, left.filter(({ timestamps }) => !timestamps)], [true, "RA", []]);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../core/wire/address.ts";
import { finishChecksum, internetChecksum } from "../core/wire/checksum.ts";
import { ICMP_ERROR_KINDS, IcmpError } from "../core/wire/icmp.ts";
import { Packet } from "../core/wire/packet.ts";
import { TcpHeader } from "../core/wire/tcp.ts";
import { FramePool } from "../sim/frame.ts";
import { icmpErrorAbout } from "../sim/icmp.ts";
import { icmpKind, readIcmpError, turnIntoEchoReply } from "./icmp.ts";
import { parseIpPacket } from "./ip.ts";

const IP_AT = 16;

/** An IPv4 packet with this ICMP message, its checksums right, as the transport sees it. */
function v4(message: readonly number[], destination = "10.0.0.2"): Packet {
  const packet = new Packet(2048);
  const { view, bytes } = packet;
  view.setUint16(IP_AT, 0x4500);
  view.setUint16(IP_AT + 2, 20 + message.length);
  view.setUint16(IP_AT + 8, 7 << 8 | 1);
  IpAddress.parse("10.0.0.1").writeV4(view, IP_AT + 12);
  IpAddress.parse(destination).writeV4(view, IP_AT + 16);
  view.setUint16(IP_AT + 10, finishChecksum(internetChecksum(bytes, IP_AT, IP_AT + 20)));
  bytes.set(message, IP_AT + 20);
  const end = IP_AT + 20 + message.length;
  view.setUint16(IP_AT + 22, finishChecksum(internetChecksum(bytes, IP_AT + 20, end)));
  assertEquals(parseIpPacket(view, IP_AT, end, packet), "icmp");
  return packet;
}

const REQUEST = [8, 0, 0, 0, 1, 2, 3, 4, 9, 9, 9];

Deno.test("an echo request becomes its reply: ends exchanged, identifier and data kept, checksums right", () => {
  const packet = v4(REQUEST);
  assertEquals(icmpKind(packet, false), "echo-request");
  assert(turnIntoEchoReply(packet, IP_AT));
  const { view, bytes } = packet;
  assertEquals(parseIpPacket(view, IP_AT, packet.end, packet), "icmp");
  assertEquals([packet.source.toString(), packet.destination.toString()], ["10.0.0.2", "10.0.0.1"]);
  assertEquals(internetChecksum(bytes, packet.start, packet.end), 0xffff);
  assertEquals([view.getUint8(IP_AT + 20), ...bytes.subarray(IP_AT + 24, packet.end)], [0, 1, 2, 3, 4, 9, 9, 9]);
  assertEquals(view.getUint8(IP_AT + 8), 64);
});

Deno.test("an echo request to many is not answered", () => {
  assert(!turnIntoEchoReply(v4(REQUEST, "224.0.0.1"), IP_AT));
});

Deno.test("a message with a wrong checksum is malformed, unless it is known to be right", () => {
  const packet = v4(REQUEST);
  packet.bytes[packet.end - 1]! ^= 1;
  assertEquals(icmpKind(packet, false), "malformed");
  assertEquals(icmpKind(packet, true), "echo-request");
});

Deno.test("messages are told apart", () => {
  const rest = [0, 0, 0, 0, 5, 0];
  assertEquals(icmpKind(v4([3, 4, ...rest]), false), "packet-too-big");
  assertEquals(icmpKind(v4([3, 1, ...rest]), false), "unreachable");
  assertEquals(icmpKind(v4([11, 0, ...rest]), false), "time-exceeded");
  assertEquals(icmpKind(v4([12, 0, ...rest]), false), "parameter-problem");
  assertEquals(icmpKind(v4([5, 0, ...rest]), false), "other");
  assertEquals(icmpKind(v4([3, 4, 0]), false), "malformed");
});

// What a Linux 6.18 router answered to a segment from port 40000 to 443, sequence number 0x01020304, of 1480 bytes over
// a link of 1400, and to one without payload on a prohibited route; what is left out are "x".
const LINUX = {
  "too big, IPv4": {
    hex: "45c002409c0900004001c7ef0a0100010a01000203045c90000005784500" +
      "05c8000040004006212a0a0100020a0200029c4001bb0102030405060708501003e811640000",
    length: 576,
    error: { kind: "too-big", mtu: 1400, quotedLength: 1480, local: "10.1.0.2", remote: "10.2.0.2" },
  },
  "prohibited, IPv4": {
    hex: "45c000449c0a00004001c9ea0a0100010a010002030d1115000000004500" +
      "002800004000400626c90a0100020a0300029c4001bb0102030405060708501003e8e9d50000",
    length: 68,
    error: { kind: "prohibited", mtu: 0, quotedLength: 40, local: "10.1.0.2", remote: "10.3.0.2" },
  },
  "too big, IPv6": {
    hex:
      "600fb5fa04d83a40fd010000000000000000000000000001fd0100000000000000000000000000020200cdb9000005786000000005a0" +
      "0640fd010000000000000000000000000002fd0200000000000000000000000000029c4001bb0102030405060708501003e800000000",
    length: 1280,
    error: { kind: "too-big", mtu: 1400, quotedLength: 1480, local: "fd01::2", remote: "fd02::2" },
  },
  "prohibited, IPv6": {
    hex:
      "60046b8400443a40fd010000000000000000000000000001fd0100000000000000000000000000020101a21300000000600000000014" +
      "0640fd010000000000000000000000000002fd0300000000000000000000000000029c4001bb0102030405060708501003e800000000",
    length: 108,
    error: { kind: "prohibited", mtu: 0, quotedLength: 60, local: "fd01::2", remote: "fd03::2" },
  },
};

function plain(error: IcmpError): unknown {
  const { kind, mtu, quotedLength, local, localPort, remote, remotePort, sequence } = error;
  return { kind, mtu, quotedLength, local: `${local}`, localPort, remote: `${remote}`, remotePort, sequence };
}

for (const [name, { hex, length, error }] of Object.entries(LINUX)) {
  Deno.test(`what Linux says is read: ${name}`, () => {
    const packet = new Packet(2048);
    packet.bytes.fill("x".charCodeAt(0));
    packet.bytes.set(hex.match(/../g)!.map((byte) => parseInt(byte, 16)), IP_AT);
    assertEquals(parseIpPacket(packet.view, IP_AT, IP_AT + length, packet), "icmp");
    const kind = icmpKind(packet, false);
    const read = new IcmpError();
    assert(readIcmpError(packet, kind, read));
    assertEquals(plain(read), { ...error, localPort: 40000, remotePort: 443, sequence: 0x01020304 });
  });
}

const SEGMENT = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8];

/** Whether an unreachable that quotes `quoted` is about a segment. */
function isAboutSegment(quoted: readonly number[]): boolean {
  const packet = v4([3, 1, 0, 0, 0, 0, 0, 0, ...quoted]);
  return readIcmpError(packet, icmpKind(packet, false), new IcmpError());
}

Deno.test("what is quoted must be the beginning of a TCP segment", () => {
  const changed = (at: number, value: number) => SEGMENT.map((byte, i) => i === at ? value : byte);
  assert(isAboutSegment(SEGMENT));
  assert(isAboutSegment(changed(6, 0)), "one that may be fragmented, too");
  assert(!isAboutSegment(changed(9, 17)), "UDP");
  assert(!isAboutSegment(changed(7, 1)), "a later fragment");
  assert(!isAboutSegment(changed(0, 0x44)), "a header that is too short");
  assert(!isAboutSegment(changed(0, 0x46)), "options where the ports would be");
  assert(!isAboutSegment(changed(0, 0x65)), "another version");
  for (let length = 0; length < SEGMENT.length; length++) assert(!isAboutSegment(SEGMENT.slice(0, length)));
});

Deno.test("each code means what RFC 1812 and RFC 4443 say, and unknown ones nothing", () => {
  const codes = Array.from({ length: 18 }, (_, code) => {
    const packet = v4([3, code, 0, 0, 0, 0, 0, 0, ...SEGMENT]);
    const error = new IcmpError();
    return readIcmpError(packet, icmpKind(packet, false), error) ? error.kind : null;
  });
  const [network, host] = ["network-unreachable", "host-unreachable"];
  assertEquals(codes, [
    ...[network, host, "protocol-unreachable", "port-unreachable", "too-big", null, network, host, host],
    ...["prohibited", "prohibited", network, host, "prohibited", "prohibited", "prohibited", null, null],
  ]);
});

Deno.test("a request to send slower is no error that anybody hears of (RFC 9293 MUST-55)", () => {
  const sourceQuench = v4([4, 0, 0, 0, 0, 0, 0, 0, ...SEGMENT]);
  assertEquals(icmpKind(sourceQuench, false), "other");
});

const families = fc.constantFrom(["10.0.0.2", "10.0.9.1"] as const, ["fd00::2", "fd00:9::1"] as const);
const kinds = fc.constantFrom(...ICMP_ERROR_KINDS);

Deno.test("what a simulated router says of any segment is read back", () => {
  const pool = new FramePool();
  fc.assert(
    fc.property(families, kinds, fc.nat(1400), fc.integer({ min: 1, max: 65_535 }), (ends, kind, payload, mtu) => {
      const [local, remote] = ends;
      const frame = pool.take();
      frame.source.copy(IpAddress.parse(local));
      frame.destination.copy(IpAddress.parse(remote));
      const header = Object.assign(new TcpHeader(), { sourcePort: 5, destinationPort: 6, sequence: 0xfedcba98 });
      frame.end = header.emit(frame.view, frame.start) + payload;
      frame.seal();
      const answer = icmpErrorAbout(frame, kind, { mtu })!;
      const packet = new Packet(2048);
      assertEquals(parseIpPacket(answer.view, answer.ipStart, answer.end, packet), "icmp");
      assert(answer.verifies() && answer.length <= (packet.source.family === 4 ? 576 : 1280));
      const read = new IcmpError();
      assert(readIcmpError(answer, icmpKind(answer, false), read));
      const quotedLength = frame.length;
      const expected = { kind, mtu: kind === "too-big" ? mtu : 0, quotedLength, local, localPort: 5 };
      assertEquals(plain(read), { ...expected, remote, remotePort: 6, sequence: 0xfedcba98 });
      assertEquals(icmpErrorAbout(answer, kind), null, "no error about an error");
      frame.release();
      answer.release();
    }),
  );
});

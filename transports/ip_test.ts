import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../core/wire/address.ts";
import { MP_CAPABLE } from "../core/wire/mptcp.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { TcpHeader } from "../core/wire/tcp.ts";
import { arbitraryV4, arbitraryV6 } from "../tests/wire/arbitrary.ts";
import { emitIpHeader, fillTcpChecksum, type IpPacketKind, parseIpPacket, verifyTcpChecksum } from "./ip.ts";

// Two SYNs of a Linux 6.18 host, read from a TUN device without offload.
const SYN_V4 = "45000040621440004006c49f0a0100010a010002e0281f90162b03b400000000b002faf075650000" +
  "020405b40402080af20488fc000000000103030a1e040101";
const SYN_V6 = "60051737002c0640fd000001000000000000000000000001fd000001000000000000000000000002" +
  "bf061f900d3acd7100000000b002fd20437d0000020405a00402080a1b4109e0000000000103030a1e040101";

function packetOf(hex: string, at = 20): [packet: Packet, end: number] {
  const packet = new Packet(2048);
  const bytes = hex.match(/../g)!.map((byte) => parseInt(byte, 16));
  packet.bytes.set(bytes, at);
  return [packet, at + bytes.length];
}

/** Parses what stands in the packet itself from 20 on. */
function parse(packet: Packet, end: number, start = 20): IpPacketKind {
  return parseIpPacket(packet.view, start, end, packet);
}

for (
  const [hex, source, destination] of [[SYN_V4, "10.1.0.1", "10.1.0.2"], [SYN_V6, "fd00:1::1", "fd00:1::2"]] as const
) {
  Deno.test(`the SYN of a Linux host, from ${source}`, () => {
    const [packet, end] = packetOf(hex);
    assertEquals(parse(packet, end), "tcp");
    assertEquals([packet.source.toString(), packet.destination.toString(), packet.ecn], [source, destination, 0]);
    assert(verifyTcpChecksum(packet));
    const header = new TcpHeader();
    assert(header.parse(packet.view, packet.start, packet.end));
    assertEquals([header.destinationPort, header.options.mptcp.present], [8080, MP_CAPABLE]);

    const checksum = packet.view.getUint16(packet.start + 16);
    fillTcpChecksum(packet);
    assertEquals(packet.view.getUint16(packet.start + 16), checksum);
    packet.bytes[packet.end - 1]! ^= 1;
    assertFalse(verifyTcpChecksum(packet));
  });
}

Deno.test("the IPv4 header that Linux wrote is written again, but for the identification", () => {
  const [packet, end] = packetOf(SYN_V4, 44);
  assertEquals(parse(packet, end, 44), "tcp");
  const captured = packet.bytes.slice(44, end);
  assertEquals(emitIpHeader(packet, "full"), 44);
  // The identification moves into the checksum: 0x6214 + 0xc49f with end-around carry.
  captured.set([0, 0], 4);
  captured.set([0x26, 0xb4], 10);
  assertEquals(packet.bytes.slice(44, end), captured);
});

const addresses = fc.oneof(fc.tuple(arbitraryV4, arbitraryV4), fc.tuple(arbitraryV6, arbitraryV6));
const payload = fc.uint8Array({ maxLength: 300 });

function segment(source: string, destination: string, content: Uint8Array, ecn = 0): Packet {
  const packet = new Packet(1024);
  packet.source.copy(IpAddress.parse(source));
  packet.destination.copy(IpAddress.parse(destination));
  packet.ecn = ecn;
  const start = new TcpHeader().emit(packet.view, packet.start);
  packet.bytes.set(content, start);
  packet.end = start + content.length;
  return packet;
}

Deno.test("parse undoes emit, cuts trailing padding, and the checksum verifies (RFC 9293 MUST-2, SHLD-22)", () => {
  const fields = fc.record({ ecn: fc.nat(3), dscp: fc.nat(63), hopLimit: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(addresses, payload, fields, fc.nat(20), ([from, to], content, { ecn, dscp, hopLimit }, padding) => {
      const sent = Object.assign(segment(from, to, content), { ecn, dscp, hopLimit });
      const start = emitIpHeader(sent, "full");
      assertEquals(sent.start - start, sent.source.family === 4 ? 20 : 40);
      const received = new Packet(1024);
      received.segmentSize = 1400;
      received.bytes.set(sent.bytes.subarray(start, sent.end), 7);
      const end = 7 + sent.end - start;
      assertEquals(parse(received, end + padding, 7), "tcp");
      assertEquals([received.start, received.end], [7 + sent.start - start, end]);
      assert(received.source.equals(sent.source) && received.destination.equals(sent.destination));
      assertEquals([received.ecn, received.dscp, received.hopLimit], [ecn, dscp, hopLimit]);
      assertEquals(received.segmentSize, 0);
      assert(verifyTcpChecksum(received));
    }),
  );
});

Deno.test("a flipped bit anywhere in segment or addresses is found (RFC 9293 MUST-3)", () => {
  fc.assert(fc.property(addresses, payload, fc.nat(), fc.nat(7), ([from, to], content, position, bit) => {
    const packet = segment(from, to, content);
    fillTcpChecksum(packet);
    assert(verifyTcpChecksum(packet));
    packet.bytes[packet.start + position % (packet.end - packet.start)]! ^= 1 << bit;
    assertFalse(verifyTcpChecksum(packet));
    fillTcpChecksum(packet);
    packet.source.d ^= 1 << position % 32;
    assertFalse(verifyTcpChecksum(packet));
  }));
});

Deno.test("the partial checksum is completed by summing the segment over it", () => {
  fc.assert(fc.property(addresses, payload, ([from, to], content) => {
    const packet = segment(from, to, content);
    emitIpHeader(packet, "partial");
    // What an offloading device does: one's complement sum from the TCP header on, complemented into the field.
    let sum = 0;
    for (let i = packet.start; i < packet.end; i++) sum += packet.bytes[i]! << ((i - packet.start) % 2 === 0 ? 8 : 0);
    packet.view.setUint16(packet.start + 16, 0xffff - (sum % 0xffff || 0xffff));
    assert(verifyTcpChecksum(packet));
    emitIpHeader(packet, "none");
    assertEquals(packet.view.getUint16(packet.start + 16), 0);
  }));
});

Deno.test("misuse throws", () => {
  const packet = new Packet(0x2_0000);
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  packet.destination.copy(IpAddress.parse("::1"));
  assertThrows(() => emitIpHeader(packet, "none"), TypeError, "two families");
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  packet.end = HEADROOM + 0xffff - 20;
  emitIpHeader(packet, "none");
  packet.end++;
  assertThrows(() => emitIpHeader(packet, "none"), RangeError, "Cannot emit IP header");
});

/** An IPv4 packet from 10.1.0.1 to 10.1.0.2 with some bytes of the header changed and its checksum right. */
function changedV4(changes: Record<number, number>): [Packet, number] {
  const [packet, end] = packetOf(SYN_V4);
  for (const [at, byte] of Object.entries(changes)) packet.bytes[20 + Number(at)] = byte;
  const length = (packet.bytes[20]! & 15) * 4;
  packet.view.setUint16(30, 0);
  let sum = 0;
  for (let i = 20; i < 20 + length; i += 2) sum += packet.view.getUint16(i);
  packet.view.setUint16(30, 0xffff - (sum % 0xffff || 0xffff));
  return [packet, end];
}

Deno.test("IPv4: options are skipped, fragments and other protocols told apart (RFC 9293 MUST-50)", () => {
  assertEquals(parse(...changedV4({})), "tcp");
  const [packet, end] = changedV4({ 0: 0x47 });
  assertEquals(parse(packet, end), "tcp");
  assertEquals(packet.start, 48);
  assertEquals(parse(...changedV4({ 6: 0x20 })), "fragment");
  assertEquals(parse(...changedV4({ 7: 0x01 })), "fragment");
  assertEquals(parse(...changedV4({ 6: 0x00 })), "tcp");
  assertEquals(parse(...changedV4({ 9: 1 })), "icmp");
  assertEquals(parse(...changedV4({ 9: 17 })), "other");
  assertEquals(parse(...changedV4({ 9: 58 })), "other");
  assertEquals(parse(...changedV4({ 1: 0xb9 })), "tcp");
});

Deno.test("IPv4: what is not a whole packet is malformed", () => {
  assertEquals(parse(...changedV4({ 0: 0x44 })), "malformed");
  assertEquals(parse(...changedV4({ 0: 0x55 })), "malformed");
  assertEquals(parse(...changedV4({ 3: 0x41 })), "malformed");
  assertEquals(parse(...changedV4({ 3: 0x13 })), "malformed");
  const [packet, end] = packetOf(SYN_V4);
  packet.bytes[30]! ^= 1;
  assertEquals(parse(packet, end), "malformed");
  assertEquals(parseIpPacket(packet.view, 20, 20, packet), "malformed");
});

/** The IPv6 SYN with extension headers in front of TCP. */
function extended(first: number, extensions: readonly number[]): [Packet, number] {
  const [packet, end] = packetOf(SYN_V6);
  packet.bytes.copyWithin(60 + extensions.length, 60, end);
  packet.bytes.set(extensions, 60);
  packet.bytes[26] = first;
  packet.view.setUint16(24, 44 + extensions.length);
  return [packet, end + extensions.length];
}

Deno.test("IPv6: extension headers are skipped", () => {
  const hopByHop = [60, 0, 1, 4, 0, 0, 0, 0];
  const destination = [43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const routing = [44, 0, 4, 0, 0, 0, 0, 0];
  const atomicFragment = [51, 0, 0, 0, 1, 2, 3, 4];
  const authentication = [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const chain = [...hopByHop, ...destination, ...routing, ...atomicFragment, ...authentication];
  const [packet, end] = extended(0, chain);
  assertEquals(parse(packet, end), "tcp");
  assertEquals([packet.start, packet.end], [60 + chain.length, end]);
  assert(verifyTcpChecksum(packet));
  for (let cut = 20; cut < end; cut++) {
    assertEquals(parse(packet, cut), "malformed");
    // The same, with a payload length that fits: too short a chain is malformed, too short a segment TCP's affair.
    if (cut < 60) continue;
    packet.view.setUint16(24, cut - 60);
    const exact = new DataView(packet.bytes.buffer, 0, cut);
    assertEquals(parseIpPacket(exact, 20, cut, packet), cut < 60 + chain.length ? "malformed" : "tcp");
    packet.view.setUint16(24, end - 60);
  }
});

Deno.test("IPv6: fragments, routes not yet at their end, and other protocols are told apart", () => {
  assertEquals(parse(...extended(44, [6, 0, 0, 1, 0, 0, 0, 0])), "fragment");
  assertEquals(parse(...extended(44, [6, 0, 0, 8, 0, 0, 0, 0])), "fragment");
  assertEquals(parse(...extended(43, [6, 0, 4, 1, 0, 0, 0, 0])), "other");
  assertEquals(parse(...extended(0, [58, 0, 0, 0, 0, 0, 0, 0])), "icmp");
  assertEquals(parse(...extended(58, [])), "icmp");
  assertEquals(parse(...extended(59, [])), "other");
  assertEquals(parse(...extended(1, [])), "other");
  assertEquals(parse(...extended(17, [])), "other");
});

Deno.test("IPv6: a mapped IPv4 address on the wire is malformed", () => {
  const [packet, end] = packetOf(SYN_V6);
  packet.source.copy(IpAddress.parse("192.0.2.1"));
  packet.source.writeV6(packet.view, 28);
  assertEquals(parse(packet, end), "malformed");
});

Deno.test("random bytes never throw, and what is found lies within them", () => {
  const packet = new Packet(256);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x46, 0x60, 0x00), (bytes, first) => {
      if (bytes.length > 0 && first !== 0) bytes[0] = first;
      if (first === 0x60 && bytes.length > 40) bytes.set([0, bytes.length - 40, bytes[6]! & 1 ? 0 : 60], 4);
      packet.bytes.set(bytes, 64);
      const kind = parseIpPacket(packet.view, 64, 64 + bytes.length, packet);
      if (kind === "malformed") return;
      assert(packet.start >= 64 + 20 && packet.start <= packet.end && packet.end <= 64 + bytes.length);
      verifyTcpChecksum(packet);
    }),
    { numRuns: 3000 },
  );
});

import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { finishChecksum, internetChecksum } from "../core/wire/checksum.ts";
import { Packet } from "../core/wire/packet.ts";
import { icmpKind, turnIntoEchoReply } from "./icmp.ts";
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

Deno.test("errors are told apart", () => {
  const rest = [0, 0, 0, 0, 5, 0];
  assertEquals(icmpKind(v4([3, 4, ...rest]), false), "packet-too-big");
  assertEquals(icmpKind(v4([3, 1, ...rest]), false), "unreachable");
  assertEquals(icmpKind(v4([11, 0, ...rest]), false), "other");
  assertEquals(icmpKind(v4([3, 4, 0]), false), "malformed");
});

import { assert, assertEquals } from "@std/assert";
import { Packet } from "../../core/wire/packet.ts";
import { IpAddress } from "../../core/wire/address.ts";
import { ACK, CWR } from "../../core/wire/tcp.ts";
import { emitIpHeader } from "../ip.ts";
import { clearVirtioHeader, emitVirtioHeader, isChecksumTrusted, readSegmentSize } from "./virtio.ts";

function packetOf(source: string, destination: string, segmentSize: number): Packet {
  const packet = new Packet(4096);
  packet.source.copy(IpAddress.parse(source));
  packet.destination.copy(IpAddress.parse(destination));
  // A TCP header of 32 bytes.
  packet.view.setUint8(packet.start + 12, 8 << 4);
  packet.end = packet.start + 32 + 2000;
  packet.segmentSize = segmentSize;
  return packet;
}

Deno.test("a super-segment over IPv4 is left to the kernel with its header's length, segment size and checksum", () => {
  const packet = packetOf("10.0.0.1", "10.0.0.2", 1000);
  const at = emitVirtioHeader(packet, emitIpHeader(packet, "partial"));
  assertEquals([...packet.bytes.subarray(at, at + 10)], [1, 1, 52, 0, 0xe8, 3, 20, 0, 16, 0]);
  assert(isChecksumTrusted(packet.view, at));
  assertEquals(readSegmentSize(packet.view, at), 1000);
});

Deno.test("a super-segment that tells of a reduced window is to tell so once", () => {
  for (const [segmentSize, type] of [[1000, 0x84], [0, 0]] as const) {
    const packet = packetOf("fd00::1", "fd00::2", segmentSize);
    packet.view.setUint8(packet.start + 13, ACK | CWR);
    const at = emitVirtioHeader(packet, emitIpHeader(packet, "partial"));
    assertEquals(packet.view.getUint8(at + 1), type);
    assertEquals(readSegmentSize(packet.view, at), segmentSize);
  }
});

Deno.test("a single segment over IPv6 leaves the checksum alone to the kernel", () => {
  const packet = packetOf("fd00::1", "fd00::2", 0);
  const at = emitVirtioHeader(packet, emitIpHeader(packet, "partial"));
  assertEquals([...packet.bytes.subarray(at, at + 10)], [1, 0, 72, 0, 0, 0, 40, 0, 16, 0]);
  assertEquals(readSegmentSize(packet.view, at), 0);
});

Deno.test("a cleared header leaves nothing to the other side, and one marked valid is trusted", () => {
  const view = new DataView(new ArrayBuffer(16).transfer(16));
  for (let i = 0; i < 16; i++) view.setUint8(i, 0xff);
  clearVirtioHeader(view, 2);
  assert(!isChecksumTrusted(view, 2));
  assertEquals([view.getUint8(1), view.getUint8(11), view.getUint8(12)], [0xff, 0, 0xff]);
  view.setUint8(2, 2);
  assert(isChecksumTrusted(view, 2));
});

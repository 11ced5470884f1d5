import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { ACK, CWR, FIN, PSH, TcpHeader } from "../core/wire/tcp.ts";
import { fillTcpChecksum } from "./ip.ts";
import { copySegment, segmentCount, SegmentCutter, segmentLength } from "./segmentation.ts";

function superSegment(payload: number, segmentSize: number, sequence: number, flags: number): Packet {
  const header = new TcpHeader();
  const packet = new Packet(HEADROOM + 60 + payload);
  header.sequence = sequence;
  header.flags = flags;
  header.options.hasTimestamp = true;
  header.options.timestampValue = 7;
  const at = header.emit(packet.view, packet.start);
  for (let i = 0; i < payload; i++) packet.bytes[at + i] = i * 31;
  packet.end = at + payload;
  packet.segmentSize = segmentSize;
  packet.ecn = 2;
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  return packet;
}

Deno.test("the segments of a super-segment carry its bytes under consecutive sequence numbers, its end on the last", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 2000 }), (payload, segmentSize) => {
      const sequence = 0xffff_ff00;
      const whole = superSegment(payload, segmentSize, sequence, ACK | PSH | FIN | CWR);
      const header = new TcpHeader();
      const part = new Packet(HEADROOM + 60 + segmentSize);
      const bytes: number[] = [];
      const count = segmentCount(whole);
      for (let i = 0; i < count; i++) {
        part.reset();
        copySegment(whole, i, part);
        assertEquals(part.end - part.start, segmentLength(whole, i));
        header.parse(part.view, part.start, part.end);
        assertEquals(header.sequence, (sequence + bytes.length) >>> 0);
        assertEquals(header.flags, ACK | (i === 0 ? CWR : 0) | (i === count - 1 ? PSH | FIN : 0));
        assertEquals([header.options.timestampValue, part.ecn, `${part.source}`], [7, 2, "10.0.0.1"]);
        bytes.push(...part.bytes.subarray(header.payloadStart, header.payloadEnd));
      }
      assertEquals(bytes, Array.from({ length: payload }, (_, i) => i * 31 & 0xff));
    }),
  );
});

Deno.test("what is no super-segment is one segment, with or without payload", () => {
  for (const payload of [0, 700]) {
    const whole = superSegment(payload, 0, 5, ACK | FIN);
    const part = new Packet(HEADROOM + 60 + payload);
    assertEquals(segmentCount(whole), 1);
    copySegment(whole, 0, part);
    assertEquals(part.bytes.subarray(part.start, part.end), whole.bytes.subarray(whole.start, whole.end));
  }
});

Deno.test("what the cutter gives is what copies of the segments are, wherever the payload lies", () => {
  const cutter = new SegmentCutter();
  const payload = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(payload, fc.integer({ min: 1, max: 1500 }), fc.array(fc.nat(5000)), (length, segmentSize, cuts) => {
      const whole = superSegment(length, segmentSize, 0xffff_f000, ACK | PSH | FIN | CWR);
      const scattered = superSegment(0, segmentSize, 0xffff_f000, ACK | PSH | FIN | CWR);
      const payload = whole.bytes.slice(scattered.end, whole.end);
      const bounds = [0, ...cuts.filter((cut) => cut < length).sort((a, b) => a - b), length];
      // The first part is in the packet itself, as far as there is room for it.
      const inside = Math.min(bounds[1]!, 28);
      scattered.bytes.set(payload.subarray(0, inside), scattered.end);
      scattered.end += inside;
      scattered.pieces.add(payload, inside, bounds[1]! - inside);
      for (let i = 1; i + 1 < bounds.length; i++) {
        scattered.pieces.add(payload.slice(), bounds[i]!, bounds[i + 1]! - bounds[i]!);
      }
      cutter.begin(scattered);
      const { segment } = cutter;
      const copy = new Packet(HEADROOM + 60 + segmentSize);
      const joined = new Packet(HEADROOM + 60 + segmentSize);
      for (let i = 0; i < segmentCount(whole); i++) {
        copy.reset();
        copySegment(whole, i, copy);
        assertEquals(cutter.next(), true);
        fillTcpChecksum(segment);
        fillTcpChecksum(copy);
        joined.reset();
        joined.bytes.set(segment.bytes.subarray(segment.start, segment.end), joined.start);
        joined.end = joined.start + (segment.end - segment.start);
        segment.pieces.copyTo(joined.bytes, joined.end);
        joined.end += segment.pieces.length;
        assertEquals(joined.bytes.subarray(0, joined.end), copy.bytes.subarray(0, copy.end));
        assertEquals([segment.ecn, `${segment.source}`, segment.tcpLength], [2, "10.0.0.1", segmentLength(whole, i)]);
      }
      assertEquals(cutter.next(), false);
    }),
  );
});

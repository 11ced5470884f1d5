import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { ACK, CWR, FIN, PSH, TcpHeader } from "../core/wire/tcp.ts";
import { copySegment, segmentCount, segmentLength } from "./segmentation.ts";

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

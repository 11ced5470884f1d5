import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Packet } from "./packet.ts";
import { Pieces } from "./pieces.ts";
import { ACK, CWR, PSH, TcpHeader } from "./tcp.ts";

Deno.test("pieces are copied in order, and only those added since the last clear", () => {
  const ranges = fc.array(fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 10 })), { maxLength: 8 });
  const pieces = new Pieces();
  const source = Uint8Array.from({ length: 100 }, (_, i) => i);
  fc.assert(fc.property(ranges, (list) => {
    pieces.clear();
    for (const [start, length] of list) pieces.add(source, start, length);
    const expected = list.flatMap(([start, length]) => [...source.subarray(start, start + length)]);
    const into = new Uint8Array(90).fill(255);
    pieces.copyTo(into, 3);
    assertEquals([pieces.count, pieces.length], [list.length, expected.length]);
    assertEquals([...into.subarray(3, 3 + expected.length)], expected);
    assertEquals([into[2], into[3 + expected.length]], [255, 255]);
  }));
});

Deno.test("a packet that is gathered has its payload behind the header, and is left as it is the second time", () => {
  const packet = new Packet(200);
  packet.end = packet.start + 2;
  packet.bytes.set([1, 2], packet.start);
  packet.pieces.add(Uint8Array.of(0, 3, 4, 5), 1, 2);
  packet.pieces.add(Uint8Array.of(9), 0, 1);
  for (let i = 0; i < 2; i++) {
    packet.gather();
    assertEquals([...packet.bytes.subarray(packet.start, packet.end)], [1, 2, 3, 4, 9]);
    assertEquals(packet.pieces.count, 0);
  }
  packet.pieces.add(Uint8Array.of(7), 0, 1);
  packet.reset();
  assertEquals(packet.pieces.length, 0);
});

Deno.test("what has left of the payload is taken out, from here and from the pieces", () => {
  const header = new TcpHeader();
  const cases = fc.record({
    here: fc.nat(20),
    pieces: fc.array(fc.nat(9), { maxLength: 5 }),
    hasTimestamp: fc.boolean(),
    part: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(fc.property(cases, ({ here, pieces, hasTimestamp, part }) => {
    const packet = new Packet(200);
    header.flags = ACK | CWR | PSH;
    header.sequence = 0xffff_fffe;
    header.options.hasTimestamp = hasTimestamp;
    packet.end = header.emit(packet.view, packet.start);
    let next = 0;
    for (let i = 0; i < here; i++) packet.bytes[packet.end++] = next++;
    for (const length of pieces) {
      packet.pieces.add(Uint8Array.from({ length: length + 3 }, (_, i) => next + i - 2), 2, length);
      next += length;
    }
    packet.segmentSize = 10;
    const bytes = Math.floor(next * part / 100);
    packet.dropPayload(bytes);
    const expected = Array.from({ length: next - bytes }, (_, i) => bytes + i);
    assertEquals(packet.segmentSize, next - bytes > 10 ? 10 : 0);
    packet.gather();
    assert(header.parse(packet.view, packet.start, packet.end));
    assertEquals([...packet.bytes.subarray(header.payloadStart, header.payloadEnd)], expected);
    assertEquals([header.sequence, header.flags, header.options.hasTimestamp], [
      (0xffff_fffe + bytes) % 2 ** 32,
      ACK | PSH,
      hasTimestamp,
    ]);
  }));
});

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { arbitraryOptions, arbitraryUint16, arbitraryUint32, arbitraryUint8 } from "../../tests/wire/arbitrary.ts";
import { readOptionsModel, writeOptionsModel } from "../../tests/wire/model.ts";
import { Packet } from "./packet.ts";
import { ACK, PSH, SYN, TcpHeader } from "./tcp.ts";

const fields = fc.record({
  sourcePort: arbitraryUint16,
  destinationPort: arbitraryUint16,
  sequence: arbitraryUint32,
  acknowledgment: arbitraryUint32,
  flags: arbitraryUint8,
  window: arbitraryUint16,
});

function readFields(from: TcpHeader): Record<string, number> {
  const { sourcePort, destinationPort, sequence, acknowledgment, flags, window } = from;
  return { sourcePort, destinationPort, sequence, acknowledgment, flags, window };
}

Deno.test("a header written by hand", () => {
  const bytes = new Uint8Array([
    ...[
      0x1f,
      0x90,
      0xe0,
      0x28,
      0xfe,
      0xdc,
      0xba,
      0x98,
      0x89,
      0xab,
      0xcd,
      0xef,
      0x60,
      0x12,
      0xfa,
      0xf0,
      0xff,
      0xff,
      0,
      0,
    ],
    ...[0x02, 0x04, 0x05, 0xb4],
    ...[1, 2, 3],
  ]);
  const header = new TcpHeader();
  assert(header.parse(new DataView(bytes.buffer), 0, bytes.length));
  assertEquals(readFields(header), {
    sourcePort: 8080,
    destinationPort: 57384,
    sequence: 0xfedcba98,
    acknowledgment: 0x89abcdef,
    flags: SYN | ACK,
    window: 64240,
  });
  assertEquals([header.headerLength, header.payloadStart, header.payloadEnd], [24, 24, 27]);
  assertEquals(header.options.maximumSegmentSize, 1460);

  const again = new Uint8Array(24).fill(0xee);
  assertEquals(header.emit(new DataView(again.buffer), 0), 24);
  const expected = bytes.slice(0, 24);
  expected.fill(0, 16, 20);
  assertEquals(again, expected);
});

Deno.test("parse undoes emit for every header", () => {
  const packet = new Packet(256);
  const emitted = new TcpHeader();
  const parsed = new TcpHeader();
  fc.assert(
    fc.property(fields, arbitraryOptions, fc.nat(40), (values, options, payload) => {
      Object.assign(emitted, values);
      writeOptionsModel(options, emitted.options);
      const payloadStart = emitted.emit(packet.view, packet.start);
      packet.end = payloadStart + payload;
      assert(parsed.parse(packet.view, packet.start, packet.end));
      assertEquals(readFields(parsed), values);
      assertEquals(readOptionsModel(parsed.options), options);
      assertEquals([parsed.payloadStart, parsed.payloadEnd], [payloadStart, packet.end]);
      assertEquals(parsed.headerLength, emitted.headerLength);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("reserved bits are ignored", () => {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint16(12, 0x5f00 | PSH | ACK);
  const header = new TcpHeader();
  assert(header.parse(view, 0, 20));
  assertEquals(header.flags, PSH | ACK);
});

Deno.test("a data offset below 5 or behind the end is malformed", () => {
  const view = new DataView(new ArrayBuffer(40));
  const header = new TcpHeader();
  for (let words = 0; words < 16; words++) {
    view.setUint8(12, words << 4);
    assertEquals(header.parse(view, 0, 40), words >= 5 && words <= 10, `${words} words`);
  }
});

Deno.test("a header cut short is malformed, at every length", () => {
  const packet = new Packet(256);
  const header = new TcpHeader();
  fc.assert(fc.property(fields, arbitraryOptions, (values, options) => {
    Object.assign(header, values);
    writeOptionsModel(options, header.options);
    const end = header.emit(packet.view, packet.start);
    for (let cut = packet.start; cut < end; cut++) assertFalse(header.parse(packet.view, packet.start, cut));
  }));
});

Deno.test("random bytes never throw", () => {
  const header = new TcpHeader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      header.parse(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    }),
    { numRuns: 2000 },
  );
});

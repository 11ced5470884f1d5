import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import { datagramLength, emitDatagram, parseDatagram, SHORTEST_DATAGRAM, UDP_HEADER_LENGTH } from "./format.ts";

const PORTS = { source: 40000, destination: 443 };

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/** A packet with `bytes` where a datagram is received. */
function received(bytes: Uint8Array): [packet: Packet, at: number, end: number] {
  const packet = new Packet(HEADROOM + UDP_HEADER_LENGTH + bytes.length);
  const at = HEADROOM + UDP_HEADER_LENGTH;
  packet.bytes.set(bytes, at);
  return [packet, at, at + bytes.length];
}

function datagramOf(packet: Packet): Uint8Array {
  const view = new DataView(new ArrayBuffer(datagramLength(packet) + 5));
  assertEquals(emitDatagram(packet, view, 5), view.byteLength - 5);
  return new Uint8Array(view.buffer, 5);
}

// By hand, from the figure of the draft: first what TCP has at 12 to 15, then 4 to 7, then 8 to 11, then the rest.
const VECTORS: Record<string, readonly [tcp: string, udp: string]> = {
  "a SYN with MSS": [
    "9c4001bb 11223344 00000000 6002ffff 00000000 020405b4",
    "6002ffff 11223344 00000000 020405b4",
  ],
  "data with PSH": [
    "9c4001bb 00000001 fffffffe 50180100 00000000 68656c6c6f",
    "50180100 00000001 fffffffe 68656c6c6f",
  ],
  "ECE and CWR stay": [
    "9c4001bb 0a0b0c0d 01020304 50d20001 00000000",
    "50d20001 0a0b0c0d 01020304",
  ],
};

for (const [name, [tcp, udp]] of Object.entries(VECTORS)) {
  Deno.test(`the bytes of the draft: ${name}`, () => {
    const bytes = hex(tcp);
    const packet = new Packet(HEADROOM + bytes.length);
    packet.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    assertEquals(datagramOf(packet), hex(udp));
    assertEquals(packet.bytes.subarray(packet.start, packet.end), bytes, "the segment stays as it is");

    const [back, at, end] = received(hex(udp));
    assert(parseDatagram(back, at, end, PORTS));
    assertEquals(back.bytes.subarray(back.start, back.end), bytes);
  });
}

Deno.test("urgent data is not spoken of", () => {
  const [packet, at, end] = received(hex("50300100 00000001 00000002"));
  assert(parseDatagram(packet, at, end, PORTS));
  const header = new TcpHeader();
  assert(header.parse(packet.view, packet.start, packet.end));
  assertEquals(header.flags, 0x10);
});

Deno.test("what is too short, or says that its header is, carries no segment", () => {
  for (
    const text of [
      "",
      "501001000000000100",
      "40100100 00000001 00000002",
      "60100100 00000001 00000002",
      "f0".repeat(50),
    ]
  ) {
    const [packet, at, end] = received(hex(text));
    assertEquals(parseDatagram(packet, at, end, PORTS), false, text);
  }
});

Deno.test("any segment comes back as it was, its payload in pieces or not", () => {
  const bytes = (max: number) => fc.uint8Array({ maxLength: max });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat(10),
      bytes(2000),
      bytes(900),
      (head, words, here, there) => {
        const packet = new Packet(HEADROOM + 3000);
        const options = new Uint8Array(4 * words).fill(1);
        head.set([0, 0, 0, 0], 16);
        head.set(hex("9c4001bb"));
        head[12] = (5 + words) << 4;
        head[13]! &= ~0x20;
        packet.bytes.set([...head, ...options, ...here], packet.start);
        packet.end = packet.start + head.length + options.length + here.length;
        packet.pieces.add(there as Uint8Array<ArrayBuffer>, 0, there.length);
        const datagram = datagramOf(packet);
        assertEquals(datagram.length, 20 + options.length + here.length + there.length - UDP_HEADER_LENGTH);
        assert(datagram.length >= SHORTEST_DATAGRAM);
        const [back, at, end] = received(datagram);
        assert(parseDatagram(back, at, end, PORTS));
        packet.gather();
        assertEquals(back.bytes.subarray(back.start, back.end), packet.bytes.subarray(packet.start, packet.end));
      },
    ),
  );
});

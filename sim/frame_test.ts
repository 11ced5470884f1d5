import { assert, assertEquals, assertThrows } from "@std/assert";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { makeFrame } from "../tests/frames.ts";
import { parseIpPacket, verifyTcpChecksum } from "../transports/ip.ts";
import type { Frame } from "./frame.ts";
import { Simulator } from "./simulator.ts";

const families = [
  { source: "10.0.0.1", destination: "10.0.0.2" },
  { source: "fd00::1", destination: "fd00::2" },
];

/** Reads the frame as a receiver that knows nothing but the bytes. */
function read(frame: Frame): Packet {
  const packet = new Packet(2048);
  packet.bytes.set(frame.bytes.subarray(frame.ipStart, frame.end), HEADROOM);
  assertEquals(parseIpPacket(packet.view, HEADROOM, HEADROOM + frame.length, packet), "tcp");
  return packet;
}

for (const addresses of families) {
  const name = addresses.source;

  Deno.test(`the bytes of a frame are an IP packet whose checksum is right once it is filled in: ${name}`, () => {
    const frame = makeFrame(new Simulator(), { ...addresses, payload: 333, ecn: 2 });
    assert(frame.verifies());
    assert(!verifyTcpChecksum(read(frame)));
    frame.fillChecksum();
    const packet = read(frame);
    assert(verifyTcpChecksum(packet));
    assertEquals(packet.source.toString(), addresses.source);
    assertEquals(packet.ecn, 2);
  });

  Deno.test(`hops and congestion marks leave the header right: ${name}`, () => {
    const frame = makeFrame(new Simulator(), { ...addresses, ecn: 1 });
    for (let i = 0; i < 63; i++) {
      assert(frame.hop());
      read(frame);
    }
    assert(!frame.hop());
    assert(frame.markCongestion());
    assertEquals(read(frame).ecn, 3);
    assert(!makeFrame(new Simulator(), addresses).markCongestion());
  });

  Deno.test(`a change on the way keeps a good segment good and a damaged one damaged: ${name}`, () => {
    for (const isIntact of [true, false]) {
      const frame = makeFrame(new Simulator(), addresses);
      frame.hop();
      frame.fillChecksum();
      if (!isIntact) {
        frame.bytes[frame.end - 1]! ^= 1;
        frame.isIntact = false;
      }
      frame.view.setUint16(frame.start, 1234);
      frame.reseal();
      frame.fillChecksum();
      assertEquals(verifyTcpChecksum(read(frame)), isIntact);
      assertEquals(frame.view.getUint8(frame.ipStart + (addresses.source.includes(":") ? 7 : 8)), 63);
    }
  });
}

Deno.test("frames are used again, and released once", () => {
  const sim = new Simulator();
  const frame = makeFrame(sim);
  frame.release();
  assertThrows(() => frame.release(), Error, "released before");
  assert(makeFrame(sim) === frame);
  const large = sim.frames.take(9000);
  assert(large.bytes.length >= 9000);
  large.release();
  assertEquals([sim.frames.inUse, sim.frames.free], [1, 1]);
  assertThrows(() => sim.frames.take(70_000), RangeError, "at most 65,535");
});

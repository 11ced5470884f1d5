import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PcapngWriter } from "./pcapng.ts";

interface Block {
  readonly type: number;
  readonly view: DataView;
}

/** Reads what every block has: type, length at both ends. */
function blocksOf(pieces: readonly Uint8Array[]): Block[] {
  const blocks: Block[] = [];
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4, true);
    assertEquals(length % 4, 0);
    assertEquals(view.getUint32(at + length - 4, true), length);
    blocks.push({ type: view.getUint32(at, true), view: new DataView(bytes.buffer, at, length) });
    at += length;
  }
  return blocks;
}

Deno.test("every packet is there with its time and direction, in whole blocks", () => {
  const packet = fc.record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 70_000, size: "max" }),
    time: fc.integer({ min: 0, max: 2 ** 52 }),
    direction: fc.constantFrom("in" as const, "out" as const, undefined),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 6, size: "max" }), (packets) => {
      const pieces: Uint8Array[] = [];
      const writer = new PcapngWriter((bytes) => pieces.push(bytes));
      writer.addInterface({ name: "a", description: "the first" });
      const id = writer.addInterface({ name: "wifi ↑" });
      for (const { bytes, time, direction } of packets) writer.writePacket(id, time, bytes, 0, bytes.length, direction);
      writer.flush();
      const blocks = blocksOf(pieces);
      assertEquals(blocks.map(({ type }) => type), [0x0a0d0d0a, 1, 1, ...packets.map(() => 6)]);
      for (const [i, { bytes, time, direction }] of packets.entries()) {
        const { view } = blocks[3 + i]!;
        assertEquals(view.getUint32(8, true), 1);
        assertEquals(view.getUint32(12, true) * 2 ** 32 + view.getUint32(16, true), time);
        assertEquals(view.getUint32(20, true), bytes.length);
        assertEquals(new Uint8Array(view.buffer, view.byteOffset + 28, bytes.length), bytes);
        const flags = view.getUint32(28 + ((bytes.length + 3) & ~3) + 4, true);
        assertEquals(flags, direction === undefined ? 0 : direction === "in" ? 1 : 2);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("a packet on an interface that was not added is refused", () => {
  const writer = new PcapngWriter(() => {});
  assertThrows(() => writer.writePacket(0, 0, new Uint8Array(20), 0, 20), RangeError, "addInterface() first");
});

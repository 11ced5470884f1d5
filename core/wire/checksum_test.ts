import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { addChecksumAt, dssChecksumPseudoHeader, finishChecksum, foldChecksum, internetChecksum } from "./checksum.ts";
import { Uint64 } from "./seq.ts";

/** RFC 1071 section 1 word by word, end-around carry at each. */
function naive(bytes: readonly number[], initial = 0): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

const content = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
  fc.uint8Array({ minLength: 80, maxLength: 600 }).map((bytes) => [...bytes]),
  fc.tuple(fc.constantFrom(0, 0xff), fc.integer({ min: 0, max: 600 })).map(([byte, n]) => Array<number>(n).fill(byte)),
);

Deno.test("the example of RFC 1071 section 3", () => {
  const bytes = new Uint8Array([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
  assertEquals(internetChecksum(bytes, 0, 8), 0xddf2);
  assertEquals(finishChecksum(internetChecksum(bytes, 0, 8)), 0x220d);
});

Deno.test("every length and alignment agrees with the word-by-word sum", () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }), (bytes, base, start) => {
      const storage = new Uint8Array(base + start + bytes.length + 5).fill(0xa5);
      const view = storage.subarray(base);
      view.set(bytes, start);
      assertEquals(internetChecksum(view, start, start + bytes.length), naive(bytes));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("sums chain over parts of even length", () => {
  fc.assert(fc.property(content, content, fc.integer({ min: 0, max: 0xffff }), (first, last, initial) => {
    const even = first.length % 2 === 0 ? first : first.slice(1);
    const bytes = new Uint8Array([...even, ...last]);
    const chained = internetChecksum(
      bytes,
      even.length,
      bytes.length,
      internetChecksum(bytes, 0, even.length, initial),
    );
    assertEquals(chained, naive([...bytes], initial));
  }));
});

Deno.test("addChecksumAt joins parts of any length in any order", () => {
  const parts = fc.array(content, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      parts.chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray(list.map((_, i) => i), { minLength: list.length }),
        )
      ),
      ([list, order]) => {
        let sum = 0;
        for (const i of order) {
          const offset = list.slice(0, i).reduce((total, part) => total + part.length, 0);
          const part = new Uint8Array(list[i]!);
          sum = addChecksumAt(sum, internetChecksum(part, 0, part.length), offset);
        }
        assertEquals(sum, naive(list.flat()));
      },
    ),
  );
});

Deno.test("a stretch longer than one round of the accumulators is summed exactly", () => {
  const bytes = new Uint8Array(1_000_003);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * i >>> 3;
  assertEquals(internetChecksum(bytes, 1, bytes.length), naive([...bytes.subarray(1)]));
  bytes.fill(0xff);
  assertEquals(internetChecksum(bytes, 0, bytes.length), naive([...bytes]));
});

Deno.test("folding keeps the value modulo 65535", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 47 - 1 }), (sum) => {
    const folded = foldChecksum(sum);
    assertEquals(folded % 0xffff, sum % 0xffff);
    assertEquals(folded <= 0xffff && (folded === 0) === (sum === 0), true);
    assertEquals(finishChecksum(sum), 0xffff - folded);
  }));
});

Deno.test("the DSS checksum covers data, 64-bit sequence number, subflow sequence number and length", () => {
  const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(fc.property(content, uint32, uint32, uint32, (data, high, low, ssn) => {
    // The pseudo-header of RFC 8684 section 3.3.1 as it stands in its figure: sequence, subflow, length, zeros.
    const header = new DataView(new ArrayBuffer(16));
    header.setUint32(0, high);
    header.setUint32(4, low);
    header.setUint32(8, ssn);
    header.setUint16(12, data.length);
    const expected = naive([...new Uint8Array(header.buffer)], naive(data));
    const bytes = new Uint8Array(data);
    const sum = dssChecksumPseudoHeader(
      internetChecksum(bytes, 0, bytes.length),
      new Uint64(high, low),
      ssn,
      data.length,
    );
    assertEquals(sum % 0xffff, expected % 0xffff);
    if (sum !== 0) assertEquals(foldChecksum(sum + finishChecksum(sum)), 0xffff);
  }));
});

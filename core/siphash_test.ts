import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { SipHash } from "./siphash.ts";

/** What OpenSSL makes of the bytes 0, 1, 2 … under the key 00 01 … 0f, by their number. */
const VECTORS: readonly (readonly [number, string])[] = [
  [0, "310e0edd47db6f72"],
  [4, "b7877127e09427cf"],
  [8, "6224939a79f5f593"],
  [12, "fbe50e86bc8f1e75"],
  [48, "51a9cb9ecba312e6"],
  [52, "b274cb8ebf87870a"],
];

function digest(hash: SipHash, words: Int32Array): string {
  const view = new DataView(new ArrayBuffer(8));
  hash.digest(words, words.length);
  view.setUint32(0, hash.low, true);
  view.setUint32(4, hash.high, true);
  return new Uint8Array(view.buffer).toHex();
}

Deno.test("SipHash-2-4 gives the published values", () => {
  const hash = new SipHash(Uint8Array.from({ length: 17 }, (_, i) => i - 1), 1);
  for (const [length, expected] of VECTORS) {
    const words = new Int32Array(Uint8Array.from({ length }, (_, i) => i).buffer);
    assertEquals(digest(hash, words), expected, `${length} bytes`);
  }
});

Deno.test("another word, another length or another secret is another hash", () => {
  const words = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(words, fc.nat(), fc.integer({ min: 0, max: 31 }), (given, at, bit) => {
    const hash = new SipHash(new Uint8Array(16));
    const expected = digest(hash, Int32Array.from(given));
    const changed = Int32Array.from(given);
    changed[at % given.length]! ^= 1 << bit;
    assertNotEquals(digest(hash, changed), expected);
    assertNotEquals(digest(hash, Int32Array.from([...given, 0])), expected);
    assertNotEquals(digest(new SipHash(new Uint8Array(16).fill(1)), Int32Array.from(given)), expected);
    assertEquals(digest(hash, Int32Array.from(given)), expected);
  }));
});

import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { Random } from "./random.ts";

/** The published definition of xoshiro128** in arithmetic that cannot overflow. */
function* xoshiro(a: bigint, b: bigint, c: bigint, d: bigint): Generator<number> {
  const word = (x: bigint) => BigInt.asUintN(32, x);
  const rotate = (x: bigint, by: bigint) => word(x << by) | x >> (32n - by);
  for (;;) {
    yield Number(word(rotate(word(b * 5n), 7n) * 9n));
    const t = word(b << 9n);
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11n);
  }
}

Deno.test("draws what xoshiro128** is defined to draw", () => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(fc.property(word, word, word, word, (a, b, c, d) => {
    const random = Random.fromState(a, b, c, d);
    const model = xoshiro(BigInt(a), BigInt(b), BigInt(c), BigInt(d));
    for (let i = 0; i < 20; i++) assertEquals(random.uint32(), model.next().value);
  }));
});

Deno.test("the same seed and stream repeat, any other differs", () => {
  const draw = (random: Random) => Array.from({ length: 8 }, () => random.uint32());
  assertEquals(draw(new Random(1, "a")), draw(new Random(1, "a")));
  assertNotEquals(draw(new Random(1, "a")), draw(new Random(1, "b")));
  assertNotEquals(draw(new Random(1, "a")), draw(new Random(2, "a")));
  assertNotEquals(draw(new Random("1", "1")), draw(new Random("11", "")));
});

Deno.test("numbers are even over [0, 1), and neighbouring seeds have nothing in common", () => {
  let sum = 0;
  let product = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const x = new Random(seed).next();
    sum += x;
    product += (x - 0.5) * (new Random(seed + 1).next() - 0.5);
  }
  assertEquals(Math.abs(sum / 4000 - 0.5) < 0.02, true, `mean ${sum / 4000}`);
  assertEquals(Math.abs(product / 4000) < 0.01, true, `covariance ${product / 4000}`);
});

Deno.test("fill leaves no byte out", () => {
  const random = new Random(3);
  const seen = new Uint8Array(11);
  for (let i = 0; i < 20; i++) random.fill(new Uint8Array(11)).forEach((byte, at) => seen[at]! |= byte);
  assertEquals(seen.every((byte) => byte > 200), true);
});

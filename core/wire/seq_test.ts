import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addModulo32, sequenceDistance, Uint64, unwrap32 } from "./seq.ts";

const TWO_32 = 1n << 32n;
const TWO_64 = 1n << 64n;

const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_ffff),
);
const offset = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -0x1_0000, max: 0x1_0000 }),
  fc.constantFrom(0, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), 2 ** 32 - 1, 2 ** 52, Number.MAX_SAFE_INTEGER),
);
const uint64 = fc.tuple(uint32, uint32).map(([high, low]) => new Uint64(high, low));

function toBigint(value: Uint64): bigint {
  return BigInt(value.high) << 32n | BigInt(value.low);
}

Deno.test("sequenceDistance is the signed difference modulo 2^32", () => {
  fc.assert(fc.property(uint32, uint32, (from, to) => {
    assertEquals(sequenceDistance(from, to), Number(BigInt.asIntN(32, BigInt(to) - BigInt(from))));
  }));
});

Deno.test("unwrap32 finds the nearest congruent offset (RFC 8684 3.3.1-10, 3.3.1-11)", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 53 - 2 ** 32 }), uint32, (near, wire) => {
    const found = unwrap32(near, wire);
    assertEquals(BigInt.asUintN(32, BigInt(found)), BigInt(wire));
    assert(Math.abs(found - near) <= 2 ** 31);
  }));
});

Deno.test("unwrap32 undoes addModulo32 within 2 GiB of the hint", () => {
  const step = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(fc.property(fc.integer({ min: 2 ** 31, max: 2 ** 52 }), step, (near, ahead) => {
    assertEquals(unwrap32(near, addModulo32(0, near + ahead)), near + ahead);
  }));
});

Deno.test("addModulo32 takes offsets of up to 53 bits", () => {
  fc.assert(fc.property(uint32, offset, (a, b) => {
    assertEquals(BigInt(addModulo32(a, b)), BigInt.asUintN(32, BigInt(a) + BigInt(b)));
  }));
});

Deno.test("Uint64.setSum adds modulo 2^64, also onto itself", () => {
  fc.assert(fc.property(uint64, offset, (base, by) => {
    const expected = BigInt.asUintN(64, toBigint(base) + BigInt(by));
    assertEquals(toBigint(new Uint64().setSum(base, by)), expected);
    assertEquals(toBigint(base.setSum(base, by)), expected);
  }));
});

Deno.test("Uint64.distanceFrom undoes setSum", () => {
  fc.assert(fc.property(uint64, offset, (base, by) => {
    // Not assertEquals: a distance of -0 is as good as 0.
    assert(new Uint64().setSum(base, by).distanceFrom(base) === by);
  }));
});

Deno.test("Uint64.distanceFrom is exact below 2^53 and NaN from there on", () => {
  const edge = fc.constantFrom(
    -(1n << 53n),
    (1n << 53n) - 1n,
    1n << 53n,
    1n - (1n << 53n),
    -1n - (1n << 53n),
    1n << 63n,
  );
  fc.assert(fc.property(uint64, fc.oneof(edge, fc.bigInt({ min: 0n, max: TWO_64 - 1n })), (base, by) => {
    const sum = BigInt.asUintN(64, toBigint(base) + by);
    const other = new Uint64(Number(sum / TWO_32), Number(sum % TWO_32));
    const distance = BigInt.asIntN(64, by);
    const isExact = distance > -(1n << 53n) && distance < 1n << 53n;
    assertEquals(other.distanceFrom(base), isExact ? Number(distance) : NaN);
  }));
});

Deno.test("Uint64 reads what it writes, in network order", () => {
  const view = new DataView(new ArrayBuffer(12));
  fc.assert(fc.property(uint64, (value) => {
    value.writeTo(view, 3);
    assertEquals(view.getBigUint64(3), toBigint(value));
    const read = new Uint64();
    read.readFrom(view, 3);
    assert(read.equals(value));
    assertEquals(read.toString(), toBigint(value).toString(16).padStart(16, "0"));
  }));
});

Deno.test("Uint64 compares, copies and knows zero", () => {
  const value = new Uint64(1, 2);
  assert(!value.equals(new Uint64(1, 3)) && !value.equals(new Uint64(2, 2)));
  assert(new Uint64().copy(value).equals(value));
  assert(value.set(0, 0).isZero() && !value.set(1, 0).isZero() && !value.set(0, 1).isZero());
});

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { systemEnv } from "./env.ts";

const hex = (bytes: Uint8Array) => bytes.toHex();
const text = (value: string) => new TextEncoder().encode(value);

Deno.test("sha256 gives the digest of FIPS 180-2 appendix B.1", () => {
  assertEquals(
    hex(systemEnv.sha256(text("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("hmacSha256 gives the code of RFC 4231 section 4.3", () => {
  assertEquals(
    hex(systemEnv.hmacSha256(text("Jefe"), text("what do ya want for nothing?"))),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

Deno.test("random stays in [0, 1) and fills it", () => {
  const eighths = new Array(8).fill(0);
  for (let i = 0; i < 8000; i++) {
    const value = systemEnv.random();
    assert(value >= 0 && value < 1);
    eighths[Math.floor(value * 8)]++;
  }
  assert(eighths.every((count) => count > 700), `${eighths}`);
});

Deno.test("randomBytes fills buffers of any size", () => {
  const bytes = systemEnv.randomBytes(new Uint8Array(200_000));
  assertNotEquals(hex(bytes.subarray(0, 32)), "00".repeat(32));
  assertNotEquals(hex(bytes.subarray(-32)), "00".repeat(32));
});

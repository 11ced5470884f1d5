import { createHash, createHmac } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fakeEnv } from "../tests/kit/fake_env.ts";
import { addAddressHmac, equalInConstantTime, joinHmac, Key } from "./keys.ts";
import { IpAddress } from "./wire/address.ts";
import { Uint64 } from "./wire/seq.ts";

const env = fakeEnv(1);
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const key = (text: string) => Key.from(new Uint64(parseInt(text.slice(0, 8), 16), parseInt(text.slice(8), 16)), env);

Deno.test("token and initial data sequence number are the ends of SHA-256(key) (RFC 8684 3.1-18, 3.1-19)", () => {
  // SHA-256 of eight zero bytes: af5570f5a1810b7a f78caf4bc70a660f 0df51e42baf91d4d e5b2328de0e83dfc
  const zero = key("0000000000000000");
  assertEquals([zero.token, zero.firstSequence.toString()], [0xaf5570f5, "e5b2328de0e83dfd"], "the SYN takes one");
  const other = key("0123456789abcdef");
  const digest = createHash("sha256").update(Uint8Array.of(1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef)).digest("hex");
  assertEquals(other.token, parseInt(digest.slice(0, 8), 16));
  assertEquals(BigInt(`0x${other.firstSequence}`), BigInt(`0x${digest.slice(48)}`) + 1n);
  assertEquals(hex(other.bytes()), "0123456789abcdef");
});

Deno.test("the HMAC of a join takes both keys and both nonces, its own first (section 3.2)", () => {
  const [a, b] = [key("0011223344556677"), key("8899aabbccddeeff")];
  const expected = (keys: string, nonces: string) =>
    createHmac("sha256", Uint8Array.fromHex(keys)).update(Uint8Array.fromHex(nonces)).digest("hex");
  assertEquals(
    hex(joinHmac(env, a, b, 0x01020304, 0xa1b2c3d4)),
    expected("00112233445566778899aabbccddeeff", "01020304a1b2c3d4"),
  );
  assertEquals(
    hex(joinHmac(env, b, a, 0xa1b2c3d4, 0x01020304)),
    expected("8899aabbccddeeff0011223344556677", "a1b2c3d401020304"),
  );
});

Deno.test("the HMAC of an address covers identifier, address and port, and is the last 64 bits (section 3.4.1)", () => {
  const [a, b] = [key("0011223344556677"), key("8899aabbccddeeff")];
  for (
    const [address, port, message] of [
      ["192.0.2.1", 0, "07c00002010000"],
      ["192.0.2.1", 443, "07c000020101bb"],
      ["2001:db8::1", 443, "0720010db800000000000000000000000101bb"],
    ] as const
  ) {
    const digest = createHmac("sha256", Uint8Array.fromHex("00112233445566778899aabbccddeeff"))
      .update(Uint8Array.fromHex(message)).digest("hex");
    const into = new Uint64();
    assert(addAddressHmac(env, a, b, 7, IpAddress.parse(address), port, into) === into);
    assertEquals(into.toString(), digest.slice(48));
  }
});

Deno.test("random keys differ", () => {
  const keys = new Set(Array.from({ length: 1000 }, () => hex(Key.random(env).bytes())));
  assertEquals(keys.size, 1000);
});

Deno.test("two HMACs are equal if their first bytes are", () => {
  const bytes = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(fc.property(bytes, bytes, fc.nat(7), fc.nat(8), (a, other, at, length) => {
    const b = a.slice();
    b[at] = other[at]!;
    assertEquals(equalInConstantTime(a, b, length), a.subarray(0, length).every((byte, i) => byte === b[i]));
  }));
});

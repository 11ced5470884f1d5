import { assertEquals } from "@std/assert";
import { createSeededEnv } from "./env.ts";
import { Random } from "../transports/random.ts";

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

Deno.test("hashes are SHA-256 and HMAC-SHA256 (RFC 4231 test case 2)", () => {
  const env = createSeededEnv(new Random(1));
  const text = new TextEncoder();
  assertEquals(
    hex(env.sha256(text.encode("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    hex(env.hmacSha256(text.encode("Jefe"), text.encode("what do ya want for nothing?"))),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

Deno.test("the same seed gives the same keys", () => {
  const keys = () => createSeededEnv(new Random("run", "host")).randomBytes(new Uint8Array(16));
  assertEquals(keys(), keys());
});

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { InitialNumbers } from "./initial_numbers.ts";

type Ends = readonly [IpAddress, number, IpAddress, number];

const secret = new Uint8Array(16).fill(7);
const [a, b, c] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map((text) => IpAddress.parse(text));
const ENDS: Ends = [a!, 1, b!, 2];

function numbers(ends: Ends, now = 0, key = secret): [number, number] {
  const { sequence, timestampOffset } = new InitialNumbers(key).draw(...ends, now);
  return [sequence, timestampOffset];
}

Deno.test("initial sequence numbers move on by one every 4 µs (RFC 9293 MUST-8)", () => {
  const [first] = numbers(ENDS);
  for (const micros of [4, 400, 1e6, 4 * 2 ** 32 + 40]) {
    assertEquals((numbers(ENDS, micros)[0] - first) >>> 0, Math.floor(micros / 4) % 2 ** 32);
  }
});

Deno.test("they and timestamps are offset by a hash of both ends (RFC 9293 SHLD-1; RFC 8684 3-4; RFC 7323 5.4-1)", () => {
  const ends: Ends[] = [ENDS, [a!, 1, b!, 3], [a!, 4, b!, 2], [b!, 1, a!, 2], [c!, 1, b!, 2], [a!, 1, c!, 2]];
  const all = ends.map((one) => numbers(one));
  for (const at of [0, 1]) assertEquals(new Set(all.map((pair) => pair[at])).size, ends.length);
});

Deno.test("who does not know the secret cannot compute them (RFC 9293 MUST-9)", () => {
  const other = secret.slice();
  other[15]! ^= 1;
  const [[sequence, offset], [anotherSequence, anotherOffset]] = [numbers(ENDS), numbers(ENDS, 0, other)];
  assertNotEquals(offset, anotherOffset);
  assert(Math.abs(sequence - anotherSequence) > 1000);
});

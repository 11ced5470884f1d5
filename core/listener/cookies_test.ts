import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../wire/address.ts";
import { Uint64 } from "../wire/seq.ts";
import { type Ends, LONGEST_LIFE, SynCookies } from "./cookies.ts";

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const port = fc.integer({ min: 1, max: 65535 });
const four = word.map((low) => new IpAddress(0, 0, 0xffff, low));
const six = fc.tuple(word, word, word, word).map((words) =>
  new IpAddress(0x2000_0000 | words[0] >>> 4, ...words.slice(1))
);
const ends: fc.Arbitrary<Ends> = fc.oneof(fc.tuple(four, four), fc.tuple(six, six)).chain(([local, remote]) =>
  fc.record({ local: fc.constant(local), localPort: port, remote: fc.constant(remote), remotePort: port })
);
const MINUTE = 60_000_000;
const now = fc.integer({ min: 0, max: 10 ** 15 });
const size = fc.oneof(fc.integer({ min: 88, max: 9000 }), fc.constantFrom(0, 536, 1220, 1460));

const secret = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
const cookies = new SynCookies(secret, 16);

Deno.test("a cookie brings back at most the MSS that was offered, and not far below it, for a minute", () => {
  fc.assert(
    fc.property(ends, word, size, now, fc.integer({ min: 0, max: MINUTE }), (ends, client, size, now, later) => {
      const cookie = cookies.make(ends, client, size, now);
      const known = cookies.check(ends, client, cookie, now + later);
      const offered = size > 0 ? size : ends.remote.family === 4 ? 536 : 1220;
      assert(known > 0 && known <= offered, `${known} of ${offered}`);
      if (offered >= 536) assert(known >= 536, `${known} of ${offered}`);
      if (offered >= 1200 && offered <= 1460) assert(offered - known <= 100, `${known} of ${offered}`);
    }),
  );
});

Deno.test("a cookie is not good after two minutes, and not before its time", () => {
  const wait = fc.oneof(
    fc.integer({ min: LONGEST_LIFE, max: 250 * MINUTE }),
    fc.integer({ min: -MINUTE * 5, max: -MINUTE }),
  );
  fc.assert(fc.property(ends, word, size, now, wait, (ends, client, size, now, wait) => {
    fc.pre(now + wait >= 0);
    assertEquals(cookies.check(ends, client, cookies.make(ends, client, size, now), now + wait), 0);
  }));
});

Deno.test("a cookie is good for its own ends, sequence number and secret only", () => {
  const others: readonly ((ends: Ends, client: number) => [Ends, number])[] = [
    (ends, client) => [{ ...ends, remotePort: ends.remotePort ^ 1 }, client],
    (ends, client) => [{ ...ends, localPort: ends.localPort ^ 0x100 }, client],
    ({ remote: { a, b, c, d }, ...ends }, client) => [{ ...ends, remote: new IpAddress(a, b, c, d ^ 1) }, client],
    ({ local: { a, b, c, d }, ...ends }, client) => [{ ...ends, local: new IpAddress(a, b, c, d ^ 4) }, client],
    (ends, client) => [ends, (client + 1) >>> 0],
    (ends, client) => [ends, (client - 1) >>> 0],
    (ends, client) => [ends, (client - 1460) >>> 0],
  ];
  let known = 0;
  const other = fc.constantFrom(...others);
  fc.assert(
    fc.property(ends, word, size, now, other, (ends, client, size, now, other) => {
      const cookie = cookies.make(ends, client, size, now);
      if (cookies.check(...other(ends, client), cookie, now) > 0) known++;
      if (new SynCookies(secret, 0).check(ends, client, cookie, now) > 0) known++;
    }),
    { seed: 1, numRuns: 1000 },
  );
  // One in 2^28 is right by chance.
  assertEquals(known, 0);
});

Deno.test("few guesses at a cookie are right: eight sizes in two minutes of 256, as many as 2^32 hold", () => {
  const given: Ends = {
    local: IpAddress.parse("10.0.0.1"),
    localPort: 80,
    remote: IpAddress.parse("10.0.0.2"),
    remotePort: 5,
  };
  const at = 1000 * MINUTE;
  const cookie = cookies.make(given, 1, 1460, at);
  let right = 0;
  for (let i = 0; i < 1 << 18; i++) if (cookies.check(given, 1, (cookie + i + 3) >>> 0, at) > 0) right++;
  // Beside the one that was made: the next larger size and no more.
  assertEquals(right, 0);
  assert(cookies.check(given, 1, (cookie + 1) >>> 0, at) > 0, "8940, the size above 1460");
});

Deno.test("cookies for one flow grow with the client's sequence number and with time, as RFC 6528 wants", () => {
  fc.assert(fc.property(ends, word, now, (ends, client, now) => {
    const first = cookies.make(ends, client, 1460, now);
    const next = cookies.make(ends, (client + 2 ** 25) >>> 0, 1460, now + MINUTE);
    assert(((next - first) | 0) > 0);
  }));
});

Deno.test("the key that goes with a cookie is the same each time, and another for each cookie and flow", () => {
  const key = (ends: Ends, client: number, cookie: number) => {
    const into = new Uint64();
    cookies.writeKey(ends, client, cookie, into);
    return into.toString();
  };
  fc.assert(fc.property(ends, word, word, (ends, client, cookie) => {
    const keys = [
      key(ends, client, cookie),
      key(ends, client, (cookie + 1) >>> 0),
      key(ends, (client + 1) >>> 0, cookie),
      key({ ...ends, remotePort: ends.remotePort ^ 1 }, client, cookie),
    ];
    assertEquals(new Set(keys).size, 4);
    assertEquals(key(ends, client, cookie), keys[0]);
  }));
});

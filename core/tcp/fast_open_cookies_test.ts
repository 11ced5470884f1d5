import { assertEquals } from "@std/assert";
import { IpAddress } from "../wire/address.ts";
import { TcpOptions } from "../wire/options.ts";
import { FastOpenCookies } from "./fast_open_cookies.ts";
import { Path } from "./path.ts";

const MINUTE = 60_000_000;

function pathTo(remote: string, local = "192.0.2.1"): Path {
  return new Path(IpAddress.parse(local), 40000, IpAddress.parse(remote), 443, 1500, 0);
}

/** Options of a SYN/ACK with a cookie whose first byte is `cookie`; none if that is negative. */
function answer(cookie: number, maximumSegmentSize = 1460): TcpOptions {
  const options = new TcpOptions();
  options.maximumSegmentSize = maximumSegmentSize;
  if (cookie < 0) return options;
  options.fastOpenLength = 8;
  options.fastOpenCookie[0] = cookie;
  return options;
}

function cookieOf(cookies: FastOpenCookies, path: Path): number | undefined {
  return cookies.find(path)?.cookie[0];
}

Deno.test("a cookie is known by both addresses, and the latest one counts", () => {
  const cookies = new FastOpenCookies();
  const path = pathTo("198.51.100.1");
  cookies.learn(path, answer(1, 1400), false, 0);
  assertEquals(
    cookies.find(path),
    { cookie: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), mss: 1400, losses: 0, lostAt: -Infinity } as never,
  );
  assertEquals(cookies.find(pathTo("198.51.100.2")), undefined);
  assertEquals(cookies.find(pathTo("198.51.100.1", "192.0.2.2")), undefined);
  cookies.learn(path, answer(2), false, 0);
  cookies.learn(path, answer(-1), false, 0);
  assertEquals(cookieOf(cookies, path), 2, "an answer without a cookie leaves the one before");
});

Deno.test("an MSS that the peer does not tell is the least one (RFC 7413 section 4.2.1)", () => {
  const cookies = new FastOpenCookies();
  cookies.learn(pathTo("198.51.100.1"), answer(1, 0), false, 0);
  cookies.learn(pathTo("2001:db8::1", "2001:db8::2"), answer(1, 0), false, 0);
  assertEquals(cookies.find(pathTo("198.51.100.1"))?.mss, 536);
  assertEquals(cookies.find(pathTo("2001:db8::1", "2001:db8::2"))?.mss, 1220);
});

Deno.test("after two losses in a row the option is left out for a while, for longer after more (RFC 7413 section 4.1.3.1)", () => {
  const cookies = new FastOpenCookies();
  const path = pathTo("198.51.100.1");
  cookies.learn(path, answer(-1), true, 0);
  assertEquals(cookies.isAvoided(path, 0), false);
  cookies.learn(path, answer(-1), true, MINUTE);
  assertEquals([cookies.isAvoided(path, 5 * MINUTE - 1), cookies.isAvoided(path, 5 * MINUTE)], [true, false]);
  cookies.learn(path, answer(-1), true, 10 * MINUTE);
  assertEquals([cookies.isAvoided(path, 18 * MINUTE - 1), cookies.isAvoided(path, 18 * MINUTE)], [true, false]);
  cookies.learn(path, answer(1), false, 20 * MINUTE);
  cookies.learn(path, answer(-1), true, 20 * MINUTE);
  assertEquals(cookies.isAvoided(path, 20 * MINUTE), false, "what came through makes up for it");
});

Deno.test("the peers remembered are limited, and the oldest go first", () => {
  const cookies = new FastOpenCookies();
  const paths = Array.from({ length: 1025 }, (_, i) => pathTo(`198.51.${i >> 8}.${i & 255}`));
  for (const path of paths) cookies.learn(path, answer(1), false, 0);
  assertEquals([cookieOf(cookies, paths[0]!), cookieOf(cookies, paths[1]!), cookieOf(cookies, paths.at(-1)!)], [
    undefined,
    1,
    1,
  ]);
});

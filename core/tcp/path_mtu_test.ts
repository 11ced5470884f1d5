import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PATH_MTU_LIFETIME, PathMtu } from "./path_mtu.ts";

/** Searches to the end over a path that takes `limit` bytes; returns the sizes tried. */
function search(path: PathMtu, limit: number): number[] {
  const tried: number[] = [];
  while (path.probeSize > 0) {
    const size = path.probeSize;
    tried.push(size);
    if (size <= limit) path.handleArrived(size, 0);
    else path.handleLost(size, 0);
    assert(tried.length < 40, "the search ends");
  }
  return tried;
}

Deno.test("a path takes what both ends take until something else is known", () => {
  const path = new PathMtu(4, 1460);
  assertEquals([path.size, path.mss, path.expiresAt, path.probeSize], [1500, 1460, Infinity, 0]);
  path.limit(1000);
  assertEquals([path.size, path.ceiling], [1040, 1040]);
  path.limit(1200);
  assertEquals(path.size, 1240, "nothing smaller was learned");
});

Deno.test("a router's word shrinks it for ten minutes, and never lets it grow", () => {
  const path = new PathMtu(4, 1460);
  assert(path.handleTooBig(1400, 1500, 5));
  assertEquals([path.size, path.expiresAt], [1400, 5 + PATH_MTU_LIFETIME]);
  for (const mtu of [1400, 1401, 65_535]) assert(!path.handleTooBig(mtu, 1500, 6));
  path.limit(1460);
  assertEquals(path.size, 1400, "what the ends take says nothing of the path");
  path.expire(false);
  assertEquals([path.size, path.expiresAt], [1500, Infinity]);
});

Deno.test("a router is not believed below the least: 552 bytes for IPv4, 1280 for IPv6", () => {
  const four = new PathMtu(4, 1460);
  assert(four.handleTooBig(68, 1500, 0));
  assertEquals(four.size, 552);
  assert(!four.handleTooBig(300, 552, 0));
  const six = new PathMtu(6, 1440);
  for (const mtu of [0, 68, 1279]) assert(!six.handleTooBig(mtu, 1500, 0), `${mtu} must be discarded`);
  assert(six.handleTooBig(1280, 1500, 0));
  assertEquals([six.size, six.mss], [1280, 1220]);
});

Deno.test("a router that does not say its MTU means the next smaller usual one (RFC 1191 section 5)", () => {
  const path = new PathMtu(4, 8960);
  const sizes: number[] = [];
  while (path.handleTooBig(0, 60_000, 0)) sizes.push(path.size);
  assertEquals(sizes, [8166, 4352, 2002, 1492, 1006, 552]);
});

Deno.test("a black hole leads to 1024 bytes, then to halves, down to the least", () => {
  const path = new PathMtu(4, 1460);
  const sizes: number[] = [];
  while (path.handleBlackHole(1500)) sizes.push(path.size);
  assertEquals(sizes, [1064, 552, 296, 168, 128]);
  assertEquals(path.probeSize, 1500, "it may have been no black hole");
  const six = new PathMtu(6, 1440);
  assertEquals([six.handleBlackHole(1500), six.size, six.handleBlackHole(1500), six.size], [true, 1280, false, 1280]);
});

Deno.test("what does not shorten the packets that vanish is skipped", () => {
  const path = new PathMtu(4, 1460);
  assert(path.handleBlackHole(1064));
  assertEquals(path.size, 552);
  assert(path.handleBlackHole(150));
  assertEquals(path.size, 128);
  assert(!path.handleBlackHole(128), "nothing shorter would help");
  assertEquals([path.size, path.probeSize], [128, 1500]);
});

Deno.test("the search finds what the path takes, to less than eight bytes, in a dozen steps", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1500, max: 9000 }), fc.nat(9000), (ceiling, limit) => {
      const path = new PathMtu(4, ceiling - 40);
      path.handleBlackHole(path.size);
      const least = path.size;
      const tried = search(path, limit);
      assert(tried.length <= 13, `${tried}`);
      assert(path.size <= Math.max(limit, least) && path.size > Math.min(limit, ceiling) - 8, `${path.size}`);
      assertEquals(path.expiresAt === Infinity, path.size === ceiling);
    }),
  );
});

Deno.test("a search that is told by a router where to look looks there", () => {
  const path = new PathMtu(4, 1460);
  path.handleBlackHole(path.size);
  assert(path.handleTooBig(1400, 1500, 0));
  assertEquals([path.size, path.probeSize], [1064, 1400], "what is longer than in force shrinks nothing");
  assertEquals(search(path, 1400), [1400]);
  assertEquals([path.size, path.isSearching], [1400, false]);
});

Deno.test("what a search has found is tried again after ten minutes, one packet at a time", () => {
  const path = new PathMtu(4, 1460);
  path.handleBlackHole(path.size);
  search(path, 1400);
  assert(path.expiresAt < Infinity);
  path.expire(true);
  assert(path.size > 1390 && path.size <= 1400);
  assertEquals(search(path, 1500), [1500]);
  assertEquals([path.size, path.expiresAt], [1500, Infinity]);
});

Deno.test("whatever happens, sizes stay within their bounds and the next probe is above the size in force", () => {
  const step = fc.oneof(
    fc.tuple(fc.constant("too-big" as const), fc.nat(70_000)),
    fc.tuple(fc.constantFrom("black-hole" as const, "arrived" as const, "lost" as const, "low" as const), fc.nat(1)),
    fc.tuple(fc.constant("limit" as const), fc.integer({ min: 88, max: 9000 })),
    fc.tuple(fc.constant("expire" as const), fc.nat(1)),
  );
  fc.assert(
    fc.property(fc.constantFrom(4, 6), fc.integer({ min: 536, max: 9000 }), fc.array(step), (family, mss, steps) => {
      const path = new PathMtu(family, mss);
      const least = Math.min(path.size, family === 4 ? 128 : 1280);
      let lowest = least;
      for (const [what, value] of steps) {
        const { probeSize } = path;
        if (what === "too-big") path.handleTooBig(value, 1500, 1);
        else if (what === "black-hole") path.handleBlackHole(1 + value * path.size);
        else if (what === "low") path.startLow();
        else if (what === "arrived" && probeSize > 0) path.handleArrived(probeSize, 1);
        else if (what === "lost" && probeSize > 0) path.handleLost(probeSize, 1);
        else if (what === "expire") path.expire(value === 1);
        else if (what === "limit") {
          path.limit(value);
          lowest = Math.min(lowest, path.ceiling);
        }
        assert(path.size <= path.ceiling && path.size >= lowest, `${what}: ${path.size}`);
        assert(path.probeSize === 0 || path.probeSize >= path.size, `${what}: ${path.probeSize}`);
        assert(path.probeSize <= path.ceiling, `${what}: ${path.probeSize} of ${path.ceiling}`);
      }
    }),
  );
});

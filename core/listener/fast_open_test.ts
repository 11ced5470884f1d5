import { assertEquals } from "@std/assert";
import { Counters } from "../counters.ts";
import { MptcpError } from "../errors.ts";
import { Path } from "../tcp/path.ts";
import { IpAddress } from "../wire/address.ts";
import { TcpOptions } from "../wire/options.ts";
import { FastOpenGuard, FastOpenQuota } from "./fast_open.ts";
import type { MetaSocket } from "../meta/socket.ts";

function pathFrom(remote: string, remotePort = 40000): Path {
  return new Path(IpAddress.parse("192.0.2.1"), 443, IpAddress.parse(remote), remotePort, 1500, 0);
}

function asking(cookie: Uint8Array): TcpOptions {
  const options = new TcpOptions();
  options.fastOpenLength = cookie.length;
  options.fastOpenCookie.set(cookie);
  return options;
}

const REQUEST = new Uint8Array(0);

function socket(error: MptcpError | null = null): MetaSocket {
  return { error } as MetaSocket;
}

Deno.test("a cookie is asked for and then shown, from any port of the address that got it (RFC 7413 section 4.1.2)", () => {
  const counters = new Counters();
  const guard = new FastOpenGuard(counters, new Uint8Array(32));
  const quota = new FastOpenQuota(1);
  const judge = (from: Path, cookie: Uint8Array) => guard.judge(from, asking(cookie), quota, 0);
  const { isAccepted, cookie } = judge(pathFrom("198.51.100.1"), REQUEST)!;
  assertEquals([isAccepted, cookie?.length], [false, 8]);
  assertEquals(judge(pathFrom("198.51.100.1", 5), cookie!), { isAccepted: true, cookie: null });
  const other = judge(pathFrom("198.51.100.2"), cookie!)!;
  assertEquals([other.isAccepted, other.cookie?.length], [false, 8]);
  assertEquals(judge(pathFrom("198.51.100.2"), other.cookie!)?.isAccepted, true);
  for (const wrong of [cookie!.subarray(0, 6), new Uint8Array(16), cookie!.map((byte) => byte ^ 1)]) {
    assertEquals(judge(pathFrom("198.51.100.1"), wrong), { isAccepted: false, cookie });
  }
  assertEquals([counters.TcpExtTCPFastOpenCookieReqd, counters.TcpExtTCPFastOpenPassive], [1, 2]);
  assertEquals(counters.TcpExtTCPFastOpenPassiveFail, 4);
  const stranger = new FastOpenGuard(counters, new Uint8Array(32).fill(1));
  assertEquals(stranger.judge(pathFrom("198.51.100.1"), asking(cookie!), quota, 0)?.isAccepted, false);
});

Deno.test("nothing is answered where it is off, or not asked for", () => {
  const guard = new FastOpenGuard(new Counters(), new Uint8Array(32));
  assertEquals(guard.judge(pathFrom("198.51.100.1"), asking(REQUEST), new FastOpenQuota(0), 0), null);
  assertEquals(guard.judge(pathFrom("198.51.100.1"), new TcpOptions(), new FastOpenQuota(9), 0), null);
});

Deno.test("so many are open early at once, and those that the peer reset count for a minute (RFC 7413 section 5.1)", () => {
  const quota = new FastOpenQuota(2);
  const [a, b] = [socket(), socket(new MptcpError("reset", "reset"))];
  quota.add(a);
  assertEquals(quota.hasRoom(0), true);
  quota.add(b);
  assertEquals(quota.hasRoom(0), false);
  quota.handleEstablished(a);
  assertEquals(quota.hasRoom(0), true);
  quota.add(a);
  quota.handleFailed(b, 0);
  assertEquals([quota.hasRoom(59_999_999), quota.hasRoom(60_000_000)], [false, true]);
  quota.handleFailed(a, 60_000_000);
  quota.handleFailed(b, 60_000_000);
  quota.add(a);
  assertEquals(quota.hasRoom(60_000_000), true, "one that timed out does not count, nor one that was established");
});

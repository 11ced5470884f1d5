/** What RFC 8684 sections 3.1 to 3.3 ask of handshakes and mappings, where no other test says it. */

import { assert, assertEquals } from "@std/assert";
import { observe } from "../../tests/harness/observe.ts";
import { Pair, type PairOptions, PORT } from "../../tests/harness/pair.ts";
import { fakeEnv } from "../../tests/kit/fake_env.ts";
import { newReno } from "../../congestion/mod.ts";
import { fullMesh, passive } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { Stack } from "../stack.ts";
import { IpAddress } from "../wire/address.ts";
import { DSS, MP_CAPABLE, MP_JOIN, MP_TCPRST, type MptcpOptions, RESET_MPTCP_ERROR } from "../wire/mptcp.ts";
import { RST, SYN, type TcpHeader } from "../wire/tcp.ts";

const twoPaths: PairOptions = {
  addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
  pathManager: fullMesh(),
};

const isSynAck = ({ flags }: TcpHeader) => (flags & SYN) !== 0 && (flags & 0x10) !== 0;

/** A pair whose client's SYN passes `change`, after some data; and the MP_CAPABLE of the SYN/ACK, or null. */
function requested(change: (mptcp: MptcpOptions) => void) {
  const pair = new Pair();
  const seen = observe(pair, ({ flags, options: { mptcp } }, fromClient) => {
    if (fromClient && flags === SYN) change(mptcp);
  });
  const { client, server } = pair.connect();
  client.write(new Uint8Array(100), pair.now);
  pair.run(6);
  assertEquals([server.readable, client.isMultipath], [100, server.isMultipath]);
  const { mptcp } = seen.find(({ header }) => isSynAck(header))!.header.options;
  return { server, answer: mptcp.present & MP_CAPABLE ? mptcp : null };
}

Deno.test("a SYN of a later version is answered with ours, one of an earlier with plain TCP (RFC 8684 3.1-1, 3.1-2)", () => {
  for (const version of [1, 2, 15]) {
    const { server, answer } = requested((mptcp) => mptcp.version = version);
    assertEquals([server.isMultipath, answer?.version], [true, 1]);
  }
  assertEquals(requested((mptcp) => mptcp.version = 0).answer, null);
});

Deno.test("a SYN with flag B, without a hash, or without MP_CAPABLE gets plain TCP (RFC 8684 3.1-12, 3.1-15, 3.1-21)", () => {
  const changes: ((mptcp: MptcpOptions) => void)[] = [
    (mptcp) => mptcp.capableFlags |= 0x40,
    (mptcp) => mptcp.capableFlags = 0x80,
    (mptcp) => mptcp.present = 0,
  ];
  for (const change of changes) {
    const { server, answer } = requested(change);
    assertEquals([server.isMultipath, answer], [false, null]);
  }
});

Deno.test("no subflow is opened before the peer has shown that it has the keys (RFC 8684 3.1-7)", () => {
  const pair = new Pair(twoPaths);
  const seen = observe(pair);
  const { client } = pair.connect();
  pair.pass(10_000_000);
  const joins = () => seen.filter(({ header }) => header.options.mptcp.present & MP_JOIN).length;
  assertEquals([joins(), client.subflows.length], [0, 1]);
  client.write(new Uint8Array(1), pair.now);
  pair.run(8);
  assertEquals([joins() > 0, client.subflows.length], [true, 2]);
});

Deno.test("keys are drawn at random, and again if their token is in use (RFC 8684 3.1-8, 3.1-9)", () => {
  const env = fakeEnv(1);
  let isRepeating = true;
  let draws = 0;
  const randomBytes = (into: Uint8Array) => {
    if (into.length !== 8) return env.randomBytes(into);
    draws++;
    // The second connection draws the key of the first one three times.
    return isRepeating && draws <= 4 ? into.fill(5) : env.randomBytes(into);
  };
  const plugins = { scheduler: minRtt(), congestion: newReno(), pathManager: passive() };
  const stack = new Stack({ env: { ...env, randomBytes }, ...plugins });
  stack.handleAddressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 }, 0);
  const remote = { address: IpAddress.parse("10.0.0.2"), port: PORT };
  const first = stack.connect({ remote }, 0);
  const second = stack.connect({ remote }, 0);
  assertEquals([`${first.localKey.value}`, draws], ["0505050505050505", 5]);
  isRepeating = false;
  const others = Array.from({ length: 50 }, () => stack.connect({ remote }, 0));
  assertEquals(new Set([first, second, ...others].map(({ localKey }) => localKey.token)).size, 52);
});

Deno.test("on a subflow that joins nothing is sent before the fourth segment has come (RFC 8684 3.2-5)", () => {
  const pair = new Pair({ ...twoPaths, options: { receiveTuning: false } });
  let isHeld = true;
  const seen = observe(pair, ({ flags }, fromClient) => {
    if (isHeld && !fromClient && flags === 0x10 && seen.at(-1)!.packet.includes("10.0.1.1")) return false;
  });
  const { client } = pair.connect();
  client.write(new Uint8Array(200_000), pair.now);
  pair.run(20);
  const onSecond = () =>
    seen.filter(({ header, packet, fromClient }) =>
      fromClient && packet.startsWith("10.0.1.1") && header.payloadEnd > header.payloadStart
    ).length;
  assertEquals([onSecond(), client.subflows[1]?.state, client.subflows[1]?.usable], [0, "established", false]);
  isHeld = false;
  pair.pass(2_000_000);
  client.write(new Uint8Array(4_000_000), pair.now);
  pair.run(20);
  assert(onSecond() > 0);
});

/** A pair whose join loses its option in the segment that `isStripped`; what reset it, and on which side. */
function stripped(isStripped: (header: TcpHeader, fromClient: boolean) => boolean) {
  const pair = new Pair({ ...twoPaths, options: { synRetries: 2 } });
  const seen = observe(pair, (header, fromClient) => {
    const { mptcp } = header.options;
    if (mptcp.present & MP_JOIN && isStripped(header, fromClient)) mptcp.present = 0;
  });
  const listener = pair.server.listen({ port: PORT }, pair.now);
  const client = pair.dial();
  pair.run(6);
  client.write(new Uint8Array(1), pair.now);
  pair.run(12);
  const resets = seen.filter(({ header }) => header.flags & RST);
  return {
    resets: resets.map(({ fromClient, header: { options: { mptcp } } }) => [
      fromClient ? "client" : "server",
      mptcp.present & MP_TCPRST ? mptcp.resetReason : -1,
    ]),
    client,
    listener,
  };
}

Deno.test("a join without its option in the SYN/ACK or the third segment is reset, and says why (RFC 8684 3.2-8, 3.2-9, 3.2-10)", () => {
  const synAck = stripped((header) => isSynAck(header));
  assertEquals([synAck.resets[0], synAck.client.state], [["client", RESET_MPTCP_ERROR], "established"]);
  const third = stripped((header, fromClient) => fromClient && (header.flags & SYN) === 0);
  assertEquals([third.resets[0], third.client.state], [["server", RESET_MPTCP_ERROR], "established"]);
  assertEquals([synAck.client.subflows.length, third.client.subflows.length], [1, 1]);
});

Deno.test("a mapping with a checksum that was not agreed on, or without one that was, is reset (RFC 8684 3.3-1, 3.3-2, 3.3-3)", () => {
  for (const checksum of [false, true]) {
    const pair = new Pair({ options: { checksum } });
    const { client, server } = pair.connect();
    client.write(new Uint8Array(10), pair.now);
    pair.run(4);
    const seen = observe(pair, ({ options: { mptcp } }, fromClient) => {
      if (fromClient && mptcp.present & DSS && mptcp.mappingBytes > 0) mptcp.hasChecksum = !checksum;
    });
    client.write(new Uint8Array(10), pair.now);
    pair.run(4);
    const reset = seen.find(({ header }) => header.flags & RST)!;
    const { mptcp } = reset.header.options;
    assertEquals([reset.fromClient, mptcp.present & MP_TCPRST && mptcp.resetReason], [false, RESET_MPTCP_ERROR]);
    assertEquals([server.readable, server.state], [10, "established"]);
  }
});

Deno.test("mappings and acknowledgments of 32 bits are taken like those of 64 (RFC 8684 3.3.1-8)", () => {
  const pair = new Pair();
  observe(pair, ({ options: { mptcp } }) => {
    if ((mptcp.present & DSS) === 0) return;
    if (mptcp.mappingBytes > 0) mptcp.mappingBytes = 4;
    if (mptcp.dataAckBytes > 0) mptcp.dataAckBytes = 4;
  });
  const { client, server } = pair.connect();
  const bytes = Uint8Array.from({ length: 50_000 }, (_, i) => i * 7);
  client.write(bytes, pair.now);
  server.write(bytes, pair.now);
  pair.run(40);
  for (const end of [client, server]) {
    const into = new Uint8Array(60_000);
    assertEquals([end.read(into, pair.now), end.isMultipath, end.stats().bytesAcked], [50_000, true, 50_000]);
    assertEquals(into.subarray(0, 50_000), bytes);
  }
});

Deno.test("a join goes to the port of the first subflow (RFC 8684 3.9.1-1)", () => {
  const pair = new Pair(twoPaths);
  const seen = observe(pair);
  const { client } = pair.connect();
  client.write(new Uint8Array(1), pair.now);
  pair.run(8);
  const syns = seen.filter(({ header }) => header.flags === SYN);
  assertEquals(syns.map(({ header, packet }) => [packet, header.destinationPort]), [
    ["10.0.0.1 > 10.0.0.2", PORT],
    ["10.0.1.1 > 10.0.0.2", PORT],
  ]);
});

Deno.test("a reset in place of the third segment ends the attempt, and is no fallback", () => {
  const pair = new Pair();
  const listener = pair.server.listen({ port: PORT }, pair.now);
  observe(pair, (header, fromClient) => {
    if (!fromClient || header.flags & SYN) return;
    header.flags = RST;
    header.options.reset();
  });
  pair.dial();
  pair.run(4);
  const { counters } = pair.server;
  assertEquals([counters.MPTcpExtMPCapableFallbackACK, counters.TcpAttemptFails, listener.pending], [0, 1, 0]);
});

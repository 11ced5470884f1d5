import { createHmac } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { observe } from "../../tests/harness/observe.ts";
import { Pair, type PairOptions } from "../../tests/harness/pair.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import type { Stack } from "../stack.ts";
import { IpAddress } from "../wire/address.ts";
import { DSS, MP_CAPABLE, MP_JOIN } from "../wire/mptcp.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import type { SocketAddress } from "./events.ts";
import type { MetaSocket } from "./socket.ts";

/** Connected, and each end has shown the other that it knows the keys: now paths may be opened. */
function confirmed(pair: Pair): ReturnType<Pair["connect"]> {
  const ends = pair.connect();
  ends.client.write(new Uint8Array(1), pair.now);
  pair.run(10);
  return ends;
}

const twoPaths: PairOptions = {
  addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
  pathManager: fullMesh(),
};

Deno.test("MP_CAPABLE carries nothing, then one key, then both, then the first mapping (RFC 8684 3.1-1, 3.1-3, 3.1-4, 3.1-11, 3.1-14)", () => {
  const pair = new Pair();
  const seen = observe(pair);
  const { client, server } = pair.connect();
  client.write(new Uint8Array(10), pair.now);
  pair.run(1);
  const capable = seen.filter(({ header }) => header.options.mptcp.present & MP_CAPABLE);
  const forms = capable.map(({ header, fromClient }) => [
    fromClient ? "client" : "server",
    header.options.mptcp.capableLength,
    header.options.mptcp.version,
    header.options.mptcp.capableFlags,
  ]);
  assertEquals(forms, [["client", 4, 1, 1], ["server", 12, 1, 1], ["client", 20, 1, 1], ["client", 22, 1, 1]]);
  const [, synAck, third, data] = capable.map(({ header }) => header.options.mptcp);
  assertEquals([`${synAck!.senderKey}`], [`${server.localKey.value}`]);
  for (const { senderKey, receiverKey } of [third!, data!]) {
    assertEquals([`${senderKey}`, `${receiverKey}`], [`${client.localKey.value}`, `${server.localKey.value}`]);
  }
  assertEquals(data!.dataLength, 10);
  assertEquals([`${client.remoteKey.value}`, `${server.remoteKey.value}`], [
    `${server.localKey.value}`,
    `${client.localKey.value}`,
  ]);
});

Deno.test("once the peer shows that it has the keys, segments carry a DSS (RFC 8684 3.3.1-7, 3.3.1-9)", () => {
  const pair = new Pair();
  const { client, server } = pair.connect();
  client.write(new Uint8Array(10), pair.now);
  pair.run(4);
  const seen = observe(pair);
  client.write(new Uint8Array(5), pair.now);
  pair.run(2);
  const { mptcp } = seen[0]!.header.options;
  assertEquals([mptcp.present, mptcp.mappingBytes, mptcp.dataLength, mptcp.subflowSequence], [DSS, 8, 5, 11]);
  const base = client.localKey.firstSequence;
  assertEquals([mptcp.dataSequence.distanceFrom(base), server.readable], [10, 15]);
});

const REFUSED: [string, (header: TcpHeader) => void][] = [
  ["another version", ({ options: { mptcp } }) => mptcp.version = 0],
  ["flag B, an extension that we do not know", ({ options: { mptcp } }) => mptcp.capableFlags |= 0x40],
  ["no hash that we know", ({ options: { mptcp } }) => mptcp.capableFlags = 0],
];

for (const [what, change] of REFUSED) {
  Deno.test(`a SYN/ACK with ${what} leads to plain TCP (RFC 8684 3.1-6)`, () => {
    const pair = new Pair();
    observe(pair, (header, fromClient) => {
      if (!fromClient && header.options.mptcp.present & MP_CAPABLE) change(header);
    });
    const { client, server } = pair.connect();
    client.write(new Uint8Array(10), pair.now);
    pair.run(4);
    assertEquals([client.isMultipath, server.isMultipath, server.readable], [false, false, 10]);
    assertEquals(client.stats().fallbackCause, "not-answered");
  });
}

Deno.test("flag C of the peer forbids joins to its first address, and nothing else (RFC 8684 3.1-13)", () => {
  const pair = new Pair(twoPaths);
  const seen = observe(pair, (header, fromClient) => {
    const { mptcp } = header.options;
    if (!fromClient && mptcp.present & MP_CAPABLE) mptcp.capableFlags |= 0x20;
  });
  const { client } = confirmed(pair);
  assertEquals([client.isMultipath, client.joinsToPrimaryAllowed, client.subflows.length], [true, false, 1]);
  assertEquals(seen.filter(({ header }) => header.options.mptcp.present & MP_JOIN).length, 0);
});

Deno.test("MP_JOIN proves both ends' knowledge of the keys over both nonces (RFC 8684 3.2-11)", () => {
  const pair = new Pair(twoPaths);
  const seen = observe(pair);
  const { client, server } = confirmed(pair);
  const [syn, synAck, third] = seen.filter(({ header }) => header.options.mptcp.present & MP_JOIN);
  assertEquals([syn, synAck, third].map((segment) => segment!.header.options.mptcp.joinLength), [12, 16, 24]);
  const first = syn!.header.options.mptcp;
  const answer = synAck!.header.options.mptcp;
  assertEquals([first.joinToken, syn!.packet], [server.localKey.token, "10.0.1.1 > 10.0.0.2"]);
  const hmac = (keys: MetaKeys, nonces: number[]) => {
    const bytes = new DataView(new ArrayBuffer(8));
    nonces.forEach((nonce, i) => bytes.setUint32(4 * i, nonce));
    const key = keys.flatMap(({ localKey }) => [...localKey.bytes()]);
    return [...createHmac("sha256", Uint8Array.from(key)).update(new Uint8Array(bytes.buffer)).digest()];
  };
  type MetaKeys = { localKey: { bytes(): Uint8Array } }[];
  const expected = hmac([server, client], [answer.joinNonce, first.joinNonce]);
  assertEquals([...answer.joinHmac.subarray(0, 8)], expected.slice(0, 8));
  const proof = hmac([client, server], [first.joinNonce, answer.joinNonce]);
  assertEquals([...third!.header.options.mptcp.joinHmac], proof.slice(0, 20));
  assertEquals(client.subflows.map(({ usable }) => usable), [true, true]);
  assertEquals(server.subflows.map(({ usable }) => usable), [true, true]);
});

Deno.test("the third segment of a join is repeated until the fourth comes (RFC 8684 3.2-3, 3.2-4)", () => {
  const pair = new Pair(twoPaths);
  let lost = 0;
  const seen = observe(pair, (header) => {
    const { mptcp } = header.options;
    if (mptcp.present & MP_JOIN && mptcp.joinLength === 24 && lost++ < 2) return false;
  });
  const { server } = confirmed(pair);
  pair.pass(3_000_000);
  const third = seen.filter(({ header }) =>
    header.options.mptcp.joinLength === 24 && header.options.mptcp.present & MP_JOIN
  );
  assertEquals([third.length >= 3, server.subflows.map(({ usable }) => usable)], [true, [true, true]]);
  assert(seen.length < 60, "and not without end");
});

Deno.test("a join that wants to be backup is backup at both ends", () => {
  const pair = new Pair({ ...twoPaths, interface: { mtu: 1500, superSegment: 0, backup: true } });
  const { client, server } = confirmed(pair);
  for (const end of [client, server]) assertEquals(end.subflows.map(({ backup }) => backup), [false, true]);
  assertEquals([client.subflows[1]!.isLocalBackup, server.subflows[1]!.isRemoteBackup], [true, true]);
});

Deno.test("two ends that open to each other at once speak Multipath TCP, or plain TCP if one of them does not (RFC 9293 section 3.5)", () => {
  for (const [one, other] of [[true, true], [true, false], [false, true], [false, false]] as const) {
    const pair = new Pair({ addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] } });
    const [here, there] = [6000, 7000].map((port, i) => ({ address: IpAddress.parse(`10.0.0.${i + 1}`), port }));
    const open = (stack: Stack, local: SocketAddress, remote: SocketAddress, multipath: boolean) =>
      stack.connect({ local, remote, options: { multipath } }, pair.now);
    const client = open(pair.client, here!, there!, one);
    const server = open(pair.server, there!, here!, other);
    pair.run(8);
    client.write(new Uint8Array(10_000), pair.now);
    server.write(new Uint8Array(20_000), pair.now);
    pair.run(30);
    assertEquals([client.readable, server.readable], [20_000, 10_000]);
    assertEquals([client.isMultipath, server.isMultipath], [one && other, one && other]);
    if (one && other) {
      client.paths.act((actions) => actions.open(actions.localAddresses[1]!, actions.remoteAddresses[0]!), pair.now);
      pair.run(10);
      assertEquals(server.subflows.filter(({ usable }) => usable).length, 2);
    }
    for (const socket of [client, server]) {
      socket.read(new Uint8Array(20_000), pair.now);
      socket.shutdown(pair.now);
    }
    pair.run(30);
    assertEquals([client.state, client.error, server.state, server.error], ["closed", null, "closed", null]);
  }
});

Deno.test("the program hears when both ends have shown that they have the keys, once", () => {
  const pair = new Pair();
  const { client, server } = pair.connect();
  const events = (socket: MetaSocket): string[] => {
    const types: string[] = [];
    for (let event = socket.pollEvent(); event !== undefined; event = socket.pollEvent()) types.push(event.type);
    return types;
  };
  const begun = ["established", "subflow-established"];
  assertEquals([events(client), events(server)], [begun, [...begun, "confirmed"]]);
  client.write(new Uint8Array(1000), pair.now);
  pair.run(6);
  assertEquals([events(client), events(server)], [["confirmed"], []]);
});

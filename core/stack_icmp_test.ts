import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fullMesh } from "../pathmanagers/mod.ts";
import { icmpErrorAbout } from "../tests/harness/icmp.ts";
import { Pair } from "../tests/harness/pair.ts";
import type { MetaSocket } from "./meta/socket.ts";
import type { IcmpErrorKind } from "./wire/icmp.ts";
import { MP_CAPABLE } from "./wire/mptcp.ts";
import type { Packet } from "./wire/packet.ts";
import { SYN, TcpHeader } from "./wire/tcp.ts";

function headerOf(packet: Packet): TcpHeader {
  const header = new TcpHeader();
  assert(header.parse(packet.view, packet.start, packet.end));
  return header;
}

/** Packets of the client that `matches` are lost, and it hears `kind`. */
function refuse(pair: Pair, kind: IcmpErrorKind, matches: (packet: Packet) => boolean): void {
  pair.filter = (packet, fromClient) => {
    if (!fromClient || !matches(packet)) return true;
    pair.client.handleIcmp(icmpErrorAbout(packet, kind), pair.now);
    return false;
  };
}

function eventsOf(socket: MetaSocket): string[] {
  const events: string[] = [];
  for (let event = socket.pollEvent(); event !== undefined; event = socket.pollEvent()) {
    events.push(event.type === "subflow-closed" ? `${event.type}: ${event.reason}` : event.type);
  }
  return events;
}

const MESSAGES = [
  ["host-unreachable", "unreachable", "Cannot connect: the network cannot reach the peer: its host does not answer"],
  ["prohibited", "unreachable", "Cannot connect: the network cannot reach the peer: a filter forbids it"],
  ["port-unreachable", "refused", "Cannot connect: the peer refused it: its port is unreachable"],
] as const;

for (const [kind, code, message] of MESSAGES) {
  Deno.test(`a connection that hears "${kind}" fails at once and says why (RFC 9293 MUST-54)`, () => {
    const pair = new Pair();
    refuse(pair, kind, () => true);
    const client = pair.dial();
    pair.turn();
    assertEquals([client.state, client.error?.code, client.error?.message], ["closed", code, message]);
    assertEquals([pair.client.socketCount, pair.client.pollTimeout()], [0, Infinity]);
  });
}

Deno.test("a join that hears of no route fails at once, and is tried again; the connection goes on", () => {
  const addresses = { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] };
  const pair = new Pair({ addresses, pathManager: fullMesh() });
  refuse(pair, "network-unreachable", (packet) => packet.source.toString() === "10.0.1.1");
  const { client } = pair.connect();
  client.write(new Uint8Array(1), pair.now);
  pair.run(10);
  assertEquals(eventsOf(client).filter((type) => type.startsWith("subflow")), [
    "subflow-established",
    "subflow-closed: unreachable",
  ]);
  assertEquals([client.state, client.subflows.length], ["established", 1]);
  pair.filter = null;
  pair.pass(5_000_000);
  assertEquals(client.subflows.length, 2, "the path manager has learned of it and tries again after a while");
});

Deno.test("what the network said explains why an established connection timed out", () => {
  for (const multipath of [true, false]) {
    const pair = new Pair({ options: { multipath, retries: 3, closeTimeout: 1_000_000 } });
    const { client } = pair.connect();
    client.write(new Uint8Array(100), pair.now);
    refuse(pair, "host-unreachable", () => true);
    pair.pass(100_000);
    assertEquals([client.state, client.error], ["established", null], "routes come and go");
    pair.pass(60_000_000);
    assertEquals(client.error?.code, "unreachable");
    assertStringIncludes(client.error!.message, "its host does not answer");
  }
});

/** The troubles that a program has heard of. */
function troublesOf(socket: MetaSocket): string[] {
  const troubles: string[] = [];
  for (let event = socket.pollEvent(); event !== undefined; event = socket.pollEvent()) {
    if (event.type === "trouble") troubles.push(`${event.subflow.local.address}: ${event.cause}`);
  }
  return troubles;
}

for (const multipath of [true, false]) {
  const kind = multipath ? "Multipath TCP" : "plain TCP";

  Deno.test(`${kind}: a program hears at once what the network says of an open connection, which goes on (RFC 9293 MUST-47, SHLD-25)`, () => {
    const pair = new Pair({ options: { multipath } });
    const { client, server } = pair.connect();
    refuse(pair, "host-unreachable", () => true);
    client.write(new Uint8Array(100), pair.now);
    pair.turn();
    assertEquals([troublesOf(client), client.state, client.error], [
      ["10.0.0.1: host-unreachable"],
      "established",
      null,
    ]);
    pair.pass(1_000_000);
    assertEquals(troublesOf(client), [], "once for each thing that is said");
    pair.filter = null;
    pair.pass(2_000_000);
    assertEquals(server.readable, 100);
  });

  Deno.test(`${kind}: it hears of three retransmissions in vain long before the end (RFC 9293 SHLD-9, SHLD-10)`, () => {
    const pair = new Pair({ options: { multipath, closeTimeout: 1_000_000 } });
    const { client } = pair.connect();
    client.write(new Uint8Array(100), pair.now);
    pair.run(6);
    pair.filter = () => false;
    client.write(new Uint8Array(100), pair.now);
    const { counters } = pair.client;
    while (counters.TcpExtTCPTimeouts < 2) pair.pass(10_000);
    assertEquals(troublesOf(client), []);
    while (counters.TcpExtTCPTimeouts < 3) pair.pass(10_000);
    assertEquals([troublesOf(client), client.state], [["10.0.0.1: timeout"], "established"]);
    pair.pass(600_000_000);
    assertEquals([troublesOf(client), client.state], [[], "established"]);
  });
}

Deno.test("an error about a segment of no connection is counted", () => {
  const pair = new Pair();
  let seen: Packet | null = null;
  pair.filter = (packet) => (seen ??= packet) === null;
  pair.dial();
  pair.turn();
  pair.server.handleIcmp(icmpErrorAbout(seen!, "port-unreachable"), pair.now);
  assertEquals([pair.server.counters.IcmpInErrors, pair.client.counters.IcmpInErrors], [1, 0]);
});

Deno.test("super-segments are cut to what the path takes, and each range keeps its one mapping (RFC 8684 3.7-2)", () => {
  const properties = { mtu: 1500, superSegment: 65_000 };
  const pair = new Pair({ interface: properties, options: { sendBuffer: 300_000, receiveBuffer: 300_000 } });
  const { client, server } = pair.connect();
  let limit = 1500;
  const sizes = new Set<number>();
  const mappings = new Map<number, Set<string>>();
  pair.filter = (packet, fromClient) => {
    if (!fromClient) return true;
    const header = headerOf(packet);
    const { mptcp } = header.options;
    if (header.flags & SYN || header.payloadEnd === header.payloadStart) return true;
    assert(mptcp.mappingBytes === 8 || mptcp.present & MP_CAPABLE);
    const known = mappings.get(mptcp.subflowSequence) ?? new Set();
    mappings.set(mptcp.subflowSequence, known.add(`${mptcp.dataSequence} ${mptcp.dataLength}`));
    const longest = packet.segmentSize || header.payloadEnd - header.payloadStart;
    if (packet.segmentSize > 0) sizes.add(longest);
    if (20 + header.headerLength + longest <= limit) return true;
    pair.client.handleIcmp(icmpErrorAbout(packet, "too-big", limit), pair.now);
    return false;
  };
  const bytes = Uint8Array.from({ length: 4_000_000 }, (_, i) => i * 7);
  const into = new Uint8Array(65536);
  let written = 0;
  let read = 0;
  for (let turn = 0; read < bytes.length; turn++) {
    assert(turn < 2000, "it goes on");
    if (turn === 20) limit = 1400;
    if (turn === 25) limit = 900;
    written += client.write(bytes.subarray(written), pair.now);
    pair.turn();
    for (let count = server.read(into, pair.now); count > 0; count = server.read(into, pair.now)) {
      for (let i = 0; i < count; i++) assertEquals(into[i], bytes[read + i]);
      read += count;
    }
  }
  assertEquals([...sizes], [1420, 1320, 820]);
  for (const known of mappings.values()) assertEquals(known.size, 1, [...known].join(", "));
  assertEquals(pair.client.counters.TcpExtTCPTimeouts, 0);
  assertEquals(pair.client.counters.TcpExtTCPSackRecovery, 0, "none of it was congestion");
});

Deno.test("a probe leaves in one piece where others leave as super-segments", () => {
  const pair = new Pair({
    interface: { mtu: 1500, superSegment: 65_000 },
    options: { sendBuffer: 300_000, receiveBuffer: 300_000, mtuProbing: "always" },
  });
  const { client, server } = pair.connect();
  const lengths = new Set<number>();
  pair.filter = (packet, fromClient) => {
    const { payloadStart, payloadEnd } = headerOf(packet);
    if (fromClient && payloadEnd - payloadStart > 500) lengths.add(packet.segmentSize || payloadEnd - payloadStart);
    return packet.segmentSize > 0 || packet.end - packet.start + 20 <= 1400;
  };
  const chunk = new Uint8Array(65_536);
  for (let turn = 0; turn < 200; turn++) {
    while (client.write(chunk, pair.now) > 0);
    pair.turn();
    while (server.read(chunk, pair.now) > 0);
  }
  // Short ones at first; the longest is lost, and then those in the middle tell what passes.
  const [low, high] = [1024 - 40, 1500 - 80];
  assert(lengths.has(low) && lengths.has(high), [...lengths].join(" "));
  assert(pair.client.counters.TcpExtTCPMTUPFail > 0 && pair.client.counters.TcpExtTCPMTUPSuccess > 0);
  assertEquals(client.subflows[0]!.mss > 1300, true, `${client.subflows[0]!.mss}`);
  assert(client.subflows[0]!.mss <= 1400 - 72, "no more than passes in one piece");
});

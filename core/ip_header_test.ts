/** What a program may want in the IP headers of a connection. */

import { assert, assertEquals } from "@std/assert";
import { Pair } from "../tests/harness/pair.ts";
import { fullMesh } from "../pathmanagers/mod.ts";
import type { Stack } from "./stack.ts";
import { IpAddress } from "./wire/address.ts";
import { HEADROOM, Packet } from "./wire/packet.ts";
import { RST, SYN, TcpHeader } from "./wire/tcp.ts";

/** What the packets of each end have had since the last look, as "source: DSCP hop limit". */
function watch(pair: Pair): () => string[] {
  const seen = new Set<string>();
  pair.filter = (packet) => {
    seen.add(`${packet.source}: ${packet.dscp} ${packet.hopLimit}`);
    return true;
  };
  return () => {
    const all = [...seen].sort();
    seen.clear();
    return all;
  };
}

Deno.test("code point and hop limit go with every packet of a connection, on each subflow, and change with it (RFC 9293 MUST-48, MUST-49, SHLD-21)", () => {
  const pair = new Pair({
    addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
    pathManager: fullMesh(),
    options: { dscp: 46, hopLimit: 7 },
    serverOptions: {},
  });
  const seen = watch(pair);
  const { client, server } = pair.connect();
  client.write(new Uint8Array(10_000), pair.now);
  server.write(new Uint8Array(10_000), pair.now);
  pair.run(20);
  assertEquals(client.subflows.length, 2);
  assertEquals(seen(), ["10.0.0.1: 46 7", "10.0.0.2: 0 64", "10.0.1.1: 46 7"]);
  client.setOptions({ dscp: 10, hopLimit: 255 }, pair.now);
  server.setOptions({ dscp: 8 }, pair.now);
  client.write(new Uint8Array(50_000), pair.now);
  server.write(new Uint8Array(50_000), pair.now);
  pair.run(20);
  assertEquals(seen(), ["10.0.0.1: 10 255", "10.0.0.2: 8 64", "10.0.1.1: 10 255"]);
  client.abort(pair.now);
  pair.run(4);
  assertEquals(seen().filter((line) => line.startsWith("10.0.0.1")), ["10.0.0.1: 10 255"]);
});

Deno.test("a cookie has what its listener wants, a reset for nobody what is usual", () => {
  const pair = new Pair({ serverOptions: { dscp: 46, hopLimit: 7 } });
  const listener = pair.server.listen({ port: 443, synCookies: "always" }, pair.now);
  const seen = watch(pair);
  pair.dial();
  pair.run(2);
  assertEquals(pair.server.counters.TcpExtSyncookiesSent, 1);
  assertEquals(seen(), ["10.0.0.1: 0 64", "10.0.0.2: 46 7"]);
  listener.close(pair.now);
  const packet = new Packet(HEADROOM + 100);
  assertEquals(reply(pair.server, packet, pair.now), [RST, 0, 64]);
});

/** Flags, code point and hop limit of what `stack` answers to a SYN for nobody, in a packet that was used before. */
function reply(stack: Stack, packet: Packet, now: number): [number, number, number] {
  const syn = new TcpHeader();
  syn.flags = SYN;
  syn.destinationPort = 9;
  packet.end = syn.emit(packet.view, packet.start);
  packet.source.copy(IpAddress.parse("10.0.0.9"));
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  stack.handlePacket(packet, now);
  packet.dscp = 1;
  packet.hopLimit = 1;
  assert(stack.pollTransmit(packet, now));
  syn.parse(packet.view, packet.start, packet.end);
  return [syn.flags & RST, packet.dscp, packet.hopLimit];
}

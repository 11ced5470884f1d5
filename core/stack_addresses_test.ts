import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pair, PORT } from "../tests/harness/pair.ts";
import { MptcpError } from "./errors.ts";
import { IpAddress } from "./wire/address.ts";
import { HEADROOM, Packet } from "./wire/packet.ts";
import { ACK, SYN, TcpHeader } from "./wire/tcp.ts";

const at = (text: string) => IpAddress.parse(text);
const NOBODY = ["0.0.0.0", "::", "224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1"];

/** How many segments the server of `pair` sends in answer to one from `source` to `destination`. */
function answers(pair: Pair, source: string, destination: string, flags: number): number {
  const packet = new Packet(200);
  packet.source.copy(at(source));
  packet.destination.copy(at(destination));
  const header = Object.assign(new TcpHeader(), { sourcePort: 1234, destinationPort: PORT, flags, sequence: 100 });
  packet.end = header.emit(packet.view, packet.start);
  pair.server.handlePacket(packet, pair.now);
  let count = 0;
  for (packet.start = HEADROOM; pair.server.pollTransmit(packet, pair.now); packet.start = HEADROOM) count++;
  return count;
}

Deno.test("to connect to an address that no host has is an error (RFC 9293 MUST-46)", () => {
  const { client, now } = new Pair({ addresses: { client: ["10.0.0.1", "fd00::1"], server: ["10.0.0.2"] } });
  for (const address of NOBODY) {
    const act = () => client.connect({ remote: { address: at(address), port: 80 } }, now);
    assertEquals(assertThrows(act, MptcpError, `Cannot connect to ${at(address)}`).code, "address-not-available");
  }
  assertEquals(client.socketCount, 0);
});

Deno.test("a segment from an address that no host has gets no answer, whatever it is (RFC 9293 MUST-63)", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT }, pair.now);
  for (const source of NOBODY) {
    for (const flags of [SYN, ACK]) assertEquals(answers(pair, source, "10.0.0.2", flags), 0, source);
  }
  assertEquals([pair.server.counters.IpInAddrErrors, pair.server.socketCount], [2 * NOBODY.length, 1]);
  assertEquals(answers(pair, "203.0.113.1", "10.0.0.2", SYN), 1);
});

Deno.test("a segment to many, or to somebody else, gets no answer (RFC 9293 MUST-57)", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT }, pair.now);
  for (const destination of [...NOBODY, "10.0.0.3", "fd00::2"]) {
    for (const flags of [SYN, ACK]) assertEquals(answers(pair, "203.0.113.1", destination, flags), 0, destination);
  }
  assertEquals(pair.server.socketCount, 1);
});

Deno.test("a port can be listened on while a connection from it is being opened, which goes on (RFC 9293 MUST-41, MUST-42)", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT }, pair.now);
  const remote = { address: at("10.0.0.2"), port: PORT };
  const opening = pair.client.connect({ remote, local: { port: 5000 } }, pair.now);
  pair.turn();
  assertEquals(opening.state, "connecting");
  const listener = pair.client.listen({ port: 5000 }, pair.now);
  pair.run(5);
  assertEquals([opening.state, opening.local.port], ["established", 5000]);
  const from = { address: at("10.0.0.1"), port: 5000 };
  const incoming = pair.server.connect({ remote: from, local: { port: 6000 } }, pair.now);
  pair.run(5);
  assertEquals([incoming.state, listener.pending, opening.state], ["established", 1, "established"]);
});

Deno.test("a connection has the local address that was asked for, in all of its segments (RFC 9293 MUST-43, MUST-45)", () => {
  const pair = new Pair({ addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] } });
  const sources = new Set<string>();
  pair.filter = (packet, fromClient) => {
    sources.add(fromClient ? `${packet.source}` : `${packet.destination}`);
    return true;
  };
  const listener = pair.server.listen({ port: PORT }, pair.now);
  const remote = { address: at("10.0.0.2"), port: PORT };
  const socket = pair.client.connect({ remote, local: { address: at("10.0.1.1") } }, pair.now);
  pair.run(4);
  socket.write(new Uint8Array(5000), pair.now);
  pair.client.handleAddressUp(at("10.0.7.1"), { mtu: 1500, superSegment: 0 }, pair.now);
  pair.run(8);
  assert(listener.accept()!.readable === 5000);
  assertEquals([`${socket.local.address}`, [...sources]], ["10.0.1.1", ["10.0.1.1"]]);
});

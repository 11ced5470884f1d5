import { assert, assertEquals } from "@std/assert";
import { Pair } from "../../tests/harness/pair.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { DSS } from "../wire/mptcp.ts";
import { TcpHeader } from "../wire/tcp.ts";

/** A connected pair and the seconds at which `matches` segments left. */
function watch(pair: Pair, matches: (header: TcpHeader, fromClient: boolean) => boolean, isLost = false): number[] {
  const start = pair.now;
  const at: number[] = [];
  pair.filter = (packet, fromClient) => {
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    if (!matches(header, fromClient)) return true;
    at.push(Math.round((pair.now - start) / 1e5) / 10);
    return !isLost;
  };
  return at;
}

Deno.test("a closed window is asked for, with growing distance, until it opens (RFC 9293 MUST-36, SHLD-29, SHLD-30)", () => {
  const pair = new Pair({ options: { receiveBuffer: 3000 } });
  const { client, server } = pair.connect();
  const writtenAt = pair.now;
  client.write(new Uint8Array(10_000), pair.now);
  pair.run(10);
  assertEquals(server.readable, 3000);
  const closed = pair.now - writtenAt;
  const asked = watch(pair, (_, fromClient) => fromClient);
  pair.pass(10_000_000);
  assert(asked.length >= 4, `${asked}`);
  // What is watched is rounded to tenths of a second.
  assert(closed + 1e6 * asked[0]! >= client.subflows[0]!.figures.timeout - 50_000, `${asked}`);
  const distances = asked.slice(1).map((at, i) => at - asked[i]!);
  for (let i = 1; i < distances.length; i++) assert(distances[i]! > 1.8 * distances[i - 1]!, `${distances}`);
  assertEquals(pair.client.counters.TcpExtTCPWinProbe, asked.length);
  assertEquals(client.state, "established");
});

Deno.test("a window that opened is found out about though the update was lost", () => {
  const pair = new Pair({ options: { receiveBuffer: 3000 } });
  const { client, server } = pair.connect();
  client.write(new Uint8Array(4000), pair.now);
  pair.run(10);
  pair.filter = (_, fromClient) => fromClient;
  server.read(new Uint8Array(3000), pair.now);
  pair.turn();
  pair.filter = null;
  pair.pass(3_000_000);
  assertEquals(server.readable, 1000);
});

Deno.test("DATA_FIN is sent again until it is acknowledged, and then no more (RFC 8684 section 3.3.3)", () => {
  const pair = new Pair();
  const { client, server } = pair.connect();
  const isFin = ({ options: { mptcp } }: TcpHeader, fromClient: boolean) =>
    fromClient && (mptcp.present & DSS) !== 0 && mptcp.dataFin;
  const lost = watch(pair, isFin, true);
  client.shutdown(pair.now);
  pair.pass(3_000_000);
  assert(lost.length >= 3 && !server.readEnded, `${lost}`);
  const seen = watch(pair, isFin);
  pair.pass(3_000_000);
  assertEquals([server.readEnded, seen.length], [true, 1]);
});

Deno.test("data that every subflow delivered but no DATA_ACK covers goes again (RFC 8684 3.3.2-1)", () => {
  const addresses = { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] };
  const pair = new Pair({ addresses, pathManager: fullMesh() });
  const { client, server } = pair.connect();
  client.write(new Uint8Array(10), pair.now);
  pair.run(8);
  // A box acknowledges in the server's place and loses the data.
  client.write(new Uint8Array(100), pair.now);
  pair.filter = (packet, fromClient) => {
    if (!fromClient) return true;
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    const { source, destination } = packet;
    const payload = header.payloadEnd - header.payloadStart;
    if (payload === 0) return true;
    const from = source.clone();
    source.copy(destination);
    destination.copy(from);
    const { sequence, acknowledgment, sourcePort, destinationPort } = header;
    Object.assign(header, {
      sequence: acknowledgment,
      acknowledgment: (sequence + payload) >>> 0,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    });
    const stamp = header.options.timestampValue;
    header.options.timestampValue = header.options.timestampEcho;
    header.options.timestampEcho = stamp;
    header.options.mptcp.reset();
    header.options.mptcp.present = DSS;
    packet.end = header.emit(packet.view, packet.start);
    pair.client.handlePacket(packet, pair.now);
    return false;
  };
  pair.turn();
  pair.filter = null;
  const inFlight = client.subflows.map((subflow) => subflow.inFlight);
  assertEquals([inFlight, client.stats().bytesAcked, server.readable], [[0, 0], 10, 10]);
  pair.pass(1_000_000);
  assertEquals(pair.client.counters.MPTcpExtMPTCPRetrans > 0, true);
  // The path of the box has a gap now that nothing fills.
  pair.pass(3_000_000);
  assertEquals(server.readable, 110);
});

Deno.test("a connection without a path waits a minute for one, then fails with the reason", () => {
  const pair = new Pair();
  const { client } = pair.connect();
  client.write(new Uint8Array(1), pair.now);
  pair.run(4);
  pair.client.handleAddressDown(client.local.address, pair.now);
  assertEquals([client.state, client.subflows.length], ["established", 0]);
  pair.pass(59_000_000);
  assertEquals(client.state, "established");
  pair.pass(2_000_000);
  assertEquals([client.state, client.error?.code, pair.client.socketCount], ["closed", "timeout", 0]);
});

/** What RFC 8684 sections 3.3 and 3.7 ask of a connection as a whole, where no other test says it. */

import { assert, assertEquals } from "@std/assert";
import { observe } from "../../tests/harness/observe.ts";
import { Pair, type PairOptions } from "../../tests/harness/pair.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { roundRobin } from "../../schedulers/mod.ts";
import { FIN, TcpHeader } from "../wire/tcp.ts";

const twoPaths: PairOptions = {
  addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
  pathManager: fullMesh(),
};

/** Connected over both paths. */
function connected(options: PairOptions = {}) {
  const pair = new Pair({ ...twoPaths, ...options });
  const { client, server } = pair.connect();
  client.write(new Uint8Array(10), pair.now);
  pair.run(12);
  assertEquals(client.subflows.filter(({ usable }) => usable).length, 2);
  return { pair, client, server };
}

Deno.test("no subflow ends before both DATA_FINs are acknowledged, then each of them with a FIN (RFC 8684 3.3.3-1, 3.3.3-2, 3.3.3-3)", () => {
  const { pair, client, server } = connected();
  const seen = observe(pair);
  const fins = () => new Set(seen.filter(({ header }) => header.flags & FIN).map(({ packet }) => packet));
  client.write(new Uint8Array(50_000), pair.now);
  client.shutdown(pair.now);
  pair.run(40);
  assertEquals([server.readable, fins().size, client.subflows.length], [50_010, 0, 2]);
  server.shutdown(pair.now);
  pair.run(20);
  const ends = [["10.0.0.1", "10.0.0.2"], ["10.0.1.1", "10.0.0.2"]] as const;
  assertEquals(fins(), new Set(ends.flatMap(([a, b]) => [`${a} > ${b}`, `${b} > ${a}`])));
  assertEquals([client.state, client.error, server.state, server.error], ["closed", null, "closed", null]);
});

Deno.test("the largest window counts, and its edge moves right only (RFC 8684 3.3.5-1, 3.3.5-2)", () => {
  const receiveBuffer = 200_000;
  const { pair, client, server } = connected({ options: { receiveBuffer, receiveTuning: false } });
  observe(pair, (header, fromClient) => {
    if (!fromClient && pair.now % 20_000 < 10_000) header.window >>>= 3;
  });
  client.write(new Uint8Array(1_000_000), pair.now);
  let edge = 0;
  for (let i = 0; i < 100; i++) {
    pair.turn();
    const { sendWindowEnd } = client.stats();
    assert(sendWindowEnd >= edge, `${sendWindowEnd} after ${edge}`);
    edge = sendWindowEnd;
  }
  // A window is told in steps of its scale.
  assert(edge > receiveBuffer - 10 && server.readable === edge, `${edge} ${server.readable}`);
});

Deno.test("what each subflow was told bounds what is new on it, too, as a box with less room would have it (RFC 8684 3.3.5-3)", () => {
  const room = 10_000;
  const options = { receiveBuffer: 200_000, receiveTuning: false };
  const { pair, client, server } = connected({ scheduler: roundRobin(), options });
  const { tcp } = client.subflows[1]!;
  const isNarrow = (address: string) => address === "10.0.1.1";
  /** Sequence number up to which each path has been told that it may send, and the furthest that was sent. */
  let edge = 0;
  let furthest = 0;
  const offsetOf = (sequence: number) => (sequence - tcp.initialSequence) >>> 0;
  observe(pair, (header, fromClient, packet) => {
    if (!isNarrow(`${fromClient ? packet.source : packet.destination}`)) return;
    if (fromClient) {
      if (header.payloadEnd === header.payloadStart) return;
      furthest = Math.max(furthest, offsetOf(header.sequence) + header.payloadEnd - header.payloadStart);
      assert(edge === 0 || furthest <= edge, `sent up to ${furthest}, told ${edge}`);
    } else {
      header.window = Math.min(header.window, room >> tcp.sendScale);
      edge = Math.max(edge, offsetOf(header.acknowledgment) + (header.window << tcp.sendScale));
    }
  });
  pair.run(2);
  const before = [tcp.sendWindow.size, furthest];
  client.write(new Uint8Array(180_000), pair.now);
  pair.run(60);
  assertEquals(server.readable, 180_010);
  assert(furthest > before[1]! + room, "the narrow path was used, and for more than it takes at once");
});

for (const shrinks of [0, 300]) {
  Deno.test(`a path whose box announces no more than ${shrinks} bytes holds up nothing that another can carry`, () => {
    const { pair, client, server } = connected({ scheduler: roundRobin() });
    observe(pair, (header, fromClient, packet) => {
      if (!fromClient && `${packet.destination}` === "10.0.1.1") header.window = Math.min(header.window, shrinks >> 7);
    });
    pair.run(2);
    for (let i = 0; i < 40; i++) {
      client.write(new Uint8Array(40_000), pair.now);
      pair.run(10);
      server.read(new Uint8Array(100_000), pair.now);
    }
    pair.pass(10_000_000);
    assertEquals(client.stats().bytesAcked, 1_600_010);
    assertEquals(client.subflows.map(({ usable }) => usable), [true, true]);
  });
}

Deno.test("a subflow that was told long ago of a closed window asks, and is used", () => {
  const { pair, client, server } = connected({ options: { receiveBuffer: 30_000, receiveTuning: false } });
  client.write(new Uint8Array(60_000), pair.now);
  pair.run(20);
  for (const { tcp } of client.subflows) tcp.requestProbe();
  pair.run(2);
  assertEquals([server.readable, ...client.subflows.map(({ tcp }) => tcp.sendWindow.size)], [30_000, 0, 0]);
  const closed = client.subflows.map(({ tcp }) => tcp.sendWindow.edge);
  // What tells that it is open again comes over the first path only, which then goes dark.
  pair.filter = (packet, fromClient) => fromClient || `${packet.destination}` === "10.0.0.1";
  server.read(new Uint8Array(30_000), pair.now);
  pair.turn();
  assertEquals(client.subflows.map(({ tcp }, i) => tcp.sendWindow.edge > closed[i]!), [true, false]);
  client.write(new Uint8Array(1), pair.now);
  pair.filter = (packet, fromClient) => `${fromClient ? packet.source : packet.destination}` === "10.0.1.1";
  pair.pass(3_000_000);
  assertEquals(server.readable, 30_000);
});

Deno.test("what goes again on another subflow is still repaired on its own (RFC 8684 3.3.6-1)", () => {
  const { pair, client, server } = connected({ scheduler: roundRobin(), options: { receiveTuning: false } });
  let isDark = true;
  const lost = new Set<number>();
  const repaired = new Set<number>();
  pair.filter = (packet, fromClient) => {
    if (!fromClient || `${packet.source}` !== "10.0.1.1") return true;
    const header = new TcpHeader();
    header.parse(packet.view, packet.start, packet.end);
    const length = header.payloadEnd - header.payloadStart;
    for (let i = 0; i < length; i++) (isDark ? lost : repaired).add((header.sequence + i) >>> 0);
    return !isDark || length === 0;
  };
  client.write(new Uint8Array(60_000), pair.now);
  pair.pass(3_000_000);
  assertEquals([server.readable, lost.size > 0, client.stats().bytesReinjected > 0], [60_010, true, true]);
  isDark = false;
  pair.pass(60_000_000);
  assertEquals([...lost].filter((sequence) => !repaired.has(sequence)), []);
});

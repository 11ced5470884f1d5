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

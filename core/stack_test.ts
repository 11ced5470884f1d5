import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { fullMesh } from "../pathmanagers/mod.ts";
import { Pair, type PairOptions, PORT } from "../tests/harness/pair.ts";
import { MptcpError } from "./errors.ts";
import type { MetaSocket } from "./meta/socket.ts";
import { IpAddress } from "./wire/address.ts";
import { HEADROOM, Packet } from "./wire/packet.ts";
import { ACK, RST, SYN, TcpHeader } from "./wire/tcp.ts";

const at = (text: string) => IpAddress.parse(text);

function assertCode(act: () => unknown, code: string): void {
  assertEquals(assertThrows(act, MptcpError).code, code);
}

/** A segment from a stranger to the server, and what the server answers. */
function stray(pair: Pair, edit: (header: TcpHeader) => void): TcpHeader | null {
  const packet = new Packet(2000);
  packet.source.copy(at("203.0.113.1"));
  packet.destination.copy(at("10.0.0.2"));
  const header = new TcpHeader();
  Object.assign(header, { sourcePort: 1234, destinationPort: PORT, flags: SYN, sequence: 100, window: 1000 });
  edit(header);
  packet.end = header.emit(packet.view, packet.start);
  pair.server.handlePacket(packet, pair.now);
  packet.start = HEADROOM;
  if (!pair.server.pollTransmit(packet, pair.now)) return null;
  const answer = new TcpHeader();
  assert(answer.parse(packet.view, packet.start, packet.end));
  return answer;
}

Deno.test("a connection needs an address of its family and a free port", () => {
  const { client, now } = new Pair();
  const remote = { address: at("10.0.0.2"), port: 80 };
  assertCode(() => client.connect({ remote: { ...remote, address: at("2001:db8::1") } }, now), "address-not-available");
  assertCode(() => client.connect({ remote, local: { address: at("10.9.9.9") } }, now), "address-not-available");
  client.connect({ remote, local: { port: 5000 } }, now);
  assertCode(() => client.connect({ remote, local: { port: 5000 } }, now), "address-not-available");
  assertEquals(client.connect({ remote: { ...remote, port: 81 }, local: { port: 5000 } }, now).local.port, 5000);
});

Deno.test("an address that goes while a connection is opened, or under plain TCP, says so in the error", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT }, pair.now);
  const connecting = pair.dial();
  pair.client.handleAddressDown(at("10.0.0.1"), pair.now);
  const reason = "this host has that address no more";
  assertEquals([connecting.error?.code, connecting.error?.message], [
    "address-not-available",
    `Cannot connect: ${reason}`,
  ]);
  const other = new Pair({ options: { multipath: false } });
  const { client } = other.connect();
  other.client.handleAddressDown(at("10.0.0.1"), other.now);
  assertEquals([client.error?.code, client.error?.message], [
    "address-not-available",
    `Cannot use connection: ${reason}`,
  ]);
});

Deno.test("a port is listened on once, a picked one is free, a closed one too", () => {
  const { server, now } = new Pair();
  const listener = server.listen({ port: 80 }, now);
  assertCode(() => server.listen({ port: 80 }, now), "address-in-use");
  assertCode(() => server.listen({ port: 80, address: at("10.0.0.2") }, now), "address-in-use");
  assertCode(() => server.listen({ port: 81, address: at("10.9.9.9") }, now), "address-not-available");
  const picked = server.listen({ port: 0 }, now);
  assert(picked.port >= 32768 && picked.port <= 60999);
  listener.close(now);
  server.listen({ port: 80 }, now);
  assertEquals(server.socketCount, 2);
});

Deno.test("a segment for nobody is reset, a SYN with an unknown token with a reason (RFC 8684 3.2-6, 3.2-10)", () => {
  const pair = new Pair();
  assertEquals(stray(pair, (header) => header.flags = ACK)?.flags, RST);
  assertEquals(stray(pair, () => {})?.flags, RST | ACK);
  pair.server.listen({ port: PORT }, pair.now);
  const answer = stray(pair, ({ options: { mptcp } }) => {
    mptcp.present = 2;
    mptcp.joinLength = 12;
    mptcp.joinToken = 0xdead;
  });
  assertEquals([answer?.flags, answer?.options.mptcp.resetReason], [RST | ACK, 1]);
  assertEquals(pair.server.counters.MPTcpExtMPJoinNoTokenFound, 1);
  assertEquals(stray(pair, () => {})?.flags, SYN | ACK);
});

Deno.test("a malformed segment is counted and nothing else", () => {
  const pair = new Pair();
  const packet = new Packet(200);
  packet.end = packet.start + 19;
  pair.server.handlePacket(packet, pair.now);
  assertEquals([pair.server.counters.TcpInErrs, pair.server.pollTransmit(packet, pair.now)], [1, false]);
});

Deno.test("without cookies SYNs beyond the SYN queue are dropped without an answer", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT, synBacklog: 1, synCookies: "never" }, pair.now);
  assertEquals(stray(pair, () => {})?.flags, SYN | ACK);
  assertEquals(stray(pair, (header) => header.sourcePort = 1235), null);
  const { TcpExtTCPReqQFullDrop, TcpExtListenDrops, TcpExtListenOverflows } = pair.server.counters;
  assertEquals([TcpExtTCPReqQFullDrop, TcpExtListenDrops, TcpExtListenOverflows], [1, 1, 0]);
});

Deno.test("a SYN is not believed before its sender has shown its address: one that never answers is forgotten", () => {
  const pair = new Pair();
  pair.server.listen({ port: PORT }, pair.now);
  stray(pair, () => {});
  assertEquals(pair.server.socketCount, 3);
  pair.pass(200_000_000);
  assertEquals([pair.server.socketCount, pair.server.pollTimeout()], [1, Infinity]);
});

Deno.test("initial sequence numbers differ from path to path and grow with time (RFC 6528)", () => {
  const pair = new Pair();
  const sequences = new Map<string, number>();
  pair.filter = ({ view, start, source }) => {
    sequences.set(`${source} ${view.getUint16(start)}`, view.getUint32(start + 4));
    return false;
  };
  const remote = { address: at("10.0.0.2"), port: PORT };
  for (const port of [5000, 5001]) pair.client.connect({ remote, local: { port } }, pair.now);
  pair.turn();
  const [first, second] = [...sequences.values()];
  assert(Math.abs(first! - second!) > 1000);
});

Deno.test("a SYN on ends in TIME-WAIT opens a new connection if its number is newer", () => {
  const pair = new Pair({ options: { multipath: false } });
  const listener = pair.server.listen({ port: PORT }, pair.now);
  const open = () => {
    const socket = pair.client.connect({
      remote: { address: at("10.0.0.2"), port: PORT },
      local: { port: 5000 },
    }, pair.now);
    pair.run(6);
    return socket;
  };
  const first = open();
  const accepted = listener.accept()!;
  accepted.shutdown(pair.now);
  pair.run(4);
  first.shutdown(pair.now);
  pair.run(4);
  assertEquals([first.state, first.error, accepted.state, accepted.error], ["closed", null, "closed", null]);
  assertEquals([pair.client.socketCount, pair.server.socketCount > 1], [0, true]);
  pair.now += 1_000_000;
  assertEquals(open().state, "established");
  assertEquals(listener.pending, 1);
});

// ---------------------------------------------------------------------- the meta socket against two arrays of bytes

interface Model {
  readonly sent: [number[], number[]];
  readonly received: [number[], number[]];
  readonly ended: [boolean, boolean];
}

interface Real {
  readonly pair: Pair;
  readonly ends: readonly [MetaSocket, MetaSocket];
}

class Step implements fc.Command<Model, Real> {
  constructor(readonly name: string, readonly act: (model: Model, real: Real) => void) {}
  check = () => true;
  run = (model: Model, real: Real) => this.act(model, real);
  toString = () => this.name;
}

/** What `side` writes at `offset`. */
const byteAt = (side: number, offset: number) => (Math.imul(offset + 1, 0x9e3779b1 + side) >>> 16) & 255;

const side = fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>;
const STEPS = [
  fc.tuple(side, fc.integer({ min: 1, max: 9000 })).map(([side, length]) =>
    new Step(`${side} writes ${length}`, (model, { pair, ends }) => {
      const end = ends[side];
      const bytes = Uint8Array.from({ length }, (_, i) => byteAt(side, model.sent[side].length + i));
      const expected = model.ended[side] ? 0 : Math.min(length, end.writable);
      assertEquals(end.write(bytes, pair.now), expected);
      for (let i = 0; i < expected; i++) model.sent[side].push(bytes[i]!);
    })
  ),
  fc.tuple(side, fc.integer({ min: 1, max: 9000 })).map(([side, length]) =>
    new Step(`${side} reads ${length}`, (model, { pair, ends }) => {
      const into = new Uint8Array(length);
      const expected = Math.min(length, ends[side].readable);
      assertEquals(ends[side].read(into, pair.now), expected);
      for (let i = 0; i < expected; i++) model.received[side].push(into[i]!);
    })
  ),
  fc.integer({ min: 1, max: 4 }).map((turns) => new Step(`${turns} turns`, (_, { pair }) => pair.run(turns))),
  fc.constant(new Step("time passes", (_, { pair }) => pair.pass(400_000))),
  fc.integer({ min: 0, max: 2 }).map((n) =>
    new Step(`every ${n + 2}. segment is lost`, (_, { pair }) => {
      let count = 0;
      pair.filter = () => ++count % (n + 2) !== 0;
      pair.run(3);
      pair.filter = null;
    })
  ),
  side.map((side) =>
    new Step(`${side} ends`, (model, { pair, ends }) => {
      ends[side].shutdown(pair.now);
      model.ended[side] = true;
      assertEquals(ends[side].writable, 0);
    })
  ),
];

function check(model: Model, { ends }: Real): void {
  for (const side of [0, 1] as const) {
    const [sent, received] = [model.sent[1 - side]!, model.received[side]];
    assert(received.length <= sent.length);
    const wrong = received.findIndex((byte, i) => byte !== sent[i]);
    assertEquals(wrong, -1, "what is read is what was written, in order");
    assert(ends[side].readable + received.length <= sent.length);
    if (ends[side].readEnded) assertEquals([received.length, model.ended[1 - side]], [sent.length, true]);
  }
}

const small = { sendBuffer: 20_000, receiveBuffer: 15_000, timeWait: 1_000_000 };
const KINDS: Record<string, PairOptions> = {
  "plain TCP": { options: { ...small, multipath: false } },
  "one subflow": { options: small },
  "three subflows": {
    options: small,
    addresses: { client: ["10.0.0.1", "10.0.1.1", "10.0.2.1"], server: ["10.0.0.2"] },
    pathManager: fullMesh(),
  },
};

for (const [kind, options] of Object.entries(KINDS)) {
  Deno.test(`a connection says what two arrays of bytes say, and leaves nothing behind: ${kind}`, () => {
    fc.assert(
      fc.property(fc.commands(STEPS, { size: "+1" }), (sequence) => {
        const pair = new Pair(options);
        const { client, server } = pair.connect();
        const real: Real = { pair, ends: [client, server] };
        const model: Model = { sent: [[], []], received: [[], []], ended: [false, false] };
        fc.modelRun(() => ({ model, real }), sequence);
        check(model, real);
        // Both ends finish: all that was written arrives, and nothing is left.
        const into = new Uint8Array(20_000);
        for (const end of real.ends) end.shutdown(pair.now);
        model.ended[0] = model.ended[1] = true;
        const isOver = () => real.ends.every((end) => end.state === "closed" && end.readEnded);
        for (let i = 0; i < 200 && !isOver(); i++) {
          pair.pass(500_000);
          for (const side of [0, 1] as const) {
            const length = real.ends[side].read(into, pair.now);
            for (let i = 0; i < length; i++) model.received[side].push(into[i]!);
          }
        }
        check(model, real);
        assertEquals([client.error, server.error], [null, null]);
        assertEquals(real.ends.map((end) => [end.state, end.readEnded]), [["closed", true], ["closed", true]]);
        pair.pass(300_000_000);
        for (const stack of [pair.client, pair.server]) {
          assertEquals([stack.socketCount, stack.segments.inUse, stack.blocks.inUse], [0, 0, 0]);
          assertEquals(stack.pollTimeout(), Infinity);
        }
      }),
      { numRuns: 60 },
    );
  });
}

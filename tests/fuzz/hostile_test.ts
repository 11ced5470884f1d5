import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Stack } from "../../core/stack.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { TcpHeader } from "../../core/wire/tcp.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { IpInput, type IpInputCounters, type IpVerdict, newIpInputCounters } from "../../transports/ip_input.ts";
import { isChecksumTrusted, readSegmentSize } from "../../transports/linux/virtio.ts";
import { Pair, type PairOptions, PORT } from "../harness/pair.ts";
import { anyRecipe, anyVirtioHeader, cook, type Ends, isSegmentOf } from "./hostile.ts";

const FACTOR = Number(Deno.env.get("MPTCP_TEST_RUNS") ?? 1);
const ENDS: readonly Ends[] = [
  { from: "10.0.0.2", fromPort: PORT, to: "10.0.0.1", toPort: 40_000 },
  { from: "fd00::2", fromPort: PORT, to: "fd00::1", toPort: 40_000 },
];

/** Puts packets into a stack as a TUN device does; they end where their storage ends, so that no read goes beyond. */
class Device {
  readonly counters: IpInputCounters = newIpInputCounters();
  readonly #stack: Stack;
  readonly #input: IpInput;
  #now = 0;

  constructor(stack: Stack) {
    this.#stack = stack;
    const isOwn = (address: { toString(): string }) =>
      stack.localAddresses.some((known) => `${known.address}` === `${address}`);
    this.#input = new IpInput(this.counters, isOwn, (error) => stack.handleIcmp(error, this.#now));
  }

  take(bytes: Uint8Array, virtio: Uint8Array, now: number): IpVerdict {
    const packet = new Packet(HEADROOM + 10 + bytes.length);
    this.#now = now;
    packet.bytes.set(virtio, HEADROOM);
    packet.bytes.set(bytes, HEADROOM + 10);
    const isTrusted = isChecksumTrusted(packet.view, HEADROOM);
    const verdict = this.#input.take(packet, HEADROOM + 10, packet.bytes.length, isTrusted);
    if (verdict !== "segment") return verdict;
    packet.segmentSize = readSegmentSize(packet.view, HEADROOM);
    this.#stack.handlePacket(packet, now);
    return verdict;
  }
}

Deno.test("whatever arrives is taken apart without a word, within its bounds", () => {
  const seen = { segment: 0, reply: 0, done: 0 };
  const { now, server } = new Pair({ addresses: { client: ["10.0.0.2", "fd00::2"], server: ["10.0.0.1", "fd00::1"] } });
  const device = new Device(server);
  fc.assert(
    fc.property(anyRecipe, fc.constantFrom(...ENDS), anyVirtioHeader, (recipe, ends, virtio) => {
      const verdict = device.take(cook(recipe, ends), virtio, now);
      seen[verdict]++;
    }),
    { numRuns: 5000 * FACTOR, ...(FACTOR === 1 ? { seed: 1 } : {}) },
  );
  // The recipes are good ones only if they lead everywhere.
  for (const [name, count] of Object.entries({ ...seen, ...device.counters })) assert(count > 20, `${name}: ${count}`);
  assert(server.counters.TcpInErrs > 10 && server.counters.IcmpInErrors > 100);
});

Deno.test("any bytes are taken apart without a word", () => {
  const { now, server } = new Pair();
  const device = new Device(server);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), anyVirtioHeader, (bytes, virtio) => {
      device.take(bytes, virtio, now);
    }),
    { numRuns: 5000 * FACTOR },
  );
});

/** One hostile packet, when it comes, and whether it pretends to belong to the connection. */
const anyAttack = fc.record({
  turn: fc.nat(60),
  toServer: fc.boolean(),
  isStranger: fc.boolean(),
  /** Numbers are so near to those of the connection, or wherever they are. */
  shift: fc.oneof(fc.constant(null), fc.constantFrom(-70_000, -1, 0, 1, 2, 1460, 70_000)),
  recipe: anyRecipe,
  virtio: anyVirtioHeader,
});
type Attack = typeof anyAttack extends fc.Arbitrary<infer T> ? T : never;

const OPTIONS: PairOptions = {
  addresses: { client: ["10.0.0.1", "10.0.1.1"], server: ["10.0.0.2"] },
  pathManager: fullMesh(),
  options: {
    sendBuffer: 30_000,
    receiveBuffer: 30_000,
    timeWait: 1_000_000,
    keepAlive: true,
    keepAliveTime: 5_000_000,
  },
};

/** A connection under attack. */
class Siege {
  readonly pair: Pair;
  readonly #devices: readonly [client: Device, server: Device];
  readonly #ends: { client: Ends; server: Ends };
  /** What passed last in either direction. */
  readonly #latest = { client: new TcpHeader(), server: new TcpHeader() };
  readonly client;
  readonly server;

  constructor() {
    this.pair = new Pair(OPTIONS);
    this.pair.filter = (packet, fromClient) => {
      this.#latest[fromClient ? "client" : "server"].parse(packet.view, packet.start, packet.end);
      return true;
    };
    const { client, server } = this.pair.connect();
    this.client = client;
    this.server = server;
    this.#devices = [new Device(this.pair.client), new Device(this.pair.server)];
    const [near, far] = [`${client.local.address}`, `${client.remote.address}`];
    const ports = { near: client.local.port, far: PORT };
    this.#ends = {
      server: { from: near, fromPort: ports.near, to: far, toPort: ports.far },
      client: { from: far, fromPort: ports.far, to: near, toPort: ports.near },
    };
  }

  /** Lets `attack` fall; only if nobody could take it for a segment of the connection, unless `isDeadly`. */
  strike({ toServer, isStranger, shift, recipe, virtio }: Attack, isDeadly: boolean): void {
    const target = toServer ? "server" : "client";
    const ends = this.#ends[target];
    const { sequence, acknowledgment } = this.#latest[toServer ? "client" : "server"];
    const numbers = shift === null
      ? recipe.numbers
      : [(sequence + shift) >>> 0, (acknowledgment + (shift >> 1)) >>> 0, ...recipe.numbers.slice(2)];
    const bytes = cook({ ...recipe, numbers }, isStranger ? { ...ends, fromPort: 9 } : ends);
    if (!isDeadly && isSegmentOf(bytes, ends)) return;
    this.#devices[toServer ? 1 : 0].take(bytes, virtio, this.pair.now);
  }

  assertNothingLeft(): void {
    this.client.abort(this.pair.now);
    this.server.abort(this.pair.now);
    this.pair.filter = null;
    // Whoever seemed to ask for a connection is waited for.
    this.pair.pass(400_000_000);
    for (const stack of [this.pair.client, this.pair.server]) {
      assertEquals([stack.socketCount, stack.segments.inUse, stack.blocks.inUse], [0, 0, 0]);
      assertEquals(stack.pollTimeout(), Infinity);
    }
  }
}

Deno.test("a connection under any attack may end, but nothing throws and nothing is left", () => {
  fc.assert(
    fc.property(fc.array(anyAttack, { minLength: 1, maxLength: 30 }), (attacks) => {
      const siege = new Siege();
      const { pair, client, server } = siege;
      const chunk = new Uint8Array(5000);
      for (let turn = 0; turn < 60; turn++) {
        client.write(chunk, pair.now);
        server.write(chunk, pair.now);
        for (const attack of attacks) if (attack.turn === turn) siege.strike(attack, true);
        pair.turn();
        while (client.read(chunk, pair.now) > 0 || server.read(chunk, pair.now) > 0);
      }
      siege.assertNothingLeft();
    }),
    { numRuns: 500 * FACTOR, ...(FACTOR === 1 ? { seed: 2 } : {}) },
  );
});

Deno.test("a connection carries on whatever arrives that is not its own: strangers, noise, wrong checksums, forged errors (RFC 9293 MUST-3)", () => {
  fc.assert(
    fc.property(fc.array(anyAttack, { minLength: 20, maxLength: 60 }), (attacks) => {
      const siege = new Siege();
      const { pair, client, server } = siege;
      const sent = Uint8Array.from({ length: 100_000 }, (_, i) => i * 31 >>> 3);
      const received: number[] = [];
      const into = new Uint8Array(65_536);
      let written = 0;
      for (let turn = 0; received.length < sent.length; turn++) {
        assert(turn < 3000, `${received.length} bytes arrived`);
        written += client.write(sent.subarray(written), pair.now);
        for (const attack of attacks) if (attack.turn === turn) siege.strike(attack, false);
        pair.turn();
        for (let count = server.read(into, pair.now); count > 0; count = server.read(into, pair.now)) {
          for (let i = 0; i < count; i++) received.push(into[i]!);
        }
      }
      assertEquals(Uint8Array.from(received), sent);
      assertEquals([client.error, server.error, client.isMultipath], [null, null, true]);
      siege.assertNothingLeft();
    }),
    { numRuns: 300 * FACTOR, ...(FACTOR === 1 ? { seed: 3 } : {}) },
  );
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IpAddress } from "../../core/wire/address.ts";
import { HEADROOM, Packet } from "../../core/wire/packet.ts";
import { ACK, CWR, FIN, MAXIMUM_HEADER_LENGTH, PSH, TcpHeader } from "../../core/wire/tcp.ts";
import { emitIpHeader } from "../ip.ts";
import { IpInput, newIpInputCounters } from "../ip_input.ts";
import { DeviceReader } from "./device_reader.ts";
import { addressOf } from "./memory.ts";
import { ERRNO, type Libc, openLibc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;

/** A packet that the device gives. */
interface Given {
  readonly port: number;
  readonly family: 4 | 6;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly flags: number;
  readonly timestamp: number;
  readonly ecn: number;
  /** What the header says of its length, in words, if that is not true. */
  readonly offset?: number;
  /** Which byte was changed on the way, of those that a checksum covers. */
  readonly damage: number | null;
}

const PLAIN = { port: 1, family: 4, flags: ACK, timestamp: 5, ecn: 0, damage: null } as const;

function packetOf({ port, family, sequence, payload, flags, timestamp, ecn, damage, offset }: Given): Uint8Array {
  const packet = new Packet(HEADROOM + MAXIMUM_HEADER_LENGTH + payload.length);
  const header = new TcpHeader();
  header.sourcePort = port;
  header.destinationPort = 80;
  header.sequence = sequence;
  header.flags = flags;
  header.options.hasTimestamp = true;
  header.options.timestampValue = timestamp;
  packet.end = header.emit(packet.view, packet.start);
  packet.bytes.set(payload, packet.end);
  packet.end += payload.length;
  packet.ecn = ecn;
  if (offset !== undefined) packet.view.setUint8(packet.start + 12, offset << 4);
  packet.source.copy(IpAddress.parse(family === 4 ? "10.0.0.1" : "fd00::1"));
  packet.destination.copy(IpAddress.parse(family === 4 ? "10.0.0.2" : "fd00::2"));
  const start = emitIpHeader(packet, "full");
  const bytes = packet.bytes.slice(start, packet.end);
  const open = family === 4 ? 0 : 8;
  if (damage !== null) bytes[open + damage % (bytes.length - open)]! ^= 0x10;
  return bytes;
}

/** A descriptor that gives packets as a device does, one for each call. */
class Device implements Disposable {
  readonly libc: Libc = openLibc();
  readonly descriptor: number;
  readonly #other: number;
  readonly #native = Deno.dlopen("libc.so.6", {
    socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  });

  constructor() {
    const pair = new Int32Array(2);
    assertEquals(this.#native.symbols.socketpair(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0, pair), 0);
    this.descriptor = pair[0]!;
    this.#other = pair[1]!;
  }

  give(bytes: Uint8Array): void {
    const memory = new Uint8Array(Math.max(bytes.length, 100));
    memory.set(bytes);
    assertEquals(this.libc.send(this.#other, addressOf(memory), bytes.length, 0), bytes.length);
  }

  [Symbol.dispose](): void {
    this.libc.close(this.descriptor);
    this.libc.close(this.#other);
    this.libc.release();
    this.#native.close();
  }
}

/** A segment as it is handed on. */
interface Taken {
  readonly port: number;
  readonly sequence: number;
  readonly flags: number;
  readonly payload: readonly number[];
  readonly segmentSize: number;
}

/** What a host gets of `packets`, and how many packets were good and bad. */
function taken(packets: readonly Uint8Array[]): { taken: Taken[]; received: number; bad: number } {
  using device = new Device();
  const counters = newIpInputCounters();
  const input = new IpInput(counters, () => true, () => {});
  const reader = new DeviceReader(device.libc, device.descriptor, 0);
  const result: Taken[] = [];
  const header = new TcpHeader();
  let joined = 0;
  const drain = () => {
    for (let end = reader.read(); end >= 0; end = reader.read()) {
      const { packet } = reader;
      if (input.take(packet, reader.ipAt, end, false) !== "segment") continue;
      joined += reader.join();
      if (!header.parse(packet.view, packet.start, packet.end)) continue;
      result.push({
        port: header.sourcePort,
        sequence: header.sequence,
        flags: header.flags,
        payload: [...packet.bytes.subarray(header.payloadStart, header.payloadEnd)],
        segmentSize: packet.segmentSize,
      });
    }
  };
  // As many as a socket of this kind holds by default.
  for (let i = 0; i < packets.length; i += 8) {
    for (const packet of packets.slice(i, i + 8)) device.give(packet);
    drain();
  }
  assertEquals(-reader.read(), ERRNO.EAGAIN);
  reader.close();
  return {
    taken: result,
    received: counters.IpInReceives + joined,
    bad: counters.TcpInCsumErrors + counters.IpInHdrErrors + counters.IpInUnknownProtos + counters.IpReasmFails,
  };
}

const bytes = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => from + i);

for (const family of [4, 6] as const) {
  Deno.test(`consecutive segments become one, over IPv${family}: the end of the last goes with it`, () => {
    const segment = (index: number, length = 100, more = {}) =>
      packetOf({ ...PLAIN, family, sequence: 0xffff_ff9c + index * 100, payload: bytes(length, index), ...more });
    const { taken: all, received } = taken([segment(0), segment(1), segment(2, 60, { flags: ACK | PSH }), segment(3)]);
    const first = { port: 1, sequence: 0xffff_ff9c, flags: ACK | PSH, segmentSize: 100 };
    assertEquals(all, [
      { ...first, payload: [...bytes(100, 0), ...bytes(100, 1), ...bytes(60, 2)] },
      { ...first, sequence: 200, flags: ACK, payload: [...bytes(100, 3)], segmentSize: 0 },
    ]);
    assertEquals(received, 4);
  });

  Deno.test(`what differs stands alone, over IPv${family}`, () => {
    const first = { ...PLAIN, family, sequence: 100, payload: bytes(50) };
    const second = { ...first, sequence: 150 };
    const others: Given[] = [
      { ...second, sequence: 151 },
      { ...second, port: 2 },
      { ...second, timestamp: 6 },
      { ...second, ecn: 3 },
      { ...second, flags: ACK | CWR },
      { ...second, payload: bytes(51) },
      { ...second, payload: bytes(0) },
      { ...second, family: family === 4 ? 6 : 4 },
    ];
    for (const other of others) {
      assertEquals(taken([first, other].map(packetOf)).taken.map(({ segmentSize }) => segmentSize), [0, 0]);
    }
    for (const flags of [ACK | PSH, ACK | FIN]) {
      const ended = [{ ...first, flags }, second].map(packetOf);
      assertEquals(taken(ended).taken.map(({ segmentSize }) => segmentSize), [0, 0]);
    }
    assertEquals(taken([first, second].map(packetOf)).taken.length, 1);
  });
}

Deno.test("a header that says to be shorter than one can be begins nothing", () => {
  const of = (sequence: number, length: number, more: Partial<Given>) =>
    packetOf({ ...PLAIN, sequence, payload: bytes(length), ...more });
  // What the other buffer holds of an earlier packet would say that the last one continues the third.
  const packets = [
    of(1092, 40, { offset: 0 }),
    of(5, 0, { port: 9 }),
    of(1000, 60, { offset: 0 }),
    of(777, 20, { port: 3 }),
  ];
  assertEquals(taken(packets).taken.map(({ port, payload }) => [port, payload.length]), [[9, 0], [3, 20]]);
});

Deno.test("a burst of tiny segments is not put together without end", () => {
  using device = new Device();
  let next = 0;
  const libc: Libc = {
    ...device.libc,
    readv: (descriptor, vectors, count) => {
      device.give(packetOf({ ...PLAIN, sequence: next++, payload: bytes(1) }));
      return device.libc.readv(descriptor, vectors, count);
    },
  };
  const reader = new DeviceReader(libc, device.descriptor, 0);
  assert(
    new IpInput(newIpInputCounters(), () => true, () => {}).take(reader.packet, reader.ipAt, reader.read(), false),
  );
  assertEquals(reader.join(), 64);
  reader.close();
});

Deno.test("no more is put together than fits an IP packet", () => {
  const packets = Array.from(
    { length: 7 },
    (_, i) => packetOf({ ...PLAIN, sequence: i * 20_000, payload: bytes(20_000, i) }),
  );
  assertEquals(taken(packets).taken.map(({ payload }) => payload.length), [60_000, 60_000, 20_000]);
});

Deno.test("whatever a device gives, every good packet comes in its turn, none twice and nothing of bad ones", () => {
  const step = fc.record({
    port: fc.constantFrom(1, 1, 1, 2),
    family: fc.constantFrom<4 | 6>(4, 4, 4, 6),
    skip: fc.constantFrom(0, 0, 0, 0, 0, 7),
    length: fc.constantFrom(40, 40, 40, 40, 13, 0, 41, 1400),
    flags: fc.constantFrom(ACK, ACK, ACK, ACK, ACK | PSH, ACK | FIN, ACK | CWR),
    timestamp: fc.constantFrom(5, 5, 5, 5, 6),
    ecn: fc.constantFrom(0, 0, 0, 3),
    damage: fc.option(fc.nat(1500), { freq: 6 }),
    noise: fc.option(fc.uint8Array({ minLength: 1, maxLength: 90 }), { freq: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const next = new Map<number, number>();
      const good: Given[] = [];
      let bad = 0;
      const packets = steps.map(({ skip, length, noise, ...rest }, index) => {
        if (noise !== null && (noise[0]! >>> 4) % 2 === 1) {
          bad++;
          return noise;
        }
        const sequence = (next.get(rest.port) ?? 0xffff_ff80) + skip;
        next.set(rest.port, sequence + length);
        const given: Given = { ...rest, sequence: sequence >>> 0, payload: bytes(length, index) };
        const packet = packetOf(given);
        if (rest.damage === null) good.push(given);
        else bad++;
        return packet;
      });
      const result = taken(packets);
      const flat = result.taken.map(({ port, sequence, payload, flags }) => ({ port, sequence, payload, flags }));
      const expected: typeof flat = [];
      let at = 0;
      for (const { segmentSize, payload } of result.taken) {
        const count = Math.max(1, Math.ceil(payload.length / (segmentSize || Infinity)));
        const part = good.slice(at, at += count);
        const lengths = part.slice(0, -1).map(({ payload }) => payload.length);
        assertEquals(lengths.every((length) => length === segmentSize), true);
        expected.push({
          port: part[0]!.port,
          sequence: part[0]!.sequence,
          payload: part.flatMap(({ payload }) => [...payload]),
          flags: part.reduce((flags, one) => flags | one.flags, 0),
        });
      }
      assertEquals(flat, expected);
      assertEquals(at, good.length);
      assertEquals([result.received, result.bad], [packets.length, bad]);
    }),
    { numRuns: 300 },
  );
});

import { assert, assertEquals } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { IcmpError } from "../core/wire/icmp.ts";
import { Packet } from "../core/wire/packet.ts";
import { createHost, impaired, type ImpairOptions, memoryPair } from "../mod.ts";
import { createSeededEnv } from "../sim/env.ts";
import { captured } from "./capture.ts";
import { PcapngWriter } from "./pcapng.ts";
import { Random } from "./random.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** A device at hand: what it has to be received and what it was sent. */
class Device implements Transport {
  readonly arrived: Packet[] = [];
  readonly sent: string[] = [];
  hasRoom = true;
  flushes = 0;
  events!: TransportEvents;
  readonly #clock: { now: number };

  constructor(clock: { now: number }) {
    this.#clock = clock;
  }
  open(events: TransportEvents): void {
    this.events = events;
    events.addressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 60_000 });
  }
  receive(): Packet | null {
    return this.arrived.shift() ?? null;
  }
  send(packet: Packet): boolean {
    if (this.hasRoom) this.sent.push(`${nameOf(packet)} at ${this.#clock.now}`);
    return this.hasRoom;
  }
  flush(): void {
    this.flushes++;
  }
  close(): void {}
}

function opened(options: ImpairOptions) {
  const clock = { now: 0 };
  const device = new Device(clock);
  const log: string[] = [];
  const path = impaired(device, options);
  path.open({
    now: () => clock.now,
    ready: () => void log.push("ready"),
    addressUp: (address, { mtu, superSegment }) => void log.push(`up ${address} ${mtu} ${superSegment}`),
    addressDown: (address) => void log.push(`down ${address}`),
    icmpError: () => void log.push("error"),
    isPortInUse: () => true,
  });
  return { clock, device, path, log };
}

/** A segment of 60 bytes with its header, which takes 640 bits with that of IP. */
function packet(name: number): Packet {
  const packet = new Packet(200);
  packet.source.copy(IpAddress.parse("10.0.0.1"));
  packet.destination.copy(IpAddress.parse("10.0.0.2"));
  packet.end = packet.start + 60;
  packet.bytes[packet.start + 12] = 5 << 4;
  packet.bytes[packet.start + 30] = name;
  return packet;
}

const nameOf = ({ bytes, start }: Packet) => bytes[start + 30];

Deno.test("what is sent leaves when its time has come, at the next turn", () => {
  const { clock, device, path } = opened({ out: { delay: 10 } });
  assertEquals(path.deadline, Infinity);
  const first = packet(1);
  assert(path.send(first));
  first.bytes.fill(0);
  clock.now = 3000;
  path.send(packet(2));
  path.flush();
  assertEquals([device.sent, path.deadline], [[], 10_000]);
  clock.now = 10_000;
  path.flush();
  assertEquals([device.sent, path.deadline], [["1 at 10000"], 13_000]);
  clock.now = 14_000;
  path.flush();
  assertEquals([device.sent, device.flushes], [["1 at 10000", "2 at 14000"], 3]);
});

Deno.test("what arrives is handed on when its time has come, each direction on its own", () => {
  const { clock, device, path } = opened({ delay: 1, in: { delay: 10 } });
  device.arrived.push(packet(1), packet(2));
  path.send(packet(3));
  assertEquals([path.receive(), path.deadline], [null, 1000]);
  clock.now = 10_000;
  device.arrived.push(packet(4));
  assertEquals([nameOf(path.receive()!), nameOf(path.receive()!), path.receive()], [1, 2, null]);
  path.flush();
  assertEquals([device.sent, path.deadline], [["3 at 10000"], 20_000]);
});

Deno.test("the host is told of no super-segments, and of everything else as before", () => {
  const { device, log } = opened({});
  device.events.ready();
  device.events.icmpError(new IcmpError());
  device.events.addressDown(IpAddress.parse("10.0.0.1"));
  assertEquals(log, ["up 10.0.0.1 1500 0", "ready", "error", "down 10.0.0.1"]);
});

Deno.test("a transport without room holds up what has come out, and wakes nobody before it has room", () => {
  const { clock, device, path } = opened({ out: { delay: 1 } });
  path.send(packet(1));
  device.hasRoom = false;
  clock.now = 1000;
  path.flush();
  assertEquals([path.send(packet(2)), path.deadline], [false, Infinity]);
  device.hasRoom = true;
  assert(path.send(packet(2)));
  assertEquals([device.sent, path.deadline], [["1 at 1000"], 2000]);
});

Deno.test("more arrivals than one turn takes are asked for again", () => {
  const { device, path, log } = opened({ in: { loss: 1 } });
  device.arrived.push(...Array.from({ length: 100 }, (_, i) => packet(i)));
  assertEquals(path.receive(), null);
  assertEquals([device.arrived.length, log.at(-1)], [36, "ready"]);
  assertEquals([path.receive(), path.in.counters.dropped.loss], [null, 100]);
});

Deno.test("a path that goes down loses what is on its way, and what a host has in its hands stays valid", () => {
  const { device, path } = opened({});
  device.arrived.push(packet(1), packet(2));
  const held = path.receive()!;
  path.set({ up: false });
  assertEquals([nameOf(held), path.receive()], [1, null]);
});

Deno.test("the same seed gives each packet the same fate, whatever passes in the other direction", () => {
  const fates = (seed: number, arrivals: number) => {
    const { device, path } = opened({ loss: 0.5, env: createSeededEnv(new Random(seed)) });
    for (let i = 0; i < 100; i++) {
      path.send(packet(i));
      if (i < arrivals) device.arrived.push(packet(i));
      path.receive();
    }
    return device.sent;
  };
  assertEquals(fates(1, 0), fates(1, 50));
  assert(fates(1, 0).join() !== fates(2, 0).join());
});

Deno.test("two hosts talk over captured paths with rate, delay and every fault, and not a byte is wrong", async () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()));
  const faults = {
    rate: 40e6,
    delay: 2,
    jitter: 1,
    loss: 0.02,
    duplicate: 0.02,
    reorder: { probability: 0.02, delay: 3 },
    corrupt: 0.02,
    env: createSeededEnv(new Random("faults")),
  };
  const wifi = memoryPair({ superSegment: 20_000 });
  const lte = memoryPair({ left: ["10.0.1.1"], right: ["10.0.1.2"] });
  const [near, far] = [impaired(captured(wifi[1], writer, "wifi"), faults), impaired(lte[1], faults)];
  await using server = createHost({ transports: [wifi[0], lte[0]] });
  await using client = createHost({ transports: [captured(near, writer, "impaired"), far] });
  using listener = server.listen({ port: 80 });
  using conn = await client.connect({ hostname: "10.0.0.1", port: 80 });
  using accepted = await listener.accept();
  const bytes = new Random("content").fill(new Uint8Array(1_000_000));
  const [back] = await Promise.all([
    new Response(conn.readable).arrayBuffer(),
    new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeTo(conn.writable),
    accepted.readable.pipeTo(accepted.writable),
  ]);
  assertEquals(new Uint8Array(back), bytes);
  for (const { in: arrived, out: left } of [near, far]) {
    for (const { counters } of [arrived, left]) {
      assert(counters.dropped.loss > 0 && counters.dropped.checksum > 0, JSON.stringify(counters));
      assert(counters.duplicated > 0 && counters.reordered > 0, JSON.stringify(counters));
    }
  }
});

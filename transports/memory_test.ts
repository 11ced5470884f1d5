import { assertEquals, assertThrows } from "@std/assert";
import { IpAddress } from "../core/wire/address.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { MemoryHub, memoryPair, type MemoryTransport } from "./memory.ts";
import type { TransportEvents } from "./transport.ts";

class Log implements TransportEvents {
  readonly lines: string[] = [];
  now(): number {
    return 0;
  }
  ready(): void {
    this.lines.push("ready");
  }
  addressUp(address: IpAddress): void {
    this.lines.push(`up ${address}`);
  }
  addressDown(address: IpAddress): void {
    this.lines.push(`down ${address}`);
  }
  isPortInUse(): boolean {
    return true;
  }

  icmpError(): void {
    this.lines.push("ICMP error");
  }
}

function packet(source: string, destination: string, ...bytes: number[]): Packet {
  const result = new Packet(1000);
  result.source.copy(IpAddress.parse(source));
  result.destination.copy(IpAddress.parse(destination));
  result.bytes.set(bytes, result.start);
  result.end = result.start + bytes.length;
  return result;
}

function opened(transport: MemoryTransport): Log {
  const log = new Log();
  transport.open(log);
  return log;
}

Deno.test("a packet arrives at the transport that has its destination, as a copy", () => {
  const hub = new MemoryHub();
  const [a, b, c] = ["10.0.0.1", "10.0.0.2", "2001:db8::3"].map((address) => hub.attach([address]));
  const logs = [a!, b!, c!].map(opened);
  const sent = packet("10.0.0.1", "2001:db8::3", 1, 2, 3);
  sent.ecn = 3;
  assertEquals(a!.send(sent), true);
  sent.bytes.fill(0);
  assertEquals(logs.map(({ lines }) => lines.includes("ready")), [false, false, true]);
  const received = c!.receive()!;
  assertEquals([...received.bytes.subarray(received.start, received.end)], [1, 2, 3]);
  assertEquals([`${received.source}`, `${received.destination}`, received.ecn], ["10.0.0.1", "2001:db8::3", 3]);
  assertEquals([c!.receive(), b!.receive()], [null, null]);
});

Deno.test("what nobody can receive is dropped and counted", () => {
  const [a, b] = memoryPair({ mtu: 576 });
  opened(a);
  assertEquals([a.send(packet("10.0.0.1", "10.9.9.9", 1)), a.send(packet("10.0.0.1", "10.0.0.2", 1))], [true, true]);
  assertEquals(a.dropped, 2, "10.0.0.2 is there, but no host has opened it");
  opened(b);
  const tooLong = packet("10.0.0.1", "10.0.0.2");
  tooLong.end = HEADROOM + 700;
  a.send(tooLong);
  assertEquals([a.dropped, b.receive()], [3, null]);
});

Deno.test("a full queue holds the sender up until half of it is taken", () => {
  const [a, b] = memoryPair({ queue: 4 });
  const log = opened(a);
  opened(b);
  for (let i = 0; i < 4; i++) assertEquals(a.send(packet("10.0.0.1", "10.0.0.2", i)), true);
  assertEquals(a.send(packet("10.0.0.1", "10.0.0.2", 4)), false);
  log.lines.length = 0;
  const values: number[] = [];
  while (log.lines.length === 0) {
    const received = b.receive()!;
    values.push(received.bytes[received.start]!);
  }
  assertEquals(values, [0, 1, 2]);
  assertEquals(a.send(packet("10.0.0.1", "10.0.0.2", 4)), true);
  for (let received = b.receive(); received !== null; received = b.receive()) {
    values.push(received.bytes[received.start]!);
  }
  assertEquals(values, [0, 1, 2, 3, 4]);
});

Deno.test("addresses come and go, and are one host's only", () => {
  const [a, b] = memoryPair();
  const log = opened(a);
  a.addAddress("10.0.0.9");
  a.removeAddress("10.0.0.1");
  assertEquals(log.lines, ["up 10.0.0.1", "up 10.0.0.9", "down 10.0.0.1"]);
  assertThrows(() => b.addAddress("10.0.0.9"), TypeError, "taken");
  assertThrows(() => b.removeAddress("10.0.0.9"), TypeError, "not there");
  assertThrows(() => memoryPair({ left: ["10.0.0"] }), TypeError, "10.0.0");
});

Deno.test("a transport that closes lets those go on that it held up", () => {
  const [a, b] = memoryPair({ queue: 2 });
  const log = opened(a);
  opened(b);
  while (a.send(packet("10.0.0.1", "10.0.0.2", 1)));
  log.lines.length = 0;
  b.close();
  assertEquals(log.lines, ["ready"]);
  assertEquals(a.send(packet("10.0.0.1", "10.0.0.2", 1)), true);
  assertThrows(() => opened(b), TypeError, "once");
});

Deno.test("options out of range are refused by name", () => {
  assertThrows(() => memoryPair({ mtu: 100 }), RangeError, "mtu must be a whole number from 576 to 65535, is 100");
  assertThrows(() => memoryPair({ queue: 0 }), RangeError, "queue");
  assertThrows(() => memoryPair({ superSegment: 1.5 }), RangeError, "superSegment");
});

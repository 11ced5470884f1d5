import { assert, assertEquals, assertThrows } from "@std/assert";
import { Counters } from "../core/counters.ts";
import type { Stack } from "../core/stack.ts";
import { IpAddress } from "../core/wire/address.ts";
import type { Packet } from "../core/wire/packet.ts";
import { startHost } from "./driver.ts";
import { memoryPair } from "./memory.ts";
import type { Transport, TransportEvents, Waiter } from "./transport.ts";

/** A stack that is told what to send and when to wake, and notes what it gets. */
class FakeStack {
  readonly counters = new Counters();
  readonly hasFullRead = false;
  readonly log: string[] = [];
  output: number[] = [];
  deadline = Infinity;
  onTimeout = () => {};
  isBlocked = false;

  handleAddressUp(address: IpAddress): void {
    this.log.push(`up ${address}`);
  }
  handleAddressDown(address: IpAddress): void {
    this.log.push(`down ${address}`);
  }
  handlePacket(packet: Packet): void {
    this.log.push(`packet ${packet.bytes[packet.start]}`);
  }
  handleTimeout(): void {
    this.deadline = Infinity;
    this.log.push("timeout");
    this.onTimeout();
  }
  pollTransmit(into: Packet): boolean {
    if (this.output.length === 0 || this.isBlocked) return false;
    into.bytes[into.start] = this.output.shift()!;
    into.end = into.start + 1;
    into.source.copy(IpAddress.parse("10.0.0.1"));
    into.destination.copy(IpAddress.parse("10.0.0.2"));
    return true;
  }
  handleBlocked(): void {
    this.isBlocked = true;
  }
  handleRoom(): void {
    this.isBlocked = false;
  }
  pollTimeout(): number {
    return this.deadline;
  }
  pollReady(): undefined {}
}

function started(transports: readonly Transport[]) {
  const stack = new FakeStack();
  // As much of the engine as is called here.
  const host = startHost(stack as unknown as Stack, transports);
  return { stack, host };
}

const clock = () => performance.now() * 1000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 2000;
  while (!condition() && performance.now() < end) await turn();
  assert(condition());
}

const sanitized = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };

Deno.test("packets go from stack to stack in order, more of them than a transport's queue", sanitized, async () => {
  const [a, b] = memoryPair({ queue: 8 });
  const left = started([a]);
  const right = started([b]);
  left.stack.output = Array.from({ length: 200 }, (_, i) => i);
  a.addAddress("10.0.0.3");
  await until(() => right.stack.log.length === 201);
  assertEquals(right.stack.log, ["up 10.0.0.2", ...Array.from({ length: 200 }, (_, i) => `packet ${i}`)]);
  assertEquals(left.stack.log, ["up 10.0.0.1", "up 10.0.0.3"]);
  await Promise.all([left.host.close(), right.host.close()]);
});

for (const delay of [300, 5000]) {
  Deno.test(`a deadline in ${delay} µs fires once, and not before`, sanitized, async () => {
    const [transport] = memoryPair();
    const { stack, host } = started([transport]);
    await turn();
    const at = clock() + delay;
    let firedAt = 0;
    stack.onTimeout = () => firedAt = clock();
    stack.deadline = at;
    // Any news makes the driver look at the deadline anew.
    transport.addAddress("10.0.0.9");
    await until(() => firedAt > 0);
    assert(firedAt >= at && firedAt < at + 50_000, `fired ${firedAt - at} µs after the deadline`);
    assertEquals(stack.log.filter((line) => line === "timeout").length, 1);
    await host.close();
  });
}

Deno.test("two transports of one host cannot have the same address; all are given back", () => {
  const closed: string[] = [];
  const transport = (name: string): Transport => ({
    open: (events: TransportEvents) => events.addressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 }),
    receive: () => null,
    send: () => true,
    close: () => void closed.push(name),
  });
  assertThrows(() => started([transport("a"), transport("b")]), Deno.errors.AddrInUse, "10.0.0.1");
  assertEquals(closed, ["a"]);
});

Deno.test("a transport with a wait of its own is waited for until the nearest deadline", sanitized, async () => {
  const waits: number[] = [];
  let wake = () => {};
  let news = () => {};
  let input: string | null = null;
  const waiter: Waiter = {
    wait(timeout) {
      waits.push(timeout);
      return new Promise((resolve) => wake = resolve);
    },
    wake: () => wake(),
  };
  const transport: Transport = {
    waiter,
    open(events) {
      news = () => events.addressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 });
      news();
    },
    receive() {
      input = null;
      return null;
    },
    send: () => true,
    close() {},
  };
  const { stack, host } = started([transport]);
  await until(() => waits.length === 1);
  assertEquals(waits, [Infinity]);
  input = "something";
  wake();
  await until(() => input === null && waits.length === 2);
  stack.deadline = clock() + 60_000_000;
  news();
  await until(() => waits.length === 3);
  assert(waits[2]! > 50_000_000 && waits[2]! <= 60_000_000, `${waits[2]}`);
  await host.close();
});

Deno.test(
  "a host whose input comes seldom waits for it, and does not look for it all the time",
  sanitized,
  async () => {
    let looks = 0;
    let waits = 0;
    let wake = () => {};
    const waiter: Waiter = {
      wait(timeout) {
        waits++;
        return new Promise((resolve) => {
          const timer = setTimeout(resolve, Math.min(timeout / 1000, 2));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      },
      wake: () => wake(),
    };
    const transport: Transport = {
      waiter,
      open: (events) => events.addressUp(IpAddress.parse("10.0.0.1"), { mtu: 1500, superSegment: 0 }),
      receive() {
        looks++;
        return null;
      },
      send: () => true,
      close() {},
    };
    const { stack, host } = started([transport]);
    await until(() => waits === 10);
    looks = 0;
    // A deadline is waited for too.
    stack.deadline = clock() + 10_000;
    await until(() => waits >= 30);
    assert(looks <= 5 * 20, `${looks} looks between 20 waits`);
    await host.close();
  },
);

for (const hasWaiter of [false, true]) {
  const how = hasWaiter ? "with a wait of its own " : "";
  Deno.test(`a transport ${how}that names a deadline gets a turn then, and not before`, sanitized, async () => {
    const turns: number[] = [];
    let wake = () => {};
    const waiter: Waiter = {
      wait: (timeout) =>
        new Promise((resolve) => {
          const timer = timeout < Infinity ? setTimeout(resolve, timeout / 1000) : 0;
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        }),
      wake: () => wake(),
    };
    const transport = {
      ...(hasWaiter ? { waiter } : {}),
      deadline: Infinity,
      open(events: TransportEvents) {
        transport.deadline = events.now() + 20_000;
        assert(Math.abs(events.now() - clock()) < 10_000);
      },
      receive: () => null,
      send: () => true,
      flush() {
        if (clock() < transport.deadline) return;
        turns.push(clock() - transport.deadline);
        transport.deadline = Infinity;
      },
      close() {},
    };
    const { host } = started([transport]);
    await until(() => turns.length === 1);
    assert(turns[0]! < 100_000, `${turns[0]} µs late`);
    await host.close();
  });
}

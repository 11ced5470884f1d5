import { assertEquals } from "@std/assert";
import { Counters } from "../core/counters.ts";
import type { Stack } from "../core/stack.ts";
import { HEADROOM, Packet } from "../core/wire/packet.ts";
import { Intake } from "./intake.ts";
import type { Transport } from "./transport.ts";

/** Takes note of the packets, whose first byte is the place of their data in the stream. */
class FakeStack {
  readonly counters = new Counters();
  readonly seen: number[] = [];
  hasFullRead = false;
  #next = 0;
  readonly #ahead = new Set<number>();

  handlePacket({ bytes, start }: Packet): void {
    const place = bytes[start]!;
    this.seen.push(place);
    if (place > this.#next) {
      this.#ahead.add(place);
      this.counters.MPTcpExtOFOQueue++;
    }
    while (this.#next === place || this.#ahead.delete(this.#next)) this.#next++;
  }
}

/** Has one packet for each place, `length` bytes long. */
function holding(places: number[], length = 1): Transport {
  const packet = new Packet(HEADROOM + length);
  return {
    open() {},
    receive() {
      const place = places.shift();
      if (place === undefined) return null;
      packet.reset();
      packet.bytes[packet.start] = place;
      packet.end = packet.start + length;
      return packet;
    },
    send: () => true,
    close() {},
  };
}

function intakeOf(transports: readonly Transport[]) {
  const stack = new FakeStack();
  // As much of the engine as is called here.
  return { stack, intake: new Intake(stack as unknown as Stack, transports) };
}

const placesFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

Deno.test("a segment ahead of its turn sends the intake to the transport that has what belongs before it", () => {
  const { stack, intake } = intakeOf([holding([0, 1, 2, 7, 8]), holding([3, 4, 5, 6, 9])]);
  assertEquals(intake.take(0), false);
  assertEquals(stack.seen, [0, 1, 2, 7, 3, 4, 5, 6, 9, 8]);
  assertEquals(intake.packets, 10);
});

Deno.test("a transport of several interfaces is told that a segment is ahead of its turn", () => {
  let passed = 0;
  const transport = { ...holding([0, 2, 1, 3, 5]), passTurn: () => void passed++ };
  const { stack, intake } = intakeOf([transport]);
  intake.take(0);
  assertEquals([stack.seen, passed], [[0, 2, 1, 3, 5], 2]);
});

Deno.test("where nobody has what is missing, all is taken all the same", () => {
  const { stack, intake } = intakeOf([holding([1, 2, 3]), holding([])]);
  assertEquals(intake.take(0), false);
  assertEquals(stack.seen, [1, 2, 3]);
  assertEquals([intake.take(0), intake.packets], [false, 0]);
});

Deno.test("a burst ends by packets, by bytes, and when a program has all that it waits for", () => {
  const many = intakeOf([holding(placesFrom(0, 200))]);
  assertEquals([many.intake.take(0), many.intake.packets], [true, 128]);
  assertEquals([many.intake.take(0), many.intake.packets], [false, 72]);
  const long = intakeOf([holding(placesFrom(0, 20), 1 << 16)]);
  assertEquals([long.intake.take(0), long.intake.packets], [true, 16]);
  const full = intakeOf([holding(placesFrom(0, 20))]);
  full.stack.hasFullRead = true;
  assertEquals([full.intake.take(0), full.intake.packets], [true, 1]);
});

Deno.test("each transport has its turn, however much the others have", () => {
  const { stack, intake } = intakeOf([holding(placesFrom(0, 200)), holding(placesFrom(200, 2))]);
  intake.take(0);
  intake.take(0);
  assertEquals(stack.seen.slice(0, 129), [...placesFrom(0, 128), 200]);
});

Deno.test("a transport that has no more leaves its turn to the next, which no other goes before", () => {
  const { stack, intake } = intakeOf([holding([1]), holding([2, 4]), holding([3, 5])]);
  intake.take(0);
  assertEquals(stack.seen, [1, 2, 3, 4, 5]);
});

Deno.test("a host without transports takes nothing in", () => {
  const { intake } = intakeOf([]);
  assertEquals([intake.take(0), intake.packets], [false, 0]);
});

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BlockPool } from "../buffer/blocks.ts";
import { copyFromBlocks } from "../buffer/stream_buffer.ts";
import { SendQueue } from "./send_queue.ts";

const byteAt = (offset: number) => (offset * 11 + (offset >> 8)) & 255;

class Real {
  readonly pool = new BlockPool();
  readonly queue = new SendQueue(this.pool);

  write(length: number): void {
    const { end } = this.queue;
    this.queue.write(Uint8Array.from({ length: length + 5 }, (_, i) => byteAt(end + i)), length);
    this.queue.windowEnd = this.queue.end;
  }
}

Deno.test("what waits is what is written, inside of the window and not assigned", () => {
  const { queue } = new Real();
  queue.write(new Uint8Array(100), 100);
  assertEquals([queue.waiting, queue.buffered], [0, 100]);
  queue.windowEnd = 60;
  assertEquals(queue.waiting, 60);
  queue.next = 50;
  assertEquals([queue.waiting, queue.buffered], [10, 100]);
  queue.windowEnd = 200;
  assertEquals(queue.waiting, 50);
});

Deno.test("an acknowledgment frees what it covers; one of what was never assigned is nothing", () => {
  const real = new Real();
  real.write(100);
  real.queue.next = 80;
  assertEquals([real.queue.acknowledge(81), real.queue.una], [false, 0]);
  assertEquals([real.queue.acknowledge(50), real.queue.buffered], [true, 50]);
  assertEquals([real.queue.acknowledge(50), real.queue.acknowledge(40)], [false, false]);
});

Deno.test("DATA_FIN is acknowledged by a number of its own, and only once all is assigned", () => {
  const real = new Real();
  real.write(10);
  real.queue.finAt = 10;
  real.queue.next = 9;
  assertEquals([real.queue.acknowledge(10), real.queue.acknowledge(11)], [false, false]);
  real.queue.next = 10;
  assertEquals([real.queue.acknowledge(10), real.queue.isFinished], [true, false]);
  assertEquals([real.queue.acknowledge(12), real.queue.acknowledge(11), real.queue.isFinished], [false, true, true]);
  assertEquals([real.queue.buffered, real.pool.inUse], [0, 0]);
});

Deno.test("only what is assigned and not acknowledged is assigned again", () => {
  const real = new Real();
  real.write(100);
  real.queue.next = 80;
  real.queue.acknowledge(20);
  real.queue.reinject(0, 100);
  const { reinjections } = real.queue;
  assertEquals([reinjections.count, reinjections.startAt(0), reinjections.endAt(0)], [1, 20, 80]);
  real.queue.acknowledge(30);
  assertEquals([reinjections.startAt(0), real.queue.hasReinjections], [30, true]);
  real.queue.acknowledge(80);
  assertEquals(real.queue.hasReinjections, false);
});

Deno.test("bytes beyond those that wait can be assigned, and the next offset passes over them when it gets there", () => {
  const { queue } = new Real();
  queue.write(new Uint8Array(100), 100);
  queue.windowEnd = 90;
  assertEquals([queue.takeAt(30, 20), queue.takeAt(60, 100)], [20, 30]);
  assertEquals([queue.next, queue.waiting, queue.ahead], [0, 40, 50]);
  assertEquals([queue.waitingFrom(0), queue.waitingTo(0)], [0, 30]);
  assertEquals([queue.waitingFrom(35), queue.waitingTo(50)], [50, 60]);
  assertEquals([queue.waitingFrom(60), queue.takeAt(40, 10), queue.takeAt(95, 1)], [90, 0, 0]);
  assertEquals([queue.take(25), queue.next], [25, 25]);
  assertEquals([queue.take(25), queue.next], [5, 50], "up to what is assigned already");
  assertEquals([queue.take(25), queue.next], [10, 90]);
  assertEquals([queue.waiting, queue.ahead], [0, 0]);
});

Deno.test("what was assigned beyond waiting bytes waits again when its subflow fails", () => {
  const { queue } = new Real();
  queue.write(new Uint8Array(100), 100);
  queue.windowEnd = 100;
  queue.take(10);
  queue.takeAt(40, 20);
  assertEquals([queue.acknowledge(60), queue.una], [false, 0], "nobody can have the bytes before it");
  queue.reinject(45, 60);
  assertEquals([queue.hasReinjections, queue.ahead, queue.waiting], [false, 5, 85]);
  queue.reinject(5, 100);
  assertEquals([queue.reinjections.startAt(0), queue.reinjections.total, queue.ahead], [5, 5, 0]);
});

interface Model {
  readonly bytes: number[];
  una: number;
  next: number;
  readonly ahead: Set<number>;
  readonly again: Set<number>;
}

/** Moves `next` past what was assigned already. */
function closeUp(model: Model): void {
  while (model.ahead.delete(model.next)) model.next++;
}

class Step implements fc.Command<Model, Real> {
  constructor(readonly name: string, readonly act: (model: Model, real: Real) => void) {}
  check = () => true;
  run(model: Model, real: Real): void {
    this.act(model, real);
    const { queue, pool } = real;
    assertEquals([queue.una, queue.next, queue.end], [model.una, model.next, model.bytes.length]);
    assertEquals(queue.buffered, model.bytes.length - model.una);
    assertEquals(queue.ahead, model.ahead.size);
    assertEquals(queue.waiting, model.bytes.length - model.next - model.ahead.size);
    const again = [...model.again].filter((at) => at >= model.una).length;
    assertEquals([queue.hasReinjections, queue.hasReinjections ? queue.reinjections.total : 0], [again > 0, again]);
    const held = queue.buffered;
    if (held === 0) assertEquals(pool.inUse, 0);
    else {
      const bytes = new Uint8Array(held);
      copyFromBlocks(queue.blockAt(model.una), model.una, bytes, 0, held);
      const wrong = bytes.findIndex((byte, i) => byte !== model.bytes[model.una + i]);
      assertEquals(wrong, -1);
    }
  }
  toString = () => this.name;
}

Deno.test("a send queue says what an array of bytes says", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const within = (from: number, to: number, share: number) => from + Math.floor(share * (to - from));
  const commands = [
    fc.oneof(fc.nat(300), fc.nat(20_000)).map((length) =>
      new Step(`write ${length}`, (model, real) => {
        for (let i = 0; i < length; i++) model.bytes.push(byteAt(model.bytes.length));
        real.write(length);
      })
    ),
    share.map((share) =>
      new Step(`assign ${share}`, (model, real) => {
        const length = within(0, model.bytes.length - model.next, share);
        let taken = 0;
        while (taken < length && !model.ahead.has(model.next + taken)) taken++;
        assertEquals(real.queue.take(length), taken);
        model.next += taken;
        closeUp(model);
      })
    ),
    fc.tuple(share, share).map(([a, b]) =>
      new Step(`assign ahead ${a} ${b}`, (model, real) => {
        const at = within(model.next + 1, model.bytes.length, a);
        const length = within(0, model.bytes.length - at, b);
        if (at <= model.next || length <= 0) return;
        let taken = 0;
        while (taken < length && !model.ahead.has(at + taken)) taken++;
        assertEquals(real.queue.takeAt(at, length), taken);
        for (let i = 0; i < taken; i++) model.ahead.add(at + i);
      })
    ),
    share.map((share) =>
      new Step(`acknowledge ${share}`, (model, real) => {
        const at = within(model.una, model.next, share);
        assertEquals(real.queue.acknowledge(at), at > model.una);
        model.una = at;
      })
    ),
    fc.tuple(share, share).map(([a, b]) =>
      new Step(`reinject ${a} ${b}`, (model, real) => {
        const [from, to] = [a, b].map((share) => within(0, model.bytes.length, share)).sort((x, y) => x - y);
        for (let at = Math.max(from!, model.una); at < to!; at++) {
          if (at < model.next) model.again.add(at);
          else model.ahead.delete(at);
        }
        real.queue.reinject(from!, to!);
      })
    ),
  ];
  fc.assert(fc.property(fc.commands(commands), (sequence) => {
    fc.modelRun(
      () => ({
        model: { bytes: [], una: 0, next: 0, ahead: new Set<number>(), again: new Set<number>() },
        real: new Real(),
      }),
      sequence,
    );
  }));
});

Deno.test("an acknowledgment that is too far off to be a number acknowledges nothing", () => {
  const queue = new SendQueue(new BlockPool());
  queue.write(new Uint8Array(100), 100);
  queue.windowEnd = queue.next = 100;
  assertEquals(queue.acknowledge(NaN), false);
  assertEquals([queue.una, queue.buffered], [0, 100]);
});

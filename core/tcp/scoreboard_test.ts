import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BLOCK_SIZE, BlockPool } from "../buffer/blocks.ts";
import { copyFromBlocks, StreamBuffer } from "../buffer/stream_buffer.ts";
import { Scoreboard } from "./scoreboard.ts";
import { type Segment, SegmentPool } from "./segment.ts";

const SEGMENT = 100;
const FIRST = BLOCK_SIZE - 150;

/** A scoreboard with a stream below it and what it told its observer. */
class Board {
  readonly blocks = new BlockPool();
  readonly pool = new SegmentPool(this.blocks);
  readonly stream = new StreamBuffer(this.blocks);
  readonly delivered: [number, number][] = [];
  readonly lost: [number, number][] = [];
  readonly acknowledged: [number, number][] = [];
  readonly kept: Segment[] = [];
  keeps = false;
  readonly board = new Scoreboard(this.pool, {
    onDelivered: ({ start, end }) => void this.delivered.push([start, end]),
    onReneged: ({ start, end }) => void this.delivered.push([end, start]),
    onLost: ({ start, end }) => void this.lost.push([start, end]),
    onAcknowledged: (segment) => {
      this.acknowledged.push([segment.start, segment.end]);
      if (this.keeps) this.kept.push(segment);
      return this.keeps;
    },
  });
  /** Near the end of a block, so that segments cross it. */
  written = FIRST;

  constructor() {
    this.board.una = this.board.nxt = this.board.end = 1;
  }

  append(length: number): void {
    const bytes = Uint8Array.from({ length }, (_, i) => byteAt(this.written + i));
    this.stream.write(this.written, bytes, 0, length);
    this.board.append(length, this.stream.blockAt(this.written), this.written);
    this.written += length;
  }

  /** Appends and sends `count` segments of 100 bytes. */
  send(count: number, now = 0): this {
    for (let i = 0; i < count; i++) {
      this.append(SEGMENT);
      this.board.markSent(this.board.queue.unsent!, now);
    }
    return this;
  }

  get segments(): Segment[] {
    const all: Segment[] = [];
    for (let s = this.board.queue.first; s !== null; s = s.next) all.push(s);
    return all;
  }

  /** The state of each segment as a letter: u(nsent), f(light), s(acked), l(ost), - (sent before, none of these). */
  get states(): string {
    let isUnsent = false;
    return this.segments.map((s) => {
      if (s === this.board.queue.unsent) isUnsent = true;
      return isUnsent ? "u" : s.sacked ? "s" : s.lost ? "l" : s.inFlight ? "f" : "-";
    }).join("");
  }
}

const byteAt = (offset: number) => (offset * 7 + (offset >> 8)) & 255;

Deno.test("a segment is unsent, in flight, then gone", () => {
  const under = new Board();
  under.append(SEGMENT);
  assertEquals([under.board.queued, under.board.outstanding, under.states], [100, 0, "u"]);
  under.board.markSent(under.board.queue.unsent!, 5);
  assertEquals([under.board.queued, under.board.outstanding, under.board.pipe, under.states], [0, 100, 100, "f"]);
  under.board.acknowledge(101);
  assertEquals([under.board.una, under.board.pipe, under.pool.inUse, under.states], [101, 0, 0, ""]);
  assertEquals([under.delivered, under.acknowledged], [[[1, 101]], [[1, 101]]]);
});

Deno.test("an acknowledgment in the middle of a segment takes the first part", () => {
  const under = new Board().send(2);
  under.board.acknowledge(151);
  assertEquals(under.segments.map(({ start, end }) => [start, end]), [[151, 201]]);
  assertEquals([under.board.pipe, under.acknowledged], [50, [[1, 101], [101, 151]]]);
});

Deno.test("SACK takes segments out of flight, whole or in part, and tells of each once", () => {
  const under = new Board().send(5);
  under.board.applySack(201, 350, 0);
  assertEquals([under.states, under.board.pipe, under.board.sackedSegments], ["ffssff", 351, 2]);
  assertEquals(under.delivered, [[201, 301], [301, 350]]);
  under.board.applySack(201, 350, 0);
  under.board.applySack(201, 401, 1);
  assertEquals(under.delivered.slice(2), [[350, 401]]);
  under.board.acknowledge(501);
  assertEquals(under.delivered.slice(3), [[1, 101], [101, 201], [401, 501]]);
  assertEquals([under.board.sackedSegments, under.pool.inUse], [0, 0]);
});

Deno.test("SACK goes on after the segments of the last block are acknowledged", () => {
  const under = new Board().send(5);
  under.board.applySack(101, 201, 0);
  under.board.acknowledge(201);
  under.board.applySack(301, 401, 0);
  assertEquals([under.states, under.board.sackedSegments], ["fsf", 1]);
});

Deno.test("the FIN is never taken as selectively acknowledged", () => {
  const under = new Board().send(2);
  under.board.appendFin();
  under.board.markSent(under.board.queue.unsent!, 0);
  under.board.applySack(101, 202, 0);
  assertEquals([under.states, under.board.pipe], ["fsf", 101]);
});

Deno.test("a lost segment is sent again and counts in flight once", () => {
  const under = new Board().send(3);
  const [, second] = under.segments;
  under.board.markLost(second!);
  under.board.markLost(second!);
  assertEquals([under.states, under.board.pipe, under.board.lostSegments], ["flf", 200, 1]);
  assertEquals(under.lost, [[101, 201]]);
  assert(under.board.firstLost() === second);
  under.board.markSent(second!, 7);
  assertEquals([under.states, under.board.pipe, under.board.lostSegments], ["fff", 300, 0]);
  assertEquals([second!.retransmitted, second!.sentAt, under.board.firstLost()], [true, 7, null]);
  assertEquals(under.board.queue.newest === second, true);
});

Deno.test("a segment that was selectively acknowledged is not lost", () => {
  const under = new Board().send(2);
  under.board.applySack(101, 201, 0);
  under.board.markLost(under.segments[1]!);
  assertEquals([under.states, under.board.lostSegments], ["fs", 0]);
});

Deno.test("after a timeout all but what is selectively acknowledged is lost", () => {
  const under = new Board().send(4);
  under.append(SEGMENT);
  under.board.applySack(201, 301, 0);
  under.board.markAllLost();
  assertEquals([under.states, under.board.pipe, under.board.lostSegments], ["llslu", 0, 3]);
});

Deno.test("a peer that took its selective acknowledgments back is not believed (RFC 2018 section 8)", () => {
  const under = new Board().send(3);
  under.board.applySack(101, 301, 0);
  under.board.acknowledge(101);
  under.board.markAllLost();
  assertEquals([under.states, under.board.sackedSegments, under.board.lostSegments], ["ll", 0, 2]);
  under.board.markSent(under.board.firstLost()!, 1);
  under.board.applySack(101, 201, 0);
  assertEquals(under.states, "sl", "the same block counts again");
});

Deno.test("what was believed lost in error is in flight again, in the order in which it left", () => {
  const under = new Board();
  for (let i = 0; i < 4; i++) under.send(1, i);
  under.board.markAllLost();
  under.board.markSent(under.board.firstLost()!, 10);
  under.board.unmarkAllLost();
  assertEquals([under.states, under.board.pipe, under.board.lostSegments], ["ffff", 400, 0]);
  const order: number[] = [];
  for (let s = under.board.queue.oldest; s !== null; s = s.sentNext) order.push(s.sentAt);
  assertEquals(order, [1, 2, 3, 10]);
});

Deno.test("clearing gives everything back and leaves the next number to send", () => {
  const under = new Board().send(2);
  under.append(SEGMENT);
  under.board.clear();
  assertEquals([under.board.una, under.board.nxt, under.board.end, under.pool.inUse], [201, 201, 201, 0]);
  under.stream.clear(under.written);
  assertEquals(under.blocks.inUse, 0);
});

// ------------------------------------------------------------------------------------------ against a naive model

/** Every sequence number by itself. */
interface Unit {
  state: "unsent" | "flight" | "sacked" | "lost" | "acked";
  sentAt: number;
  transmissions: number;
}

class Model {
  readonly units: Unit[] = [];
  una = 1;
  nxt = 1;
  now = 0;
  delivered = 0;

  unit(offset: number): Unit {
    return this.units[offset - 1]!;
  }
  of(state: Unit["state"]): number {
    return this.units.filter((unit) => unit.state === state).length;
  }
}

type Real = Board;

class Append implements fc.Command<Model, Real> {
  constructor(readonly length: number) {}
  check = (model: Model) => model.units.length < 2000;
  run(model: Model, real: Real): void {
    real.append(this.length);
    for (let i = 0; i < this.length; i++) model.units.push({ state: "unsent", sentAt: -1, transmissions: 0 });
    compare(model, real);
  }
  toString = () => `append ${this.length}`;
}

class SendNext implements fc.Command<Model, Real> {
  constructor(readonly most: number, readonly again: boolean) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const { board } = real;
    const firstLost = model.units.findIndex(({ state }) => state === "lost") + 1;
    const segment = this.again ? board.firstLost() : board.queue.unsent;
    if (this.again) assertEquals(segment?.start ?? 0, firstLost);
    else assertEquals(segment?.start ?? model.units.length + 1, model.nxt);
    if (segment === null) return;
    board.cut(segment, this.most);
    assert(segment.payload <= this.most);
    board.markSent(segment, ++model.now);
    for (let at = segment.start; at < segment.end; at++) {
      Object.assign(model.unit(at), { state: "flight", sentAt: model.now });
      model.unit(at).transmissions++;
    }
    model.nxt = Math.max(model.nxt, segment.end);
    compare(model, real);
  }
  toString = () => `send ${this.again ? "again " : ""}${this.most}`;
}

class Acknowledge implements fc.Command<Model, Real> {
  constructor(readonly share: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const ack = model.una + Math.floor(this.share * (model.nxt - model.una));
    if (ack === model.una) return;
    for (let at = model.una; at < ack; at++) deliver(model, at, "acked");
    model.una = ack;
    real.board.acknowledge(ack);
    compare(model, real);
  }
  toString = () => `acknowledge ${this.share}`;
}

class Sack implements fc.Command<Model, Real> {
  constructor(readonly left: number, readonly right: number, readonly index: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    // Blocks may reach below what is acknowledged, as old acknowledgments do.
    const from = Math.max(1, model.una - 50);
    const span = model.nxt - from;
    const left = from + Math.floor(Math.min(this.left, this.right) * span);
    const right = from + Math.floor(Math.max(this.left, this.right) * span);
    if (right <= left || right <= model.una) return;
    for (let at = Math.max(left, model.una); at < right; at++) deliver(model, at, "sacked");
    real.board.applySack(left, right, this.index);
    compare(model, real);
  }
  toString = () => `sack ${this.left} ${this.right} as block ${this.index}`;
}

/** Marks what left before `share` of the time and is in flight as lost. */
class Lose implements fc.Command<Model, Real> {
  constructor(readonly share: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const before = this.share * model.now;
    for (let s = real.board.queue.oldest; s !== null && s.sentAt <= before;) {
      const following: Segment | null = s.sentNext;
      real.board.markLost(s);
      s = following;
    }
    for (const unit of model.units) if (unit.state === "flight" && unit.sentAt <= before) unit.state = "lost";
    compare(model, real);
  }
  toString = () => `lose ${this.share}`;
}

class LoseAll implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    const reneged = model.una < model.nxt && model.unit(model.una).state === "sacked";
    for (const unit of model.units) {
      if (reneged && unit.state === "sacked") {
        unit.state = "lost";
        model.delivered--;
      }
      if (unit.state === "flight") unit.state = "lost";
    }
    real.board.markAllLost();
    compare(model, real);
  }
  toString = () => "lose all";
}

class UnloseAll implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    for (const unit of model.units) if (unit.state === "lost") unit.state = "flight";
    real.board.unmarkAllLost();
    compare(model, real);
  }
  toString = () => "lose nothing";
}

function deliver(model: Model, at: number, state: "acked" | "sacked"): void {
  const unit = model.unit(at);
  if (unit.state !== "sacked" && unit.state !== "acked") model.delivered++;
  unit.state = state;
}

/** Counters, lists and bytes against the model. */
function compare(model: Model, { board, segments, pool, delivered }: Real): void {
  assertEquals([board.una, board.nxt, board.end], [model.una, model.nxt, model.units.length + 1]);
  assertEquals([board.pipe, board.queued], [model.of("flight"), model.of("unsent")]);
  assertEquals(board.sackedSegments, segments.filter(({ sacked }) => sacked).length);
  assertEquals(board.lostSegments, segments.filter(({ lost }) => lost).length);
  assertEquals(pool.inUse, segments.length);
  assertEquals(delivered.reduce((sum, [start, end]) => sum + end - start, 0), model.delivered);
  let at = model.una;
  let isUnsent = false;
  for (const s of segments) {
    isUnsent ||= s === board.queue.unsent;
    assertEquals(s.start, at);
    const state = isUnsent ? "unsent" : s.sacked ? "sacked" : s.lost ? "lost" : "flight";
    assertEquals(s.inFlight, state === "flight");
    for (; at < s.end; at++) {
      const unit = model.unit(at);
      if (unit.state !== state) assertEquals([at, state], [at, unit.state]);
      if (!isUnsent && (unit.sentAt !== s.sentAt || unit.transmissions > 1 !== s.retransmitted)) {
        assertEquals([at, s.sentAt, s.retransmitted], [at, unit.sentAt, unit.transmissions > 1]);
      }
    }
    const bytes = new Uint8Array(s.payload);
    copyFromBlocks(s.block!, s.source, bytes, 0, bytes.length);
    assert(bytes.every((byte, i) => byte === byteAt(s.source + i)) && s.source === FIRST + s.start - 1);
  }
  assertEquals(at, board.end);
  let sentAt = -1;
  let inFlight = 0;
  for (let s = board.queue.oldest; s !== null; s = s.sentNext) {
    assert(s.sentAt >= sentAt, "the order of transmission is an order in time");
    sentAt = s.sentAt;
    inFlight += s.length;
  }
  assertEquals(inFlight, board.pipe);
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("a scoreboard says what one that knows every byte by itself says", () => {
  const length = fc.integer({ min: 1, max: 300 });
  const commands = [
    length.map((length) => new Append(length)),
    fc.tuple(fc.integer({ min: 1, max: 200 }), fc.boolean()).map(([most, again]) => new SendNext(most, again)),
    fc.constant(new SendNext(100, false)),
    share.map((share) => new Acknowledge(share)),
    fc.tuple(share, share, fc.integer({ min: 0, max: 3 })).map(([left, right, index]) => new Sack(left, right, index)),
    share.map((share) => new Lose(share)),
    fc.constant(new LoseAll()),
    fc.constant(new UnloseAll()),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { size: "+1" }), (sequence) => {
      const real = new Board();
      fc.modelRun(() => ({ model: new Model(), real }), sequence);
      const { board, pool, blocks, stream, written } = real;
      stream.clear(written);
      board.clear();
      assertEquals([pool.inUse, blocks.inUse], [0, 0]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a layer that keeps acknowledged segments releases them itself", () => {
  const under = new Board();
  under.keeps = true;
  under.send(2);
  under.board.acknowledge(201);
  assertEquals([under.pool.inUse, under.kept.length], [2, 2]);
  for (const segment of under.kept) under.pool.release(segment);
  under.stream.clear(under.written);
  assertEquals([under.pool.inUse, under.blocks.inUse], [0, 0]);
});

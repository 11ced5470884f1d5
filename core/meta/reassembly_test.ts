import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BLOCK_SIZE, BlockPool } from "../buffer/blocks.ts";
import { Reassembly } from "./reassembly.ts";

/** What the peer writes at `offset`; a `copy` above 0 stands for bytes that somebody changed on the way. */
const byteAt = (offset: number, copy = 0) => (offset * 7 + (offset >> 8) + copy) & 255;

function bytesOf(offset: number, length: number, copy = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => byteAt(offset + i, copy));
}

function insert(reassembly: Reassembly, offset: number, length: number): void {
  reassembly.insert(offset, bytesOf(offset, length), 0, length);
}

Deno.test("bytes from two subflows become one stream", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  insert(reassembly, 100, 100);
  assertEquals([reassembly.readable, reassembly.ahead, reassembly.next], [0, 100, 0]);
  insert(reassembly, 0, 100);
  assertEquals([reassembly.readable, reassembly.ahead, reassembly.next], [200, 0, 200]);
  const into = new Uint8Array(300);
  assertEquals(reassembly.read(into), 200);
  assertEquals(into.subarray(0, 200), bytesOf(0, 200));
  assertEquals(reassembly.read(into), 0);
});

Deno.test("the window shrinks as bytes come, opens as they are read, and its edge never moves left (RFC 9293 SHLD-14; RFC 8684 3.3.4-1; RFC 7323 2.4-1)", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  assertEquals([reassembly.advertise(), reassembly.edge], [1000, 1000]);
  insert(reassembly, 0, 600);
  assertEquals([reassembly.advertise(), reassembly.edge], [400, 1000]);
  reassembly.read(new Uint8Array(100));
  assertEquals([reassembly.advertise(), reassembly.edge], [500, 1100]);
  reassembly.limit = 300;
  assertEquals([reassembly.advertise(), reassembly.edge], [500, 1100]);
  insert(reassembly, 600, 500);
  assertEquals([reassembly.next, reassembly.advertise()], [1100, 0], "what was granted is taken");
});

Deno.test("pieces ahead of their turn are counted, those behind all others and those that continue another", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  const counts = () => [reassembly.outOfOrderPieces, reassembly.tailPieces, reassembly.mergedPieces];
  insert(reassembly, 100, 50);
  assertEquals(counts(), [1, 0, 0]);
  insert(reassembly, 150, 50);
  assertEquals(counts(), [2, 1, 1]);
  insert(reassembly, 300, 50);
  assertEquals(counts(), [3, 2, 1]);
  insert(reassembly, 200, 50);
  assertEquals(counts(), [4, 2, 2]);
  insert(reassembly, 120, 200);
  assertEquals(counts(), [5, 2, 2]);
});

Deno.test("what lies beyond the window is left out (RFC 8684 3.8-1)", () => {
  const reassembly = new Reassembly(new BlockPool(), 100);
  insert(reassembly, 90, 50);
  insert(reassembly, 200, 50);
  assertEquals(reassembly.ahead, 10);
});

Deno.test("a peer that adds an acknowledgment to the window of an older one has not sent in vain, up to twice the buffer", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  reassembly.advertise();
  insert(reassembly, 0, 600);
  assertEquals(reassembly.advertise(), 400);
  insert(reassembly, 600, 1200);
  assertEquals([reassembly.next, reassembly.advertise(), reassembly.beyond], [1600, 0, 200]);
  insert(reassembly, 1600, 1000);
  assertEquals([reassembly.next, reassembly.readable, reassembly.beyond], [2000, 2000, 800]);
  insert(reassembly, 2000, 1000);
  assertEquals([reassembly.next, reassembly.beyond], [2000, 1800]);
  reassembly.read(new Uint8Array(1001));
  insert(reassembly, 2000, 1000);
  assertEquals([reassembly.next, reassembly.beyond], [3000, 1800]);
});

Deno.test("an update is due when reading has doubled what the peer knows, by two segments or half of all at least (RFC 9293 MUST-39)", () => {
  const reassembly = new Reassembly(new BlockPool(), 10_000);
  reassembly.advertise();
  insert(reassembly, 0, 9000);
  assertEquals([reassembly.advertise(), reassembly.isUpdateDue], [1000, false]);
  reassembly.read(new Uint8Array(2919));
  assertEquals(reassembly.isUpdateDue, false);
  reassembly.read(new Uint8Array(1));
  assertEquals(reassembly.isUpdateDue, true);
  reassembly.advertise();
  assertEquals(reassembly.isUpdateDue, false);
});

Deno.test("DATA_FIN takes a number of its own once all before it is there", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  assertEquals(reassembly.handleFin(100), true);
  assertEquals([reassembly.isFinished, reassembly.next], [false, 0]);
  insert(reassembly, 0, 100);
  assertEquals([reassembly.isFinished, reassembly.next, reassembly.readable], [true, 101, 100]);
  assertEquals([reassembly.handleFin(100), reassembly.handleFin(101)], [true, false]);
  insert(reassembly, 100, 10);
  assertEquals([reassembly.next, reassembly.readable], [101, 100], "nothing comes after it");
});

Deno.test("a DATA_FIN before bytes that have come contradicts them (RFC 8684 section 3.3.3)", () => {
  const delivered = new Reassembly(new BlockPool(), 1000);
  insert(delivered, 0, 100);
  assertEquals([delivered.handleFin(99), delivered.isFinished], [false, false]);
  const ahead = new Reassembly(new BlockPool(), 1000);
  insert(ahead, 50, 50);
  assertEquals(ahead.handleFin(80), false);
  assertEquals(ahead.handleFin(100), true);
  insert(ahead, 0, 50);
  assertEquals([ahead.next, ahead.isFinished], [101, true]);
});

Deno.test("everything is given back when all is read, discarded or cleared", () => {
  const pool = new BlockPool();
  const reassembly = new Reassembly(pool, 100_000);
  insert(reassembly, 0, 40_000);
  reassembly.read(new Uint8Array(40_000));
  assertEquals(pool.inUse, 0);
  insert(reassembly, 40_000, 40_000);
  reassembly.discard();
  assertEquals([pool.inUse, reassembly.readable], [0, 0]);
  insert(reassembly, 80_001, 40_000);
  reassembly.clear();
  assertEquals([pool.inUse, reassembly.ahead], [0, 0]);
});

Deno.test("a read that waits is filled as bytes come, also ahead of their turn, and keeps no block", () => {
  const pool = new BlockPool();
  const reassembly = new Reassembly(pool, 1000);
  const into = new Uint8Array(300);
  reassembly.postRead(into);
  insert(reassembly, 200, 100);
  insert(reassembly, 0, 100);
  assertEquals([reassembly.readable, reassembly.ahead, pool.inUse], [100, 100, 0]);
  assertEquals([into.subarray(0, 100), into.subarray(200)], [bytesOf(0, 100), bytesOf(200, 100)]);
  insert(reassembly, 100, 100);
  assertEquals([reassembly.read(into), pool.inUse], [300, 0]);
  assertEquals(into, bytesOf(0, 300));
});

Deno.test("a read that is given up has taken nothing, and its memory is left alone", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  const into = new Uint8Array(300);
  reassembly.postRead(into);
  insert(reassembly, 0, 100);
  insert(reassembly, 250, 100);
  reassembly.cancelRead(into);
  into.fill(0);
  insert(reassembly, 100, 150);
  assertEquals(into, new Uint8Array(300));
  const other = new Uint8Array(400);
  assertEquals(reassembly.read(other), 350);
  assertEquals(other.subarray(0, 350), bytesOf(0, 350));
});

Deno.test("memory that is detached under a read tears the stream: nothing of it is read any more", () => {
  const reassembly = new Reassembly(new BlockPool(), 1000);
  const into = new Uint8Array(300);
  reassembly.postRead(into);
  insert(reassembly, 0, 100);
  structuredClone(into, { transfer: [into.buffer] });
  insert(reassembly, 100, 100);
  assertEquals([reassembly.read(into), reassembly.isTorn, reassembly.readable], [0, true, 0]);
  const untouched = new Reassembly(new BlockPool(), 1000);
  const early = new Uint8Array(300);
  untouched.postRead(early);
  structuredClone(early, { transfer: [early.buffer] });
  insert(untouched, 0, 100);
  assertEquals([untouched.read(new Uint8Array(300)), untouched.isTorn], [100, false]);
});

Deno.test("memory that grows or shrinks under a read tears the stream only where it takes bytes along", () => {
  for (const [size, read, isTorn] of [[500, 200, false], [200, 200, false], [150, 0, true]] as const) {
    const reassembly = new Reassembly(new BlockPool(), 1000);
    const memory = new ArrayBuffer(300, { maxByteLength: 500 });
    const into = new Uint8Array(memory);
    reassembly.postRead(into);
    insert(reassembly, 0, 200);
    memory.resize(size);
    assertEquals([reassembly.read(into), reassembly.isTorn], [read, isTorn]);
    if (!isTorn) assertEquals(into.subarray(0, 200), bytesOf(0, 200));
    assertEquals(reassembly.readable, 0);
  }
});

// ------------------------------------------------------------------------------------ against an array of bytes

const START = BLOCK_SIZE - 50;
const LIMIT = 400;

class Model {
  /** Bytes by offset, the first copy of each. */
  readonly bytes: (number | undefined)[] = [];
  read = 0;
  edge = LIMIT;
  fin = Infinity;
  duplicates = 0;
  posted: Uint8Array | null = null;

  get next(): number {
    let next = this.read;
    while (next < this.fin && this.bytes[next] !== undefined) next++;
    return next;
  }
}

class Real {
  readonly pool = new BlockPool();
  readonly reassembly = new Reassembly(this.pool, LIMIT);

  /** The stream begins near the end of a block: what is before is read. */
  constructor() {
    for (let at = 0; at < START; at += LIMIT) {
      const length = Math.min(LIMIT, START - at);
      this.reassembly.insert(at, new Uint8Array(length), 0, length);
      this.reassembly.read(new Uint8Array(length));
    }
    this.reassembly.edge = START + LIMIT;
  }
}

type Command = fc.Command<Model, Real>;

class Insert implements Command {
  constructor(readonly ahead: number, readonly length: number, readonly copy: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const start = Math.max(0, model.next + this.ahead);
    const source = bytesOf(start, this.length + 2, this.copy);
    const taken = Math.max(model.edge, Math.min(model.next + LIMIT, model.read + 2 * LIMIT));
    const end = Math.min(start + this.length, taken, model.fin);
    for (let at = start; at < end; at++) {
      if (at < model.read || model.bytes[at] !== undefined) model.duplicates++;
      else model.bytes[at] = source[1 + at - start]!;
    }
    real.reassembly.insert(START + start, source, 1, 1 + this.length);
    compare(model, real);
  }
  toString = () => `insert ${this.length} ${this.ahead} ahead`;
}

class Read implements Command {
  constructor(readonly length: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const expected = Math.min(this.length, model.next - model.read);
    const into = new Uint8Array(this.length);
    assertEquals(real.reassembly.read(into), expected);
    for (let i = 0; i < expected; i++) assertEquals(into[i], model.bytes[model.read++]);
    model.posted?.fill(0);
    model.posted = null;
    compare(model, real);
  }
  toString = () => `read ${this.length}`;
}

/** A read that waits; the next command that reads ends it, as does one that gives it up. */
class Post implements Command {
  constructor(readonly length: number) {}
  check = (model: Model) => model.posted === null && model.next === model.read;
  run(model: Model, real: Real): void {
    model.posted = new Uint8Array(this.length);
    real.reassembly.postRead(model.posted);
    compare(model, real);
  }
  toString = () => `post ${this.length}`;
}

class EndPosted implements Command {
  constructor(readonly isCancelled: boolean) {}
  check = (model: Model) => model.posted !== null;
  run(model: Model, real: Real): void {
    const into = model.posted!;
    model.posted = null;
    if (this.isCancelled) {
      real.reassembly.cancelRead(into);
      into.fill(0);
    } else {
      const expected = Math.min(into.length, model.next - model.read);
      assertEquals(real.reassembly.read(into), expected);
      for (let i = 0; i < expected; i++) assertEquals(into[i], model.bytes[model.read++]);
    }
    compare(model, real);
  }
  toString = () => this.isCancelled ? "give the read up" : "read what was posted";
}

class Advertise implements Command {
  check = () => true;
  run(model: Model, real: Real): void {
    model.edge = Math.max(model.edge, model.read + LIMIT);
    const finished = model.next === model.fin ? 1 : 0;
    assertEquals(real.reassembly.advertise(), Math.max(0, model.edge - model.next - finished));
    compare(model, real);
  }
  toString = () => "advertise";
}

class Fin implements Command {
  constructor(readonly ahead: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const at = model.next + this.ahead;
    const known = Math.max(model.read, model.bytes.length);
    const isPossible = model.fin === Infinity ? at >= known : model.fin === at;
    assertEquals(real.reassembly.handleFin(START + at), isPossible);
    if (isPossible) model.fin = at;
    compare(model, real);
  }
  toString = () => `end ${this.ahead} ahead`;
}

function compare(model: Model, { reassembly, pool }: Real): void {
  const { next } = model;
  const isFinished = next === model.fin;
  const ahead = model.bytes.filter((byte, at) => byte !== undefined && at >= next).length;
  assertEquals([reassembly.next, reassembly.isFinished], [START + next + (isFinished ? 1 : 0), isFinished]);
  assertEquals([reassembly.readAt, reassembly.readable], [START + model.read, next - model.read]);
  assertEquals([reassembly.ahead, reassembly.duplicates], [ahead, model.duplicates]);
  if (ahead === 0 && next === model.read) assertEquals(pool.inUse, 0);
  else if (model.posted === null) assert(pool.inUse > 0);
}

Deno.test("a reassembly says what an array of bytes says", () => {
  const length = fc.integer({ min: 0, max: 60 });
  const commands = [
    fc.tuple(fc.integer({ min: -40, max: 60 }), length, fc.nat(1)).map((given) => new Insert(...given)),
    fc.tuple(fc.integer({ min: -40, max: 600 }), length, fc.nat(1)).map((given) => new Insert(...given)),
    length.map((length) => new Insert(0, length, 0)),
    fc.nat(200).map((length) => new Read(length)),
    fc.nat(200).map((length) => new Post(length)),
    fc.boolean().map((isCancelled) => new EndPosted(isCancelled)),
    fc.constant(new Advertise()),
    fc.integer({ min: -3, max: 60 }).map((ahead) => new Fin(ahead)),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { size: "+1" }), (sequence) => {
      const real = new Real();
      fc.modelRun(() => ({ model: new Model(), real }), sequence);
      real.reassembly.clear();
      assertEquals(real.pool.inUse, 0);
    }),
    { numRuns: 300 },
  );
});

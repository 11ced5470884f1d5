import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes/equals";
import fc from "fast-check";
import { lia } from "../../congestion/mod.ts";
import { fullMesh } from "../../pathmanagers/mod.ts";
import { minRtt } from "../../schedulers/mod.ts";
import { Network, Simulator } from "../../sim/mod.ts";
import type { MptcpConn } from "../../transports/conn.ts";
import { runs } from "./runs.ts";

/** What a program leaves in memory that is its own. */
const MARK = 0xa5;
const LARGEST_READ = 200_000;
const MOST_WAITING = 4;
const MARKED = new Uint8Array(MOST_WAITING * LARGEST_READ + LARGEST_READ).fill(MARK);

/** A read, and what the program does beside it. */
interface ReadStep {
  readonly size: number;
  /** Milliseconds after which a signal ends it; null for no signal. */
  readonly patience: number | null;
  /** Whether the next is called while it waits. */
  readonly isParallel: boolean;
  /** Milliseconds that pass before it. */
  readonly pause: number;
}

/** A reset may be lost, and who only reads learns of it no other way. */
const KEEP_ALIVE = { keepAlive: true, keepAliveTime: 60_000_000 };
const ENDS = ["in order", "abort of the writer", "abort of the reader", "close of the reader"] as const;

const size = fc.oneof(fc.constantFrom(1, 1400, 65_536), fc.integer({ min: 1, max: LARGEST_READ }));
const pause = fc.constantFrom(0, 0, 0, 1, 20, 300);
const readStep: fc.Arbitrary<ReadStep> = fc.record({
  size,
  patience: fc.option(fc.constantFrom(0, 0.5, 3, 10, 40), { nil: null }),
  isParallel: fc.boolean(),
  pause,
});
const path = fc.record({
  rate: fc.constantFrom(5e6, 30e6, 200e6),
  delay: fc.constantFrom(0, 2, 20),
  loss: fc.constantFrom(0, 0, 0.02, 0.1),
  jitter: fc.constantFrom(0, 0, 5),
});

const anyReading = fc.record({
  seed: fc.nat(),
  reads: fc.array(readStep, { minLength: 1, maxLength: 8 }),
  writes: fc.array(fc.record({ size, pause }), { minLength: 1, maxLength: 5 }),
  paths: fc.tuple(path, path),
  options: fc.record({ checksum: fc.boolean(), multipath: fc.boolean() }),
  length: fc.integer({ min: 1, max: 300_000 }),
  end: fc.constantFrom("in order", ...ENDS),
  endsAt: fc.integer({ min: 1, max: 500 }),
});
type Reading = typeof anyReading extends fc.Arbitrary<infer T> ? T : never;

const byteAt = (offset: number) => (offset * 7 + (offset >> 8) * 31 + (offset >> 16)) & 255;
const errorOf = (error: unknown) => (error as Error).message;

/** Reads as `reads` say, round and round, until nothing more is to be had. */
class Reader {
  /** What came, in the order of the calls. */
  readonly chunks: Uint8Array[] = [];
  /** Why it came to an end before the end of the stream, or null. */
  error: string | null = null;
  readonly #simulator: Simulator;
  readonly #conn: MptcpConn;
  /** Memory that every read takes a piece of, behind that of the one before, so that neighbours are seen to be left alone. */
  readonly #memory = MARKED.slice();
  readonly #lent = new Set<Uint8Array>();
  #at = 0;
  #isOver = false;

  constructor(simulator: Simulator, conn: MptcpConn) {
    this.#simulator = simulator;
    this.#conn = conn;
  }

  async run(reads: readonly ReadStep[]): Promise<void> {
    const waiting: Promise<void>[] = [];
    // What only ever gives up gets nothing.
    const isHopeless = reads.every(({ patience }) => patience !== null);
    for (let i = 0; !this.#isOver; i++) {
      const step = reads[i % reads.length]!;
      if (step.pause > 0) await this.#simulator.sleep(step.pause);
      waiting.push(this.#read(isHopeless && i % reads.length === 0 ? { ...step, patience: null } : step));
      if (!step.isParallel || waiting.length === MOST_WAITING) await Promise.all(waiting.splice(0));
    }
    await Promise.all(waiting);
  }

  /** Nobody wrote to memory that was the program's. */
  check(): void {
    assertEquals(this.#lent.size, 0);
    assert(equals(this.#memory, MARKED), "memory is written to that was handed back");
  }

  async #read({ size, patience }: ReadStep): Promise<void> {
    if (this.#at + size > this.#memory.length) this.#at = 0;
    const into = this.#memory.subarray(this.#at, this.#at + size);
    this.#at += size;
    assert(equals(into, MARKED.subarray(0, size)), "memory is written to that was handed back");
    this.#lent.add(into);
    const index = this.chunks.push(into.subarray(0, 0)) - 1;
    const signal = patience === null ? undefined : this.#simulator.timeout(patience);
    try {
      const count = await this.#conn.read(into, signal && { signal });
      if (count === null) this.#isOver = true;
      else this.chunks[index] = into.slice(0, count);
    } catch (error) {
      if (error !== signal?.reason) {
        this.error ??= errorOf(error);
        this.#isOver = true;
      }
    } finally {
      into.fill(MARK);
      this.#lent.delete(into);
    }
  }
}

async function write(simulator: Simulator, conn: MptcpConn, { writes, length }: Reading): Promise<void> {
  const bytes = Uint8Array.from({ length }, (_, i) => byteAt(i));
  let i = 0;
  for (let at = 0; at < length; i++) {
    const { size, pause } = writes[i % writes.length]!;
    // A long stream in small pieces with pauses would take for ever.
    if (pause > 0 && i < 20) await simulator.sleep(pause);
    at += await conn.write(bytes.subarray(at, at + Math.max(size, length >> 7)));
  }
  await conn.closeWrite();
}

/** Lets a program read from another, and tells how it was for the reader. */
async function read(reading: Reading) {
  const { seed, paths, end, endsAt } = reading;
  const options = { ...reading.options, ...KEEP_ALIVE };
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, { scheduler: minRtt(), congestion: lia(), pathManager: fullMesh() });
  const [client, server] = [network.host("client", { options }), network.host("server", { options })];
  paths.forEach((path, i) => network.connect(client, server, { addresses: [`10.0.${i}.2`, `10.1.${i}.1`], ...path }));
  const reader = await simulator.run(async () => {
    using listener = server.listen({ port: 80 });
    const [conn, accepted] = await Promise.all([
      client.connect({ hostname: "10.1.0.1", port: 80 }),
      listener.accept(),
    ]);
    const reader = new Reader(simulator, accepted);
    simulator.at(simulator.now() / 1000 + endsAt, () => {
      if (end === "abort of the writer") conn.abort();
      else if (end === "abort of the reader") accepted.abort();
      else if (end === "close of the reader") accepted.close();
    });
    await Promise.all([reader.run(reading.reads), write(simulator, conn, reading).catch(() => {})]);
    accepted.close();
    conn.close();
    return reader;
  });
  simulator.runUntil(simulator.now() + 3600e6);
  const inUse = [client, server].map(({ stack }) => [stack.socketCount, stack.blocks.inUse]);
  assertEquals(inUse, [[0, 0], [0, 0]], "sockets and blocks");
  return reader;
}

Deno.test("whatever reads wait, give up or crowd, the stream comes whole and in order, and memory handed back stays as it is", async () => {
  await fc.assert(
    fc.asyncProperty(anyReading, async (reading) => {
      const reader = await read(reading);
      reader.check();
      let at = 0;
      for (const chunk of reader.chunks) {
        for (const byte of chunk) if (byte !== byteAt(at++)) throw new Error(`byte ${at - 1} is ${byte}`);
      }
      if (reading.end === "in order") assertEquals([at, reader.error], [reading.length, null]);
    }),
    runs(50),
  );
});
